package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// evil is what a stranger writes wherever a definition takes a text.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// evilDefinitions hold evil in every place, in every language.
func evilDefinitions() map[string]string {
	y := strings.ReplaceAll("'"+strings.ReplaceAll(evil, "'", "''")+"'", "\n", " ")
	return map[string]string{
		"openapi": strings.ReplaceAll(`openapi: 3.1.0
info: {title: EVIL, version: EVIL, description: EVIL, termsOfService: "javascript:alert(1)", contact: {name: EVIL, url: "javascript:alert(1)"}, license: {name: EVIL, url: "data:text/html,x"}}
servers: [{url: "javascript:alert(1)", description: EVIL}]
tags: [{name: EVIL, description: EVIL}]
paths:
  EVIL:
    get:
      tags: [EVIL]
      operationId: EVIL
      summary: EVIL
      description: EVIL
      parameters: [{name: EVIL, in: EVIL, description: EVIL, schema: {type: EVIL, format: EVIL, default: EVIL, enum: [EVIL]}}]
      requestBody: {description: EVIL, content: {EVIL: {schema: {$ref: "#/components/schemas/a"}, example: EVIL}}}
      responses: {EVIL: {description: EVIL, headers: {EVIL: {}}, content: {EVIL: {schema: {title: EVIL}, examples: {EVIL: {value: EVIL}}}}}}
      security: [{EVIL: [EVIL]}]
      callbacks: {EVIL: {EVIL: {}}}
components:
  securitySchemes: {EVIL: {type: http, scheme: EVIL, bearerFormat: EVIL}}
  schemas: {a: {description: EVIL, properties: {EVIL: {$ref: EVIL}, b: {oneOf: [{const: EVIL}]}}}, EVIL: {additionalProperties: {pattern: EVIL}}}
`, "EVIL", y),
		"asyncapi": strings.ReplaceAll(`asyncapi: 3.0.0
info: {title: EVIL, version: EVIL, description: EVIL}
servers: {EVIL: {host: EVIL, protocol: EVIL}}
channels: {EVIL: {address: EVIL, description: EVIL, parameters: {EVIL: {description: EVIL}}, messages: {EVIL: {name: EVIL, contentType: EVIL, summary: EVIL, payload: {properties: {EVIL: {type: EVIL}}}, examples: [{payload: EVIL}]}}}}
operations: {EVIL: {action: EVIL, summary: EVIL, channel: {$ref: EVIL}}}
`, "EVIL", y),
		"graphql": strings.ReplaceAll("\"EVIL\" type Query { \"EVIL\" a(\"EVIL\" b: String = \"EVIL\"): A @deprecated(reason: \"EVIL\") }\n\"EVIL\" type A { \"EVIL\" c: Int }\n\"EVIL\" enum E { \"EVIL\" V }\n", "EVIL", strings.ReplaceAll(evil, `"`, `\"`)),
		"grpc":    strings.ReplaceAll("syntax = \"proto3\";\npackage a;\n// EVIL\nservice S {\n  // EVIL\n  rpc M(A) returns (A);\n}\n// EVIL\nmessage A { string b = 1; // EVIL\n}\n// EVIL\nenum E { Z = 0; // EVIL\n}\n", "EVIL", evil),
		"broken":  "openapi: 3.0.0\npaths: [" + evil,
	}
}

