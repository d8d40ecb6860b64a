package catalogview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

func service(n int) (catalog.Entity, Names) {
	e := catalog.Entity{Ref: catalog.MustRef("component:default/pay"), Kind: "Component", Metadata: catalog.Metadata{Name: "pay", Namespace: "default"}}
	names := Names{}
	for i := range n {
		r := catalog.MustRef(fmt.Sprintf("resource:default/r%02d", i))
		e.Relations = append(e.Relations, catalog.Relation{Type: "dependsOn", Target: r})
		if i > 0 {
			names[r] = catalog.Summary{Ref: r, Title: fmt.Sprint("Resource ", i)}
		}
	}
	return e, names
}

func TestGraph(t *testing.T) {
	e, names := service(0)
	if NewGraph(e, nil, names) != nil {
		t.Error("a graph of nothing")
	}
	e, names = service(3)
	user := catalog.MustRef("component:default/shop")
	for _, c := range []struct {
		name         string
		n            int
		users        []catalog.Ref
		nodes, edges int
		wide         bool
		last         string
	}{
		{"one side", 3, nil, 4, 3, false, "Resource 2"},
		{"both sides", 3, []catalog.Ref{user}, 5, 4, true, "Resource 2"},
		{"as many as fit", maxSide, nil, maxSide + 1, maxSide, false, "Resource 6"},
		{"more than fit", 30, nil, maxSide + 1, maxSide, false, "24 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, names := service(c.n)
			g := NewGraph(e, c.users, names)
			if len(g.Nodes) != c.nodes || len(g.Edges) != c.edges || g.Wide != c.wide {
				t.Errorf("%d nodes, %d edges, wide %v; want %d, %d, %v", len(g.Nodes), len(g.Edges), g.Wide, c.nodes, c.edges, c.wide)
			}
			if last := g.Nodes[len(g.Nodes)-1]; last.Label != c.last {
				t.Errorf("last node %q, want %q", last.Label, c.last)
			}
		})
	}
	g := NewGraph(e, nil, names)
	if missing := g.Nodes[1]; !missing.Missing || missing.Word != "does not exist" || !g.Nodes[0].Self {
		t.Errorf("nodes %+v; want the entity, then one that does not exist", g.Nodes[:2])
	}
}

func TestRelationsAreGrouped(t *testing.T) {
	e, names := service(2)
	e.Relations = append(e.Relations, catalog.Relation{Type: "ownedBy", Target: catalog.MustRef("group:default/t")}, catalog.Relation{Type: "partOf", Target: catalog.MustRef("system:default/s")})
	got := relations(e, names, "ownedBy")
	if len(got) != 2 || got[0].Word != "Depends on" || len(got[0].To) != 2 || !got[0].To[0].Missing || got[0].To[1].Label != "Resource 1" || got[1].Word != "Is part of" {
		t.Errorf("relations %+v", got)
	}
}

func TestLinks(t *testing.T) {
	e := catalog.Entity{Metadata: catalog.Metadata{
		Links:       []catalog.Link{{URL: "javascript:alert(1)", Title: "x"}, {URL: "https://docs.example/a"}, {URL: " JavaScript:alert(1)"}, {URL: "data:text/html,x"}},
		Annotations: map[string]string{"github.com/project-slug": "acme/pay", "gitlab.com/project-slug": "a b?c", "backstage.io/view-url": "javascript:alert(1)"}}}
	got := allLinks(e)
	if len(got) != 2 || got[0].Label != "docs.example/a" || got[1].URL != "https://github.com/acme/pay" {
		t.Errorf("links %+v; want the safe one and GitHub", got)
	}
	if u := viewURL(e); u != "" {
		t.Errorf("view address %q, want none", u)
	}
}

func TestNotes(t *testing.T) {
	e := catalog.Entity{Ref: catalog.MustRef("component:default/pay"), Spec: map[string]any{"owner": "ghosts"}}
	got := notes(e, Names{}, []catalog.Problem{{Severity: catalog.Error, Message: "Broken.", Fix: "Mend it."}})
	if len(got) != 2 || got[0].Tone != ui.Bad || !strings.Contains(got[0].Text, "last version") || !strings.Contains(got[1].Title, "ghosts") {
		t.Errorf("notes %+v", got)
	}
}

func TestMoments(t *testing.T) {
	got := NewestFirst(append(Moments([]catalog.Change{{At: "2026-11-20T09:00:00.000000Z", What: "removed", Source: "engine:environments"},
		{At: "2026-11-19T09:00:00.000000Z", What: "changed", Fields: []string{"spec.owner", "metadata.tags"}, File: "a.yaml", Commit: "0123456789ab"}}),
		ui.Moment{Word: "Deployed", Time: time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)}))
	var words []string
	for _, m := range got {
		words = append(words, m.Word+" "+m.Title+" "+m.Sub)
	}
	want := "Removed from the catalog environments; Deployed  ; Changed spec.owner, metadata.tags a.yaml at 01234567"
	if s := strings.Join(words, "; "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"Ada Moreau": "AM", "ben": "B", "Émile van der Berg": "ÉB", "": "?", "a.b-c": "AC"} {
		if got := Initials(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
