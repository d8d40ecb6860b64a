package main

import (
	"fmt"
	"net/url"
)

// line is one kind of request with its budget in ms of CPU.
type line struct {
	what   string
	path   func(i int) string
	sqlite float64 // at 10,000 components
	pg     float64 // the same, client and server together; 0: as SQLite
	large  float64 // at 100,000; 0: twice the other
	first  bool    // each request is asked for the first time
}

func (l line) limit(n int, pg bool) float64 {
	limit := l.sqlite
	if pg && l.pg > 0 {
		limit = l.pg
	}
	switch {
	case n <= smallSize:
		return limit
	case l.large > 0:
		return l.large
	}
	return 2 * limit
}

// api is an address of the catalog API with its parameters, name and value by
// turns.
func api(path string, params ...string) string {
	v := url.Values{}
	for i := 0; i < len(params); i += 2 {
		v.Add(params[i], params[i+1])
	}
	return "/api/catalog/" + path + "?" + v.Encode()
}

func lines(n int) []line {
	fixed := func(p string) func(int) string { return func(int) string { return p } }
	groups := max(1, n/50)
	const components, services, three = "kind=component", "kind=component,spec.type=service", "kind=component,spec.type=service,spec.lifecycle=production"
	return []line{
		{what: "fixed answer", path: fixed("/healthz"), sqlite: 0.04, large: 0.04},
		{what: "entity by name, JSON", path: func(i int) string {
			return fmt.Sprintf("/api/catalog/entities/by-name/component/default/component-%06d", i%n)
		}, sqlite: 0.10, pg: 0.25},
		{what: "first page by name, 20, with total", path: fixed(api("entities/by-query", "filter", components, "limit", "20", "orderField", "metadata.name,asc")), sqlite: 0.35, pg: 0.5},
		{what: "kind and type, 20, with total", path: fixed(api("entities/by-query", "filter", services, "limit", "20", "orderField", "metadata.name,asc")), sqlite: 0.35, pg: 0.5},
		{what: "kind and an owner, another each time", path: func(i int) string {
			return api("entities/by-query", "filter", fmt.Sprintf("kind=component,relations.ownedBy=group:default/group-%04d", i%groups), "limit", "20", "orderField", "metadata.name,asc")
		}, sqlite: 0.35, pg: 0.5},
		{what: "facets: types and tags", path: fixed(api("entity-facets", "filter", components, "facet", "spec.type", "facet", "metadata.tags")), sqlite: 0.30, pg: 0.5},
		{what: "text in name or title, 20", path: func(i int) string {
			return api("entities/by-query", "filter", components, "limit", "20", "orderField", "metadata.name,asc", "fullTextFilterTerm", fmt.Sprintf("service %d", i%n/10), "fullTextFilterFields", "metadata.name,metadata.title")
		}, sqlite: 0.5, pg: 0.5},
		{what: "three conditions and a broad text, warm", path: fixed(api("entities/by-query", "filter", three, "limit", "20", "fullTextFilterTerm", "service", "fullTextFilterFields", "metadata.title")), sqlite: 5, large: 5},
		{what: "three conditions and a text, first time", path: func(i int) string {
			return api("entities/by-query", "filter", three, "limit", "20", "fullTextFilterTerm", []string{"ser", "erv", "rvi", "vic", "ice", "serv", "ervi", "rvic"}[i%8], "fullTextFilterFields", "metadata.title")
		}, sqlite: 30, large: 30, first: true},
		{what: "HTML: catalog page, 25 rows, facets", path: fixed("/catalog?kind=component"), sqlite: 1.2},
		{what: "HTML: catalog page, kind and type", path: fixed("/catalog?kind=component&type=service"), sqlite: 1.2},
		{what: "HTML: entity page", path: func(i int) string { return fmt.Sprintf("/catalog/default/component/component-%06d", i%n) }, sqlite: 0.8},
		{what: "HTML: home", path: fixed("/"), sqlite: 1.5},
		{what: "search", path: fixed("/api/v1/search?q=ledger"), sqlite: 5, large: 30},
	}
}
