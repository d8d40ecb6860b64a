package backstage_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// description reads the OpenAPI description as clients get it.
func description(t *testing.T) ([]byte, map[string]map[string]operation) {
	t.Helper()
	w := call(server(t, &fake{}), "GET", "/openapi.json", "")
	var d struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 {
		t.Fatalf("status %d, %v", w.Code, err)
	}
	return w.Body.Bytes(), d.Paths
}

type operation struct {
	Parameters []struct{ Name, In string }
	Body       *struct{} `json:"requestBody"`
}

// The description is valid OpenAPI 3.1 by the specification's own schema.
func TestTheDescriptionIsValid(t *testing.T) {
	raw, paths := description(t)
	if len(paths) != 14 {
		t.Errorf("%d paths, want 14", len(paths))
	}
	text, err := os.ReadFile("../api/testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
}

// Each operation refuses a query parameter that it does not know, and each
// body must be JSON and be called so.
func TestEveryOperationIsStrict(t *testing.T) {
	e := server(t, &fake{})
	_, paths := description(t)
	for path, ops := range paths {
		at := strings.NewReplacer("{kind}", "component", "{namespace}", "default", "{name}", "ledger", "{uid}", "u-ledger", "{id}", "x").Replace(path)
		for method, op := range ops {
			method = strings.ToUpper(method)
			body := ""
			if op.Body != nil {
				body = `{}`
			}
			w := call(e, method, at+"?colour=blue", body)
			if w.Code != 400 || !strings.Contains(w.Body.String(), "Unknown query parameter 'colour'") {
				t.Errorf("%s %s: an unknown parameter: %d %s", method, path, w.Code, w.Body)
			}
			if op.Body == nil {
				continue
			}
			for name, w := range map[string]struct{ body, kind string }{"a form": {"a=b", "application/x-www-form-urlencoded"}, "no type": {"{}", ""},
				"no JSON": {"{", "application/json"}, "a list": {"[]", "application/json"}, "nothing": {"", "application/json"}} {
				if got := call(e, method, at, w.body, "Content-Type", w.kind); got.Code != 400 || !strings.Contains(got.Body.String(), `"name":"InputError"`) {
					t.Errorf("%s %s with %s: %d %s", method, path, name, got.Code, got.Body)
				}
			}
		}
	}
}

// With a read-only catalog locations may be tried, but not changed.
func TestReadOnly(t *testing.T) {
	f := &fake{}
	e := server(t, f, func(o *backstage.Options) { o.ReadOnly = true })
	const body = `{"type":"url","target":"https://git.example/new.yaml"}`
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/locations", body, 403}, {"POST", "/locations?dryRun=true", body, 201}, {"PUT", "/locations/" + locationID(registry), body, 403},
		{"DELETE", "/locations/" + locationID(registry), "", 403}, {"DELETE", "/entities/by-uid/u-ledger", "", 204}, {"GET", "/locations", "", 200},
	} {
		if w := call(e, c.method, c.path, c.body); w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
	}
	if len(f.done) != 1 {
		t.Errorf("ran %v, want the deletion alone", f.done)
	}
}

// What a caller asks for reaches the store as it was meant.
func TestWhatIsAsked(t *testing.T) {
	f := &fake{}
	e := server(t, f)
	call(e, "GET", "/entities/by-query?limit=0&offset=7&orderField=metadata.name%2Cdesc&orderField=kind&fullTextFilterTerm=%20a%20&fullTextFilterFields=b,c&totalItems=exclude&filter=kind%3Dapi", "")
	r := f.asked
	if r.Limit != 0 || r.Offset != 7 || r.Total || r.Text != "a" || strings.Join(r.TextFields, " ") != "b c" || len(r.Order) != 1 ||
		r.Order[0] != (query.Order{Field: "metadata.name", Desc: true}) || !r.DropMissing || r.Posted || r.Where == nil {
		t.Errorf("by GET: %+v", r)
	}
	call(e, "GET", "/entities/by-query?cursor=abc&filter=kind%3Dapi&offset=9", "")
	if r = f.asked; r.Cursor != "abc" || r.Limit != query.Unset || r.Where != nil || r.Offset != 0 {
		t.Errorf("by cursor: %+v", r)
	}
	call(e, "POST", "/entities/by-query", `{"query":{"kind":"api"},"orderBy":[{"field":"kind","order":"desc"}],"fullTextFilter":{"term":"x","fields":["y"]},"limit":5}`)
	if r = f.asked; r.Limit != 5 || !r.Total || !r.Posted || r.Text != "x" || r.Order[0] != (query.Order{Field: "kind", Desc: true}) {
		t.Errorf("by POST: %+v", r)
	}
	call(e, "POST", "/entities/by-refs?filter=kind", `{"entityRefs":[],"query":{"kind":"api"}}`)
	if both, ok := f.where.(query.All); !ok || len(both) != 2 {
		t.Errorf("filter and query: %+v", f.where)
	}
}
