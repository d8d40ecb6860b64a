package catalogview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

func ref(name string) catalog.Ref { return catalog.MustRef("component:default/" + name) }

func box(name string, level int) catalog.GraphNode {
	return catalog.GraphNode{Summary: catalog.Summary{Ref: ref(name), Title: name}, Level: level}
}

func TestNetworkQuery(t *testing.T) {
	start := ref("a")
	for _, c := range []struct {
		name string
		q    NetworkQuery
		want string
		url  string
	}{
		{"nothing asked", NetworkQuery{}, "2 true true [dependencies apis] []", "/catalog/default/component/a/graph"},
		{"all asked", NetworkQuery{Depth: 3, Show: "users", Relation: []string{"owners", "parts", "nonsense"}, Kind: []string{"API", ""}, Zoom: 150}, "3 true false [parts owners] [api]",
			"/catalog/default/component/a/graph?depth=3&kind=API&kind=&relation=owners&relation=parts&relation=nonsense&show=users&zoom=150"},
		{"too far", NetworkQuery{Depth: 99, Show: "uses"}, "6 false true [dependencies apis] []", "/catalog/default/component/a/graph?depth=99&show=uses"},
		{"backwards", NetworkQuery{Depth: -4}, "1 true true [dependencies apis] []", "/catalog/default/component/a/graph"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := c.q.Graph(start)
			if got := fmt.Sprint(g.Depth, g.Users, g.Uses, g.Families, g.Kinds); got != c.want {
				t.Errorf("asks for %s, want %s", got, c.want)
			}
			if got := c.q.URL(start); got != c.url {
				t.Errorf("address %s\nwant    %s", got, c.url)
			}
		})
	}
	if got := fmt.Sprint(NetworkQuery{}.Graph(catalog.MustRef("group:default/g")).Families); got != "[people]" {
		t.Errorf("a group's graph shows %s, want people", got)
	}
}

// Boxes stand in columns by their distance, arrows leave at the side at which
// the other box stands, and the order of a column follows its neighbours'.
func TestDraw(t *testing.T) {
	g := catalog.Graph{
		Nodes: []catalog.GraphNode{box("mid", 0), box("u1", -1), box("d1", 1), box("d2", 1), box("x", 2), box("y", 2)},
		Edges: []catalog.Edge{{From: ref("u1"), To: ref("mid")}, {From: ref("mid"), To: ref("d1")}, {From: ref("mid"), To: ref("d2")}, {From: ref("d2"), To: ref("x")}, {From: ref("d1"), To: ref("y")}, {From: ref("d1"), To: ref("d2")}, {From: ref("x"), To: ref("mid")}},
	}
	d := draw(g, NetworkQuery{})
	var order []string
	for _, n := range d.Nodes {
		order = append(order, n.Label)
	}
	if got := strings.Join(order, " "); got != "u1 mid d1 d2 y x" {
		t.Errorf("the keyboard goes %s, want u1 mid d1 d2 y x", got)
	}
	if d.Nodes[1].URL != "" || !d.Nodes[1].Self || d.Nodes[0].URL != "/catalog/default/component/u1/graph" {
		t.Errorf("nodes %+v", d.Nodes[:2])
	}
	if len(d.Edges) != 7 || !d.Edges[0].Start || d.Edges[5].Start {
		t.Errorf("edges %+v; want those of the middle marked", d.Edges)
	}
	for i, e := range d.Edges {
		var x1, y1, a, b, c, f, x2, y2 int
		if n, err := fmt.Sscanf(e.Path, "M%d %dC%d %d %d %d %d %d", &x1, &y1, &a, &b, &c, &f, &x2, &y2); n != 8 || err != nil {
			t.Fatalf("path %q", e.Path)
		}
		if forward := i < 5; forward && x2 <= x1 || i == 6 && x2 >= x1 {
			t.Errorf("edge %d goes from %d to %d", i, x1, x2)
		}
	}
	if z := draw(g, NetworkQuery{Zoom: 50}); z.Width == "" || d.Width != "" || z.Size != "zoomed" {
		t.Errorf("zoomed to %q wide, size %q", z.Width, z.Size)
	}
	if one := draw(catalog.Graph{Nodes: []catalog.GraphNode{box("alone", 0)}}, NetworkQuery{}); len(one.Nodes) != 1 {
		t.Errorf("a lonely entity: %+v", one)
	}
}