// kindsOfEntities are one entity of each kind that has a page of its own.
var kindsOfEntities = sync.OnceValue(func() map[string]catalog.Entity {
	out := map[string]catalog.Entity{}
	add := func(ref string, spec map[string]any, related ...catalog.Relation) {
		r := catalog.MustRef(ref)
		out[ref] = catalog.Entity{Ref: r, Kind: r.Kind, Hash: ref, Metadata: catalog.Metadata{Name: r.Name, Namespace: r.Namespace}, Spec: spec, Relations: related,
			Source: catalog.Source{ID: "url:https://git.example/o/r/blob/main/all.yaml", Location: "url:https://git.example/o/r/blob/main/a.yaml", File: "a.yaml", Document: 2, Line: 9, Version: "0123456789abcdef0123456789abcdef01234567"}}
	}
	for kind, text := range evilDefinitions() {
		typ := kind
		if kind == "broken" {
			typ = "openapi"
		}
		add("api:default/evil-"+kind, map[string]any{"type": typ, "definition": text})
	}
	var huge strings.Builder
	huge.WriteString("openapi: 3.0.0\ninfo: {title: Huge}\npaths:\n")
	for i := range 20_000 {
		fmt.Fprintf(&huge, "  /path/%d:\n    get:\n      operationId: op%d\n      summary: Something that is said of it at some length, so that there is much to read\n      responses: {\"200\": {description: ok}}\n", i, i)
	}
	add("api:default/huge", map[string]any{"type": "openapi", "definition": huge.String()})
	add("api:default/tools", map[string]any{"type": "mcp-server", "remotes": []any{map[string]any{"type": "sse", "url": "https://mcp.example"}, map[string]any{"type": evil, "url": "javascript:alert(1)"}},
		"tools": []any{map[string]any{"name": evil, "description": evil}}})
	add("resource:default/db", map[string]any{"type": "database"}, catalog.Relation{Type: "dependencyOf", Target: ledgerRef}, catalog.Relation{Type: "dependencyOf", Target: teamRef})
	add("system:default/money", map[string]any{"owner": "payments"}, catalog.Relation{Type: "hasPart", Target: ledgerRef}, catalog.Relation{Type: "hasPart", Target: catalog.MustRef("api:default/tools")})
	add("domain:default/pay", map[string]any{}, catalog.Relation{Type: "hasPart", Target: catalog.MustRef("system:default/money")})
	add("template:default/go", map[string]any{"parameters": []any{map[string]any{"title": "Basics " + evil, "properties": map[string]any{"name": map[string]any{"title": "Its name"}}}}, "steps": []any{map[string]any{"id": "a", "action": "fetch:template"}}})
	add("location:default/all", map[string]any{"targets": []any{"./*.yaml", "https://git.example/a.yaml", "javascript:alert(1)"}})
	add("robot:default/arm", map[string]any{"speed": 3.5, "home": "https://arm.example", "note": evil, "joints": []any{map[string]any{"name": evil}}})
	add("user:default/ada", map[string]any{}, catalog.Relation{Type: "memberOf", Target: teamRef})
	return out
})

// aroundFake has two things that use the ledger and one that it uses.
type aroundFake struct{}

func (aroundFake) EntityGraph(_ context.Context, _ access.Viewer, q catalog.GraphQuery) (catalog.Graph, error) {
	shop, db := catalog.MustRef("component:default/shop"), catalog.MustRef("resource:default/gone")
	return catalog.Graph{Nodes: []catalog.GraphNode{{Summary: catalog.Summary{Ref: q.Start, Title: "Start " + evil}}, {Summary: catalog.Summary{Ref: shop, Title: "Shop " + evil, Owner: teamRef}, Level: -1, More: 960},
		{Summary: catalog.Summary{Ref: db, Title: "gone"}, Level: 1, Missing: true}},
		Edges: []catalog.Edge{{From: shop, To: q.Start, Type: "dependsOn"}, {From: q.Start, To: db, Type: "dependsOn"}, {From: db, To: shop, Type: "odd"}}, More: 960}, nil
}

func (aroundFake) EntityImpact(_ context.Context, _ access.Viewer, q catalog.ImpactQuery) (catalog.Impact, error) {
	if q.Start != ledgerRef {
		return catalog.Impact{}, nil
	}
	shop := catalog.Hit{Summary: catalog.Summary{Ref: catalog.MustRef("component:default/shop"), Kind: "Component", Title: "=Shop" + evil, Owner: teamRef}, Hop: 1, Via: ledgerRef}
	till := catalog.Hit{Summary: catalog.Summary{Ref: catalog.MustRef("component:default/till"), Kind: "Component", Title: "Till"}, Hop: 2, Via: shop.Ref}
	return catalog.Impact{Hits: []catalog.Hit{shop, till}, ByHop: []int{1, 1}, ByOwner: []catalog.Count{{Value: teamRef.String(), N: 1}, {Value: "", N: 1}}}, nil
}

func (aroundFake) EntityAncestry(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Ancestry, error) {
	return catalog.Ancestry{Source: catalog.SourceState{Location: catalog.Location{ID: "file:/srv", By: "user:default/ada"}, ReadAt: time.Now(), Version: "abc"},
		Items: []catalog.Ancestor{{Ref: ref, Kind: "Component", Title: "Ledger", Source: catalog.Source{File: "a.yaml", Document: 2, Line: 9}, Parents: []catalog.Ref{catalog.MustRef("location:default/all")}, Target: "./a.yaml"},
			{Ref: catalog.MustRef("location:default/all"), Title: "all " + evil, Source: catalog.Source{File: "all.yaml", Line: 1}}}}, nil
}

