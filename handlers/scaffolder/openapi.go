package scaffolder

import (
	"encoding/json"
	"strconv"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// describe is the OpenAPI 3.1 description of the routes.
func describe(all []route, url, version string) (json.RawMessage, error) {
	paths := map[string]object{}
	for _, r := range all {
		if paths[r.path] == nil {
			paths[r.path] = object{}
		}
		paths[r.path][strings.ToLower(r.method)] = r.operation()
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "scaffolder", "version": version, "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "The scaffolder API that Backstage's clients speak. A task is a run of a template. Query parameters that are not listed are refused."},
		"servers":  []object{{"url": url + Prefix}},
		"security": []object{{"token": []string{}}, {"session": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas":   json.RawMessage(schemasText),
			"responses": object{"error": object{"description": "What went wrong", "content": content("", "Error")}},
			"securitySchemes": object{
				"token":   object{"type": "http", "scheme": "bearer"},
				"session": object{"type": "apiKey", "in": "cookie", "name": "waymark_session"},
			},
		},
	})
}

func content(media, schema string) object {
	if media == "" {
		media = "application/json"
	}
	if schema == "" {
		return object{media: object{"schema": object{"type": "string"}}}
	}
	return object{media: object{"schema": object{"$ref": "#/components/schemas/" + schema}}}
}

func (r route) operation() object {
	responses := object{strconv.Itoa(r.status): object{"description": "Done", "content": content(r.media, r.answer)},
		"default": object{"$ref": "#/components/responses/error"}}
	if r.refusal != "" {
		responses["400"] = object{"description": "What is wrong", "content": content("", r.refusal)}
	}
	op := object{"operationId": r.id, "summary": r.summary, "responses": responses}
	var params []object
	for _, name := range pathParams(r.path) {
		params = append(params, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range r.query {
		params = append(params, p.describe())
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if r.body != "" {
		op["requestBody"] = object{"required": !r.optional, "content": content("", r.body)}
	}
	return op
}

func (p param) describe() object {
	item := object{"type": "string"}
	switch {
	case p.number:
		item = object{"type": "integer", "minimum": 0}
	case p.values != nil:
		item["enum"] = p.values
	}
	out := object{"name": p.name, "in": "query", "description": p.about, "schema": item}
	if p.repeated {
		out["schema"], out["explode"], out["style"] = object{"type": "array", "items": item}, true, "form"
	}
	return out
}
