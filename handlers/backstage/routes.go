package backstage

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// route is one operation of the API.
type route struct {
	method, path string // path below Prefix, as OpenAPI writes it
	id, summary  string
	query        []param
	body         string // name of the body's schema; empty: no body
	status       int
	answer       string // name of the answer's schema; empty: no content
	refusal      string // name of the schema of 400; empty: that of all errors
	serve        func(*Handler, echo.Context) error
}

// param is one query parameter. A list may be given several times, or in one
// parameter with commas when it is split.
type param struct {
	name, about string
	shape       shape
	min         int      // of a number
	values      []string // all that are allowed; nil: any
	required    bool
}

type shape uint8

const (
	text shape = iota
	number
	repeated // filter=a&filter=b
	split    // fields=a,b
)

var (
	filterParam = param{name: "filter", shape: repeated, about: "Sets of conditions key=value or key, joined by commas; one set must match."}
	fieldsParam = param{name: "fields", shape: split, about: "Dotted paths to keep of each entity."}
	offsetParam = param{name: "offset", shape: number, about: "How many entities to leave out."}
)

// routes is the whole API but for its own description.
func routes() []route {
	return append(append(entityRoutes(), locationRoutes()...), workRoutes()...)
}

func entityRoutes() []route {
	byQuery := []param{fieldsParam, {name: "limit", shape: number, about: "At most so many entities; 0 counts only."}, offsetParam,
		{name: "orderField", shape: repeated, about: "A path, and after a comma asc or desc."},
		{name: "cursor", about: "A cursor of an earlier answer; of the rest only fields and limit count then."}, filterParam,
		{name: "totalItems", values: []string{"include", "exclude"}, about: "Whether to count."},
		{name: "fullTextFilterTerm", about: "Text that must occur."}, {name: "fullTextFilterFields", shape: split, about: "Where the text must occur."}}
	const one = "/{kind}/{namespace}/{name}"
	return []route{
		{method: http.MethodGet, path: "/entities", id: "GetEntities", summary: "Entities, all or by pages", status: 200, answer: "EntityList", serve: (*Handler).entities,
			query: []param{fieldsParam, {name: "limit", shape: number, min: 1, about: "At most so many entities."}, filterParam, offsetParam,
				{name: "after", about: "A cursor of the Link header."}, {name: "order", shape: repeated, about: "asc:path or desc:path."}}},
		{method: http.MethodGet, path: "/entities/by-query", id: "GetEntitiesByQuery", summary: "A page of entities", query: byQuery, status: 200, answer: "EntityPage", serve: (*Handler).byQuery},
		{method: http.MethodPost, path: "/entities/by-query", id: "QueryEntitiesByPredicate", summary: "A page of entities, by a predicate", body: "EntityQuery", status: 200, answer: "EntityPage", serve: (*Handler).byPredicate},
		{method: http.MethodPost, path: "/entities/by-refs", id: "GetEntitiesByRefs", summary: "Entities by their references", query: []param{filterParam}, body: "RefsQuery", status: 200, answer: "EntityItems", serve: (*Handler).byRefs},
		{method: http.MethodGet, path: "/entities/by-name" + one, id: "GetEntityByName", summary: "One entity", status: 200, answer: "Entity", serve: (*Handler).byName},
		{method: http.MethodGet, path: "/entities/by-name" + one + "/ancestry", id: "GetEntityAncestryByName", summary: "Where an entity comes from", status: 200, answer: "Ancestry", serve: (*Handler).ancestry},
		{method: http.MethodGet, path: "/entities/by-uid/{uid}", id: "GetEntityByUid", summary: "One entity by its uid", status: 200, answer: "Entity", serve: (*Handler).byUID},
		{method: http.MethodDelete, path: "/entities/by-uid/{uid}", id: "DeleteEntityByUid", summary: "Remove an entity until its file is read again", status: 204, serve: (*Handler).deleteByUID},
		{method: http.MethodGet, path: "/entity-facets", id: "GetEntityFacets", summary: "Values of fields with their counts", status: 200, answer: "Facets", serve: (*Handler).facets,
			query: []param{{name: "facet", shape: repeated, required: true, about: "Path of a field."}, filterParam}},
		{method: http.MethodPost, path: "/entity-facets", id: "QueryEntityFacetsByPredicate", summary: "Values of fields with their counts, by a predicate", body: "FacetsQuery", status: 200, answer: "Facets", serve: (*Handler).facetsByPredicate},
	}
}

func locationRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/locations", id: "GetLocations", summary: "All locations", status: 200, answer: "LocationList", serve: (*Handler).locations},
		{method: http.MethodPost, path: "/locations", id: "CreateLocation", summary: "Register a location", body: "LocationInput", status: 201, answer: "LocationCreated", serve: (*Handler).createLocation,
			query: []param{{name: "dryRun", about: "Anything but false tries and changes nothing."}, {name: "onConflict", values: []string{"refresh", "reject"}, about: "What to do when it is registered already."}}},
		{method: http.MethodPost, path: "/locations/by-query", id: "GetLocationsByQuery", summary: "A page of locations", body: "LocationQuery", status: 200, answer: "LocationPage", serve: (*Handler).locationsByQuery},
		{method: http.MethodGet, path: "/locations/{id}", id: "GetLocation", summary: "One location", status: 200, answer: "Location", serve: (*Handler).location},
		{method: http.MethodPut, path: "/locations/{id}", id: "UpdateLocation", summary: "Change the target of a location", body: "LocationInput", status: 200, answer: "Location", serve: (*Handler).updateLocation},
		{method: http.MethodDelete, path: "/locations/{id}", id: "DeleteLocation", summary: "Unregister a location", status: 204, serve: (*Handler).deleteLocation},
		{method: http.MethodGet, path: "/locations/by-entity/{kind}/{namespace}/{name}", id: "GetLocationByEntity", summary: "The location that an entity comes from", status: 200, answer: "Location", serve: (*Handler).locationByEntity},
	}
}

func workRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "/refresh", id: "RefreshEntity", summary: "Read the source of an entity again", body: "Refresh", status: 200, serve: (*Handler).refresh},
		{method: http.MethodPost, path: "/validate-entity", id: "ValidateEntity", summary: "What Backstage would say of an entity", body: "Validate", status: 200, refusal: "Refusals", serve: (*Handler).validate},
		{method: http.MethodPost, path: "/analyze-location", id: "AnalyzeLocation", summary: "What a repository holds, or could hold", body: "AnalyzeInput", status: 200, answer: "Analysis", serve: (*Handler).analyse},
	}
}

// echoPath writes /entities/{uid} as /entities/:uid.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// pathParams are the names in braces.
func pathParams(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}
