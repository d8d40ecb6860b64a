package catalogview

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
)

func page(n int) ListInput {
	in := ListInput{Query: Query{Kind: "component", Type: []string{"service"}}, Total: 12725,
		Kinds: []catalog.Count{{Value: "api", N: 2000}, {Value: "gadget", N: 3}, {Value: "component", N: 10000}}}
	in.Page = catalog.Page{Total: 6000, From: 1, Next: "next", Facets: map[string][]catalog.Count{
		"type": {{Value: "service", N: 6000}, {Value: "library", N: 2000}}, "lifecycle": {{Value: "production", N: 4000}}}}
	for i := range 100 {
		in.Page.Facets["owner"] = append(in.Page.Facets["owner"], catalog.Count{Value: fmt.Sprintf("group:default/group-%d", i), N: 50})
		in.Page.Facets["tag"] = append(in.Page.Facets["tag"], catalog.Count{Value: fmt.Sprintf("tag-%d", i), N: 50})
		in.Page.Facets["system"] = append(in.Page.Facets["system"], catalog.Count{Value: fmt.Sprintf("system:default/system-%d", i), N: 50})
	}
	for i := range n {
		in.Page.Items = append(in.Page.Items, catalog.Summary{Ref: catalog.Ref{Kind: "component", Namespace: "default", Name: fmt.Sprint("c", i)}, Title: fmt.Sprint("Component ", i),
			Description: "Keeps every record of the platform\nsecond line", Type: "service", Lifecycle: "deprecated", Owner: catalog.MustRef("group:default/team"), Tags: []string{"go", "pci", "rest"}})
	}
	return in
}

func BenchmarkList(b *testing.B) {
	in := page(25)
	b.ReportAllocs()
	for b.Loop() {
		if err := List(NewList(in)).Render(context.Background(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNewList(t *testing.T) {
	p := NewList(page(2))
	var chips []string
	for _, c := range p.Kinds {
		chips = append(chips, fmt.Sprintf("%s %s %v %s", c.Label, c.Count, c.On, c.URL))
	}
	want := []string{"All 12,003 false /catalog?kind=all", "Components 10,000 true /catalog?kind=component", "APIs 2,000 false /catalog?kind=api", "Gadgets 3 false /catalog?kind=gadget"}
	if got := strings.Join(chips, "; "); got != strings.Join(want, "; ") {
		t.Errorf("chips %s\nwant  %s", got, strings.Join(want, "; "))
	}
	if p.Pager.Summary != "1–2 of 6,000" || p.Pager.Prev != "" || p.Pager.Next != "/catalog?after=next&kind=component&type=service" {
		t.Errorf("pager %+v", p.Pager)
	}
	if f := p.Facets.Facets[0]; f.Name != "type" || !f.Options[0].On || f.Options[0].Value != "service" || f.Options[1].On {
		t.Errorf("the chosen value leads its facet: %+v", f)
	}
	if r := p.Rows[0]; r.Text != "Keeps every record of the platform" || r.URL != "/catalog/default/component/c0" || r.Tags[0].URL != "/catalog?kind=component&type=service&tag=go" {
		t.Errorf("row %+v", r)
	}
	if p.SortURL != "/catalog?kind=component&sort=-name&type=service" || p.SortDir != "asc" {
		t.Errorf("sort %s %s", p.SortURL, p.SortDir)
	}
}

func TestQueryChoosesKinds(t *testing.T) {
	mine := []string{"user:default/ada", "group:default/payments"}
	for _, c := range []struct {
		q     Query
		kinds string
		owner string
	}{
		{Query{}, "component", ""},
		{Query{Kind: AllKinds}, "", ""},
		{Query{Kind: "API"}, "api", ""},
		{Query{Text: "x"}, "", ""},
		{Query{Owner: []string{"payments"}}, "", "group:default/payments"},
		{Query{Mine: true}, "", "user:default/ada group:default/payments"},
		{Query{Mine: true, Owner: []string{"payments"}}, "", "group:default/payments"},
		{Query{Mine: true, Owner: []string{"others"}}, "", "nobody"},
	} {
		f := c.q.Filter(Own{Owners: mine})
		if got := strings.Join(f.Kinds, " "); got != c.kinds {
			t.Errorf("%+v: kinds %q, want %q", c.q, got, c.kinds)
		}
		if got := strings.Join(f.Owners, " "); got != c.owner {
			t.Errorf("%+v: owners %q, want %q", c.q, got, c.owner)
		}
	}
}