// The table says every box and every arrow of the drawing.
func TestNetworkTableSaysTheSame(t *testing.T) {
	g := catalog.Graph{Nodes: []catalog.GraphNode{box("mid", 0), box("user", -1), box("base", 1), box("deep", 2)}, More: 3,
		Edges: []catalog.Edge{{From: ref("user"), To: ref("mid"), Type: "dependsOn"}, {From: ref("mid"), To: ref("base"), Type: "consumesApi"}, {From: ref("base"), To: ref("deep"), Type: "dependsOn"}}}
	g.Nodes[3].Missing = true
	p := NewNetwork(catalog.Entity{Ref: ref("mid"), Metadata: catalog.Metadata{Name: "mid"}}, NetworkQuery{}, g, nil)
	var got []string
	for _, r := range p.Rows {
		got = append(got, fmt.Sprint(r.Name, ": ", r.Where, ": ", strings.Join(r.Because, ", "), " ", r.Missing))
	}
	want := []string{"base: Is used, 1 step: mid consumes it, depends on deep false", "deep: Is used, 2 steps: base depends on it true", "user: Uses it, 1 step: depends on mid false"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if !strings.Contains(p.Note, "3 more") || len(p.Kinds) != 1 || p.Empty {
		t.Errorf("note %q, kinds %v", p.Note, p.Kinds)
	}
}

func TestNewImpactBoundsItsRows(t *testing.T) {
	im := catalog.Impact{ByHop: []int{maxImpactRows + 50, 1}, ByOwner: []catalog.Count{{Value: "group:default/t", N: maxImpactRows + 51}}, Cut: true}
	for i := range maxImpactRows + 50 {
		im.Hits = append(im.Hits, catalog.Hit{Summary: catalog.Summary{Ref: ref(fmt.Sprint("u", i))}, Hop: 1, Via: ref("core")})
	}
	im.Hits = append(im.Hits, catalog.Hit{Summary: catalog.Summary{Ref: ref("last")}, Hop: 2, Via: ref("u0")})
	p := NewImpact(catalog.Entity{Ref: ref("core"), Metadata: catalog.Metadata{Name: "core"}}, im, nil)
	if len(p.Hops) != 2 || len(p.Hops[0].Rows) != maxImpactRows || p.Hops[0].More != 50 || p.Hops[1].Rows[0].Via.URL != "/catalog/default/component/u0" || p.Note == "" {
		t.Errorf("%d hops, %d rows, %d more, note %q", len(p.Hops), len(p.Hops[0].Rows), p.Hops[0].More, p.Note)
	}
	if p.Teams[0].Team.Label != "t" || p.Teams[0].Team.URL != "/catalog/default/group/t" {
		t.Errorf("teams %+v", p.Teams)
	}
}

func TestEntriesKeepTheirValues(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	e := catalog.Entity{Source: catalog.Source{Location: "url:https://github.com/o/r/blob/main/a/catalog-info.yaml"}}
	got := Entries(e, []catalog.Change{
		{At: "2026-11-18T09:00:00.000000Z", What: "changed", Fields: []string{"spec.owner"}, Diff: []catalog.FieldChange{{Field: "spec.owner", Before: "a", After: "b"}}, File: "a.yaml", Commit: commit},
		{At: "not a time", What: "changed", Diff: []catalog.FieldChange{{Field: "wrong"}}},
		{At: "2026-11-19T09:00:00.000000Z", What: "removed", Commit: "W/\"etag-of-a-file\""},
	}, []ui.Moment{{Word: "Deployed", Time: time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)}})
	var said []string
	for _, x := range got {
		said = append(said, fmt.Sprint(x.Word, " ", len(x.Diff), " ", x.Commit.Label, " ", x.Commit.URL))
	}
	want := []string{"Removed 0  ", "Deployed 0  ", "Changed 1 01234567 https://github.com/o/r/commit/" + commit}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
}

func TestFileAddresses(t *testing.T) {
	for _, c := range []struct{ location, want string }{
		{"url:https://github.com/o/r/blob/main/a.yaml", "https://github.com/o/r/commit/abc1234"},
		{"url:https://gitlab.com/g/s/r/-/blob/main/a.yaml", "https://gitlab.com/g/s/r/-/commit/abc1234"},
		{"url:https://gitea.example/o/r/src/branch/main/a.yaml", "https://gitea.example/o/r/commit/abc1234"},
		{"url:https://waymark/o/r/blob/main/a.yaml", ""},
		{"url:https://files.example/a.yaml", ""},
		{"file:/srv/blob/a.yaml", ""},
	} {
		if got := commitURL(c.location, "abc1234"); got != c.want {
			t.Errorf("commit of %s: %q, want %q", c.location, got, c.want)
		}
	}
	for u, want := range map[string]string{"https://github.com/o/r/blob/main/a.yaml": "https://github.com/o/r/blob/main/a.yaml#L9", "https://x.example/a.yaml": "https://x.example/a.yaml", "https://g.example/blob/a?x": "https://g.example/blob/a?x"} {
		if got := lined(u, 9); got != want {
			t.Errorf("line of %s: %s, want %s", u, got, want)
		}
	}
}

func TestNewAncestry(t *testing.T) {
	if p := NewAncestry(catalog.Ancestry{Source: catalog.SourceState{Location: catalog.Location{ID: "engine:environments"}}, Items: []catalog.Ancestor{{Title: "e"}}}); len(p.Steps) != 1 || p.Steps[0].Name.Label != "environments" {
		t.Errorf("of an engine: %+v", p.Steps)
	}
	a := catalog.Ancestry{Source: catalog.SourceState{Location: catalog.Location{ID: "file:/srv", Trusted: true}}, Items: []catalog.Ancestor{
		{Ref: ref("a"), Title: "a", Target: "./a.yaml", Source: catalog.Source{File: "a.yaml", Document: 1, Line: 1, Version: "0123456789"}}, {Ref: catalog.MustRef("location:default/near"), Title: "near"}, {Ref: catalog.MustRef("location:default/far"), Title: "far"}}}
	var got []string
	for _, s := range NewAncestry(a).Steps {
		got = append(got, s.Word+" "+s.Name.Label)
	}
	if d := cmp.Diff([]string{"Source file:/srv", "Location far", "Location near", "File a.yaml", "Document a"}, got); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
}
