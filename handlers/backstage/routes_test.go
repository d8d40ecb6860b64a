package backstage_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/internal/catalog"
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

// What each operation answers: to one who may, to one who may not, to what
// is wrong, and to what is not there.
func TestOperations(t *testing.T) {
	const place = "/locations/"
	known := locationID(registry)
	mine := catalog.MustRef("location:default/generated-" + known)
	for _, c := range []struct {
		name, method, path, body string
		as                       string
		status                   int
		want                     string // part of the answer; "done: …" the actions that ran
	}{
		{name: "all", method: "GET", path: "/entities", status: 200, want: "[" + ledger + "," + ledger + "]"},
		{name: "all, cut", method: "GET", path: "/entities?fields=kind,metadata.name&filter=kind%3DComponent", status: 200, want: `[{"kind":"Component","metadata":{"name":"Ledger"}},`},
		{name: "an order of no form", method: "GET", path: "/entities?order=metadata.name", status: 400, want: "InputError"},
		{name: "a limit of 0", method: "GET", path: "/entities?limit=0", status: 400, want: "at least 1"},
		{name: "a limit in words", method: "GET", path: "/entities?limit=ten", status: 400, want: "whole number"},
		{name: "two limits", method: "GET", path: "/entities?limit=1&limit=2", status: 400, want: "once"},
		{name: "a broken cursor", method: "GET", path: "/entities?after=%21", status: 400, want: "Malformed after cursor"},
		{name: "a filter without a key", method: "GET", path: "/entities?filter=%3Da", status: 400, want: "InputError"},
		{name: "a bracket in a field", method: "GET", path: "/entities?fields=a%5B0%5D", status: 400, want: "InputError"},
		{name: "a page", method: "GET", path: "/entities/by-query?limit=1", status: 200, want: `{"items":[` + ledger + `],"totalItems":3,"pageInfo":{"nextCursor":"n1","prevCursor":"p1"}}`},
		{name: "no such total", method: "GET", path: "/entities/by-query?totalItems=maybe", status: 400, want: "include, exclude"},
		{name: "a broken page cursor", method: "GET", path: "/entities/by-query?cursor=broken", status: 400, want: "Malformed cursor"},
		{name: "a page by predicate", method: "POST", path: "/entities/by-query", body: `{"query":{"kind":"component"},"fields":["kind"]}`, status: 200, want: `{"items":[{"kind":"Component"}],"totalItems":3`},
		{name: "a predicate that is none", method: "POST", path: "/entities/by-query", body: `{"query":[]}`, status: 400, want: "InputError"},
		{name: "a null predicate", method: "POST", path: "/entities/by-query", body: `{"query":null}`, status: 400, want: "InputError"},
		{name: "an order of no direction", method: "POST", path: "/entities/by-query", body: `{"orderBy":[{"field":"a","order":"up"}]}`, status: 400, want: "/orderBy/0/order"},
		{name: "refs", method: "POST", path: "/entities/by-refs", body: `{"entityRefs":["component:default/gone","component:default/ledger","Component:Default/Ledger"],"fields":["kind"]}`, status: 200, want: `{"items":[null,{"kind":"Component"},null]}`},
		{name: "no refs", method: "POST", path: "/entities/by-refs", body: `{}`, status: 400, want: "entityRefs"},
		{name: "one", method: "GET", path: "/entities/by-name/Component/Default/Ledger", status: 200, want: ledger},
		{name: "one that is not there", method: "GET", path: "/entities/by-name/component/default/a%20b%2Fc", status: 404, want: "No entity named 'a b/c' found, with kind 'component' in namespace 'default'"},
		{name: "one that is gone", method: "GET", path: "/entities/by-name/component/default/gone", status: 404, want: "NotFoundError"},
		{name: "one that stands for a location", method: "GET", path: "/entities/by-name/location/default/" + mine.Name, status: 200, want: `"target":"` + taken + `"`},
		{name: "where from", method: "GET", path: "/entities/by-name/component/default/ledger/ancestry", status: 200, want: `"parentEntityRefs":["location:default/all"]`},
		{name: "where from nothing", method: "GET", path: "/entities/by-name/component/default/none/ancestry", status: 404, want: "NotFoundError"},
		{name: "by uid", method: "GET", path: "/entities/by-uid/u-ledger", status: 200, want: ledger},
		{name: "by a wrong uid", method: "GET", path: "/entities/by-uid/u-none", status: 404, want: "No entity with uid u-none"},
		{name: "delete", method: "DELETE", path: "/entities/by-uid/u-ledger", status: 204, want: `done: delete-entity {"entity":"component:default/ledger"}`},
		{name: "delete nothing", method: "DELETE", path: "/entities/by-uid/u-none", status: 204},
		{name: "delete as one who may not", method: "DELETE", path: "/entities/by-uid/u-ledger", as: "mallory", status: 403, want: "NotAllowedError"},
		{name: "facets", method: "GET", path: "/entity-facets?facet=kind&facet=spec.none", status: 200, want: `{"facets":{"kind":[{"value":"API","count":2},{"value":"Component","count":7}],"spec.none":[]}}`},
		{name: "no facet", method: "GET", path: "/entity-facets", status: 400, want: "Missing query parameter 'facet'"},
		{name: "facets by predicate", method: "POST", path: "/entity-facets", body: `{"facets":["kind"],"query":{"kind":"api"}}`, status: 200, want: `"API"`},
		{name: "no facets by predicate", method: "POST", path: "/entity-facets", body: `{"facets":[]}`, status: 400, want: "/facets"},
		{name: "locations", method: "GET", path: "/locations", status: 200, want: `[{"data":{"id":"` + locationID(home) + `","type":"file","target":"/srv/catalog","entityRef":"location:default/generated-` + locationID(home) + `"}},{"data":{`},
		{name: "a location", method: "GET", path: place + known, status: 200, want: `"target":"` + taken + `"`},
		{name: "a wrong location", method: "GET", path: place + "none", status: 404, want: "Found no location with ID none"},
		{name: "locations by predicate", method: "POST", path: place + "by-query", body: `{"query":{"type":"URL","target":{"$hasPrefix":"https://GIT"}}}`, status: 200, want: `"totalItems":1}`},
		{name: "locations by a cursor of no form", method: "POST", path: place + "by-query", body: `{"cursor":"!"}`, status: 400, want: "Malformed cursor"},
		{name: "where an entity is registered", method: "GET", path: place + "by-entity/component/default/ledger", status: 200, want: `"target":"/srv/catalog"`},
		{name: "where nothing is registered", method: "GET", path: place + "by-entity/component/default/none", status: 404, want: "NotFoundError"},
		{name: "where the portal's own is registered", method: "GET", path: place + "by-entity/environment/default/dev", status: 404, want: "found no origin"},
		{name: "register", method: "POST", path: "/locations", body: `{"type":"url","target":"https://git.example/new.yaml"}`, status: 201, want: `done: register-location {"type":"url","target":"https://git.example/new.yaml"}`},
		{name: "register as one who may not", method: "POST", path: "/locations", body: `{"type":"url","target":"https://git.example/new.yaml"}`, as: "mallory", status: 403, want: "NotAllowedError"},
		{name: "register what cannot be read", method: "POST", path: "/locations", body: `{"type":"url","target":"https://git.example/unreadable"}`, status: 400, want: "Nothing could be read there."},
		{name: "register twice", method: "POST", path: "/locations", body: `{"type":"url","target":"` + taken + `"}`, status: 409, want: "Location " + registry + " already exists"},
		{name: "register again to refresh", method: "POST", path: "/locations?onConflict=refresh", body: `{"type":"url","target":"` + taken + `"}`, status: 201, want: `done: refresh-source {"source":"` + registry + `"}`},
		{name: "register a file", method: "POST", path: "/locations", body: `{"type":"file","target":"/etc/passwd"}`, status: 400, want: "allowed type"},
		{name: "register with too much", method: "POST", path: "/locations", body: `{"type":"url","target":"https://git.example/new.yaml","presence":"optional"}`, status: 400, want: "presence"},
		{name: "try", method: "POST", path: "/locations?dryRun=true", body: `{"type":"url","target":"https://git.example/new.yaml"}`, status: 201, want: `"exists":false`},
		{name: "try what is wrong", method: "POST", path: "/locations?dryRun=true", body: `{"type":"url","target":"https://git.example/wrong.yaml"}`, status: 400, want: "No name.; No kind."},
		{name: "try twice", method: "POST", path: "/locations?dryRun=true", body: `{"type":"url","target":"` + taken + `"}`, status: 201, want: `"exists":true`},
		{name: "move", method: "PUT", path: place + known, body: `{"type":"url","target":"https://git.example/new.yaml"}`, status: 200, want: `done: move-location {"location":"` + registry + `","target":"https://git.example/new.yaml"}`},
		{name: "move nothing", method: "PUT", path: place + "none", body: `{"type":"url","target":"https://git.example/new.yaml"}`, status: 404, want: "NotFoundError"},
		{name: "move to where it is", method: "PUT", path: place + known, body: `{"type":"url","target":"` + taken + `"}`, status: 200, want: known},
		{name: "move as one who may not", method: "PUT", path: place + known, body: `{"type":"url","target":"https://git.example/new.yaml"}`, as: "mallory", status: 403, want: "NotAllowedError"},
		{name: "unregister", method: "DELETE", path: place + known, status: 204, want: `done: unregister-location {"source":"` + registry + `"}`},
		{name: "unregister nothing", method: "DELETE", path: place + "none", status: 404, want: "NotFoundError"},
		{name: "unregister as one who may not", method: "DELETE", path: place + known, as: "mallory", status: 403, want: "NotAllowedError"},
		{name: "refresh", method: "POST", path: "/refresh", body: `{"entityRef":"component:default/ledger"}`, status: 200, want: `done: refresh-source {"source":"` + home + `"}`},
		{name: "refresh a location", method: "POST", path: "/refresh", body: `{"entityRef":"` + mine.String() + `"}`, status: 200, want: `done: refresh-source {"source":"` + registry + `"}`},
		{name: "refresh the portal's own", method: "POST", path: "/refresh", body: `{"entityRef":"environment:default/dev"}`, status: 200},
		{name: "refresh nothing", method: "POST", path: "/refresh", body: `{"entityRef":"` + hidden + `"}`, status: 404, want: "NotFoundError"},
		{name: "refresh what is no reference", method: "POST", path: "/refresh", body: `{"entityRef":"ledger"}`, status: 400, want: "InputError"},
		{name: "refresh as one who may not", method: "POST", path: "/refresh", body: `{"entityRef":"component:default/ledger"}`, as: "mallory", status: 403, want: "NotAllowedError"},
		{name: "a good entity", method: "POST", path: "/validate-entity", body: `{"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"System","metadata":{"name":"a"},"spec":{"owner":"b"}},"location":"url:https://h/p"}`, status: 200},
		{name: "a bad entity", method: "POST", path: "/validate-entity", body: `{"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"System","metadata":{"name":"a"},"spec":{}},"location":"url:https://h/p"}`, status: 400, want: `{"errors":[{"name":"`},
		{name: "an entity at no location", method: "POST", path: "/validate-entity", body: `{"entity":{"apiVersion":"v1","kind":"System","metadata":{"name":"a"}},"location":"file:/a"}`, status: 400, want: `{"errors":[{"name":"`},
		{name: "analyse", method: "POST", path: "/analyze-location", body: `{"location":{"type":"url","target":"https://git.example/r"},"catalogFilename":"x.yaml"}`, status: 200, want: `"target":"https://git.example/r"`},
		{name: "analyse a file", method: "POST", path: "/analyze-location", body: `{"location":{"type":"file","target":"/etc"}}`, status: 400, want: "InputError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{}
			as := "ada"
			if c.as != "" {
				as = c.as
			}
			w := call(server(t, f), c.method, c.path, c.body, "As", as)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			got := w.Body.String()
			if strings.HasPrefix(c.want, "done: ") {
				got = "done: " + strings.Join(f.done, "\n")
			} else if len(f.done) > 0 && c.want != "" {
				t.Errorf("ran %v", f.done)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
			if ct := w.Header().Get("Content-Type"); w.Body.Len() > 0 && ct != "application/json; charset=utf-8" {
				t.Errorf("content type %q", ct)
			}
		})
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