func (aroundFake) OrgOf(context.Context, access.Viewer, catalog.Ref) (catalog.Org, error) {
	lab := catalog.MustRef("group:default/lab")
	return catalog.Org{Above: []catalog.Summary{{Ref: catalog.MustRef("group:default/company"), Title: "The company"}}, Below: []catalog.OrgGroup{{Summary: catalog.Summary{Ref: lab, Title: "Lab"}, Parent: teamRef, Depth: 1, Direct: 1}},
		Members: []catalog.OrgMember{{Summary: catalog.Summary{Ref: catalog.MustRef("user:default/ada"), Title: "Ada Moreau"}, Direct: true}, {Summary: catalog.Summary{Ref: catalog.MustRef("user:default/ben"), Title: "Ben"}, Of: lab}}}, nil
}

func TestEntityPagesPerKind(t *testing.T) {
	for path, has := range map[string][]string{
		"api/evil-openapi":             {"OpenAPI 3.1.0", "definition?at="},
		"api/tools":                    {"MCP server", "https://mcp.example (sse)"},
		"resource/db":                  {"Who depends on it", "2 things", "does not exist"},
		"system/money":                 {"How it hangs together", "Components", "APIs", "<svg"},
		"domain/pay":                   {"Systems", "money"},
		"template/go":                  {"What it asks", "Its name", "fetch:template", `href="/create/default/go"`},
		"location/all":                 {"Leads to", "./*.yaml", `href="https://git.example/a.yaml"`},
		"robot/arm":                    {"What its file says", "3.5", `href="https://arm.example"`, "joints:"},
		"group/payments":               {"Where it stands", "The company", "Lab", "1 direct, 2 in all", "1 person in the groups below"},
		"user/ada":                     {"Member of", "Payments Team", "Owns"},
		"component/ledger/graph":       {"and 960 more", "960 more had no room", "The same in words", "depends on Start", "Does not exist", `name="depth"`},
		"component/ledger/impact":      {"1 hop: directly", "2 hops", "By team", "No owner", "Payments Team", "impact.csv"},
		"resource/db/impact":           {"Nothing depends on it"},
		"component/ledger/ancestry":    {"Why is this here?", "registered by user:default/ada", "by its target ./a.yaml", "document 2 of the file, from line 9"},
		"resource/db/yaml":             {"from line 9", "0123456789abcdef"},
		"api/evil-broken/definition":   {"Line 2: It is no YAML", "line=2&amp;view=text#L2", "Text of the definition"},
		"api/evil-grpc/definition":     {"Protocol buffers, proto3", "definition/raw"},
		"component/ledger/history":     {"spec.owner"},
		"api/evil-graphql/definition":  {"Queries", "Enums"},
		"api/evil-asyncapi/definition": {"AsyncAPI 3.0.0"},
	} {
		t.Run(path, func(t *testing.T) {
			w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/"+path, nil)
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %v", w.Code, err)
			}
			for _, s := range has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			harmless(t, w.Body.String())
		})
	}
}

// harmless fails when a page holds what a stranger's text must not become.
func harmless(t *testing.T, body string) {
	t.Helper()
	for _, s := range []string{"<script>alert", "<img src=x", `href="javascript:`, `href="data:`, "style=", " onerror=alert(1)>"} {
		if strings.Contains(body, s) {
			t.Errorf("the page has %q: %s", s, around(body, s))
		}
	}
}

func around(body, s string) string {
	i := strings.Index(body, s)
	return body[max(0, i-80):min(len(body), i+80)]
}

