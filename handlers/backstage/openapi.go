package backstage

import (
	"encoding/json"
	"strconv"
)

// object is a JSON object.
type object = map[string]any

// describe is the OpenAPI 3.1 description of the routes.
func describe(all []route, url, version string) ([]byte, error) {
	paths := map[string]object{}
	for _, r := range all {
		if paths[r.path] == nil {
			paths[r.path] = object{}
		}
		paths[r.path][lower[r.method]] = r.operation()
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "catalog", "version": version, "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "The catalog API that Backstage's clients speak. Query parameters that are not listed are refused."},
		"servers":  []object{{"url": url + Prefix}},
		"security": []object{{"token": []string{}}, {"session": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas": json.RawMessage(schemasText),
			"responses": object{"error": object{"description": "What went wrong",
				"content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Error"}}}}},
			"securitySchemes": object{
				"token":   object{"type": "http", "scheme": "bearer"},
				"session": object{"type": "apiKey", "in": "cookie", "name": "waymark_session"},
			},
		},
	})
}

var lower = map[string]string{"GET": "get", "POST": "post", "PUT": "put", "DELETE": "delete"}

func (r route) operation() object {
	success := object{"description": "Done"}
	if r.answer != "" {
		success["content"] = object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + r.answer}}}
	}
	responses := object{strconv.Itoa(r.status): success, "default": object{"$ref": "#/components/responses/error"}}
	if r.refusal != "" {
		responses["400"] = object{"description": "What is wrong",
			"content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + r.refusal}}}}
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
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + r.body}}}}
	}
	return op
}

func (p param) describe() object {
	out := object{"name": p.name, "in": "query", "description": p.about}
	if p.required {
		out["required"] = true
	}
	item := object{"type": "string"}
	switch p.shape {
	case text:
		if p.values != nil {
			item["enum"] = p.values
		}
		out["schema"] = item
	case number:
		out["schema"] = object{"type": "integer", "minimum": p.min}
	case repeated, split:
		out["schema"] = object{"type": "array", "items": item}
		out["explode"] = p.shape == repeated
		out["style"] = "form"
	}
	return out
}
