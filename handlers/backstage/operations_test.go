package backstage_test

import (
	"strings"
	"testing"
)

// known and mine are the id and the entity of a location that is registered.
var (
	known = locationID(registry)
	mine  = "generated-" + known
)

const place = "/locations/"

// operations are what each one answers: to one who may, to one who may not,
// to what is wrong, and to what is not there.
var operations = []struct {
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
	{name: "one that stands for a location", method: "GET", path: "/entities/by-name/location/default/" + mine, status: 200, want: `"target":"` + taken + `"`},
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
	{name: "refresh a location", method: "POST", path: "/refresh", body: `{"entityRef":"location:default/` + mine + `"}`, status: 200, want: `done: refresh-source {"source":"` + registry + `"}`},
	{name: "refresh the portal's own", method: "POST", path: "/refresh", body: `{"entityRef":"environment:default/dev"}`, status: 200},
	{name: "refresh nothing", method: "POST", path: "/refresh", body: `{"entityRef":"` + hidden + `"}`, status: 404, want: "NotFoundError"},
	{name: "refresh what is no reference", method: "POST", path: "/refresh", body: `{"entityRef":"ledger"}`, status: 400, want: "InputError"},
	{name: "refresh as one who may not", method: "POST", path: "/refresh", body: `{"entityRef":"component:default/ledger"}`, as: "mallory", status: 403, want: "NotAllowedError"},
	{name: "a good entity", method: "POST", path: "/validate-entity", body: `{"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"System","metadata":{"name":"a"},"spec":{"owner":"b"}},"location":"url:https://h/p"}`, status: 200},
	{name: "a bad entity", method: "POST", path: "/validate-entity", body: `{"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"System","metadata":{"name":"a"},"spec":{}},"location":"url:https://h/p"}`, status: 400, want: `{"errors":[{"name":"`},
	{name: "an entity at no location", method: "POST", path: "/validate-entity", body: `{"entity":{"apiVersion":"v1","kind":"System","metadata":{"name":"a"}},"location":"file:/a"}`, status: 400, want: `{"errors":[{"name":"`},
	{name: "analyse", method: "POST", path: "/analyze-location", body: `{"location":{"type":"url","target":"https://git.example/r"},"catalogFilename":"x.yaml"}`, status: 200, want: `"target":"https://git.example/r"`},
	{name: "analyse a file", method: "POST", path: "/analyze-location", body: `{"location":{"type":"file","target":"/etc"}}`, status: 400, want: "InputError"},
}

func TestOperations(t *testing.T) {
	for _, c := range operations {
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
