package searchview

import (
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/search"
)

func TestNewProps(t *testing.T) {
	q := search.Query{Text: "pay", Kinds: []string{"docs", "api"}, Limit: 2, Skip: 2}
	r := search.Results{Total: 7, More: true, Took: 3 * time.Millisecond, Kinds: []search.Facet{{Value: "docs", Count: 7}},
		Items: []search.Hit{{Kind: "docs", Title: "A", Context: "Site › Page", Owner: "group:default/x"}, {Kind: "component", Title: "B", Name: "b"}}}
	p := NewProps(q, r)
	if p.Summary != "3–4 of more than 7 in 3 ms" || !p.Filtered {
		t.Errorf("summary %q, filtered %t", p.Summary, p.Filtered)
	}
	if p.Prev != "/search?kind=docs&kind=api&q=pay" || p.Next != "/search?from=4&kind=docs&kind=api&q=pay" || p.ClearURL != "/search?q=pay" {
		t.Errorf("prev %q, next %q, clear %q", p.Prev, p.Next, p.ClearURL)
	}
	if h := p.Hits[0]; h.Where != "Site › Page" || h.Owner.Label != "x" || h.Owner.URL != "/catalog/default/group/x" || h.Icon != "book-open" {
		t.Errorf("hit %+v", h)
	}
	if h := p.Hits[1]; h.Where != "b" || h.Kind != "Component" {
		t.Errorf("hit %+v", h)
	}
	kinds := p.Facets.Facets[0].Options
	if len(kinds) != 2 || !kinds[0].On || kinds[1].Value != "api" || kinds[1].Count != "0" || !kinds[1].On {
		t.Errorf("a chosen kind without hits must stay to be taken away: %+v", kinds)
	}
}

func TestPaletteGroupsKeepTheirOrder(t *testing.T) {
	r := search.Results{Items: []search.Hit{{Kind: "component", Title: "a"}, {Kind: "docs", Title: "b", Context: "Site"}, {Kind: "component", Title: "c"}}}
	g := PaletteGroups(r)
	if len(g) != 2 || g[0].Head != "Component" || len(g[0].Items) != 2 || g[1].Items[0].Where != "Site" {
		t.Errorf("%+v", g)
	}
}