// Whatever a definition says, in its list, in each of its items and in its
// text, stays text.
func TestDefinitionsAreOnlyText(t *testing.T) {
	for kind := range evilDefinitions() {
		base := "/catalog/default/api/evil-" + kind + "/definition"
		w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, base, nil)
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, w.Body.String())
		seen := 0
		for part := range strings.SplitSeq(w.Body.String(), `definition?at=`) {
			id, _, ok := strings.Cut(part, `"`)
			if !ok || strings.Contains(id, "<") {
				continue
			}
			seen++
			item, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, base+"?at="+strings.ReplaceAll(id, "&amp;", "&"), nil)
			if err != nil || !strings.Contains(item.Body.String(), `id="def-item"`) {
				t.Errorf("%s: the item %s is not shown: %v", kind, id, err)
				continue
			}
			harmless(t, item.Body.String())
		}
		if seen == 0 && kind != "broken" {
			t.Errorf("%s: no item is listed", kind)
		}
		for _, q := range []string{"?view=text&q=" + url.QueryEscape(evil), "?q=" + url.QueryEscape(evil), "?at=" + url.QueryEscape(evil)} {
			w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, base+q, nil)
			if err != nil {
				t.Fatal(err)
			}
			harmless(t, w.Body.String())
		}
	}
}

func TestDefinitionIsDownloadedAsText(t *testing.T) {
	w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/api/evil-openapi/definition/raw", nil)
	h := w.Header()
	if err != nil || h.Get("Content-Type") != "text/plain; charset=utf-8" || h.Get("Content-Disposition") != `attachment; filename="evil-openapi.yaml"` || w.Body.String() != evilDefinitions()["openapi"] {
		t.Errorf("%v, %v; want the text as it is, to save", err, h)
	}
	if _, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/component/ledger/definition/raw", nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("a definition of a component: %v, want not found", err)
	}
}

func TestImpactIsExported(t *testing.T) {
	w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/component/ledger/impact.csv", nil)
	want := "hop,ref,title,kind,type,lifecycle,owner,via\n1,component:default/shop,\"'=Shop\"\"><script>"
	if err != nil || !strings.HasPrefix(w.Body.String(), want) || !strings.Contains(w.Body.String(), "2,component:default/till,Till,Component,,,,component:default/shop") {
		t.Errorf("%v\n%s\nwant %s", err, w.Body, want)
	}
	w, err = catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/component/ledger/impact.json", nil)
	if err != nil || !strings.Contains(w.Body.String(), `"complete":true`) || strings.Count(w.Body.String(), `"hop"`) != 2 {
		t.Errorf("%v\n%s", err, w.Body)
	}
	for _, path := range []string{"group/payments/impact.csv", "user/ada/impact.json", "component/nope/impact.csv", "group/payments/impact"} {
		if _, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/"+path, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", path, err)
		}
	}
}

func TestGraphAddressIsChecked(t *testing.T) {
	if _, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/component/ledger/graph?depth=far", nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a depth that is no number: %v, want invalid", err)
	}
	for zoom, want := range map[int]string{0: `class="graph`, 150: `class="graph zoomed"`, 1_000_000: `class="graph zoomed"`} {
		w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, fmt.Sprintf("/catalog/default/component/ledger/graph?zoom=%d&relation=owners&kind=api&show=users", zoom), nil)
		if err != nil || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), `value="owners" checked`) {
			t.Errorf("zoom %d: %v; want %s", zoom, err, want)
		}
	}
}

// A system of a thousand parts: the names that are read are those that are
// shown, of each kind some.
func TestShownRefs(t *testing.T) {
	var e catalog.Entity
	for i := range 1000 {
		e.Relations = append(e.Relations, catalog.Relation{Type: "hasPart", Target: catalog.MustRef(fmt.Sprintf("api:default/a%d", i))}, catalog.Relation{Type: "ownerOf", Target: ledgerRef})
	}
	e.Relations = append(e.Relations, catalog.Relation{Type: "hasPart", Target: ledgerRef})
	refs := shownRefs(e)
	if len(refs) != maxShown+1 || refs[maxShown] != ledgerRef {
		t.Errorf("%d references, the last %s; want %d APIs and the component", len(refs), refs[len(refs)-1], maxShown)
	}
}

// Megabytes of definition: every page of it stays small and comes in time.
func TestHugeDefinition(t *testing.T) {
	for path, has := range map[string]string{"": "more. Search to find them.", "?q=path/777": "matches", "?at=op7": "/path/7", "?view=text&line=90000": `id="L90000"`} {
		began := time.Now()
		w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodGet, "/catalog/default/api/huge/definition"+path, nil)
		if err != nil || !strings.Contains(w.Body.String(), has) {
			t.Errorf("%s: %v, want %q", path, err, has)
		}
		if took := time.Since(began); w.Body.Len() > 512<<10 || took > 20*time.Second {
			t.Errorf("%s: %d KB in %s", path, w.Body.Len()>>10, took)
		}
	}
}
