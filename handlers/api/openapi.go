package api

import (
	"encoding/json"
	"net/http"
	"sort"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/action"
)

// OpenAPI serves the description of the API, OpenAPI 3.1, made from the action
// registry and the routes that are really there.
type OpenAPI struct {
	Registry *action.Registry
	Version  string
	URL      string
}

// Register adds the route to g, which is /api/v1.
func (h *OpenAPI) Register(g *echo.Group) { g.GET("/openapi.json", h.show) }

func (h *OpenAPI) show(c echo.Context) error {
	return respond.JSON(c, http.StatusOK, h.Describe(c.Echo().Routes()))
}

// object is a JSON object.
type object = map[string]any

// Describe is the description for the given routes; only those below /api/v1
// that read are taken, and one operation for each action.
func (h *OpenAPI) Describe(routes []*echo.Route) any {
	paths := object{}
	for _, d := range h.Registry.All() {
		paths["/actions/"+d.Name] = object{"post": actionOperation(d)}
	}
	for _, r := range reads(routes) {
		paths[openPath(r)] = object{"get": readOperation(r)}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Waymark", "version": h.Version, "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Reads, and one operation for each action. Errors are problem+json (RFC 9457)."},
		"servers":    []object{{"url": h.URL + "/api/v1"}},
		"security":   []object{{"token": []string{}}, {"session": []string{}}},
		"paths":      paths,
		"components": components(),
	}
}

// reads are the paths of GET routes below /api/v1, sorted, without the prefix.
func reads(routes []*echo.Route) []string {
	var out []string
	for _, r := range routes {
		path, ok := strings.CutPrefix(r.Path, "/api/v1/")
		if ok && r.Method == http.MethodGet && !strings.Contains(path, "*") && path != "actions/:name" {
			out = append(out, "/"+path)
		}
	}
	sort.Strings(out)
	return out
}

// openPath writes /runs/:id as /runs/{id}.
func openPath(route string) string {
	parts := strings.Split(route, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func readOperation(route string) object {
	op := object{"operationId": "read" + camel(route), "tags": []string{strings.Split(route, "/")[1]},
		"responses": object{"200": answer("The answer", object{"type": []string{"object", "array", "string"}}), "default": object{"$ref": "#/components/responses/problem"}}}
	var params []object
	for _, p := range strings.Split(route, "/") {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			params = append(params, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	doc := readDocs[route]
	for _, q := range doc.query {
		params = append(params, object{"name": q, "in": "query", "schema": object{"type": "string"}})
	}
	if doc.list {
		op["responses"].(object)["200"] = answer("A page of the list", object{"$ref": "#/components/schemas/list"})
		params = append(params, object{"$ref": "#/components/parameters/limit"}, object{"$ref": "#/components/parameters/cursor"})
	}
	op["summary"] = doc.summary
	if doc.summary == "" {
		op["summary"] = "Read " + strings.Trim(route, "/")
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	return op
}

func actionOperation(d action.Def) object {
	responses := object{"default": object{"$ref": "#/components/responses/problem"}}
	if d.Traits.StartsRun {
		responses["202"] = answer("A run was started", object{"$ref": "#/components/schemas/started"})
	} else {
		responses["200"] = answer("Done", object{"type": "object"})
	}
	return object{
		"operationId": d.Name, "tags": []string{"actions"}, "summary": d.Title,
		"description":        d.Summary + " Needs the permission " + d.Permission + ".",
		"parameters":         []object{{"$ref": "#/components/parameters/key"}, {"$ref": "#/components/parameters/dryRun"}},
		"requestBody":        object{"required": true, "content": object{"application/json": object{"schema": json.RawMessage(d.Schema)}}},
		"responses":          responses,
		"x-waymark-readOnly": d.Traits.ReadOnly, "x-waymark-destructive": d.Traits.Destructive, "x-waymark-idempotent": d.Traits.Idempotent,
	}
}

func answer(description string, schema object) object {
	return object{"description": description, "content": object{"application/json": object{"schema": schema}}}
}

// camel writes /runs/:id as RunsId.
func camel(route string) string {
	var b strings.Builder
	for _, p := range strings.FieldsFunc(route, func(r rune) bool { return strings.ContainsRune("/:-._{}", r) }) {
		b.WriteString(strings.ToUpper(p[:1]) + p[1:])
	}
	return b.String()
}
