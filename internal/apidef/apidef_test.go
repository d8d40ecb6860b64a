package apidef

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// outline is a definition in a few lines.
func outline(d *Definition) []string {
	out := []string{d.Format + " | " + d.Title + " | " + d.Version}
	for _, f := range d.Facts {
		out = append(out, strings.TrimSpace(f.Key+" = "+f.Value+" "+f.URL))
	}
	for _, g := range d.Groups {
		out = append(out, strings.TrimSpace("# "+g.Name+" "+g.Text))
		for _, it := range g.Items {
			s := fmt.Sprintf("%s | %s %s | %s", it.ID, it.Verb, it.Name, it.Summary)
			if it.Deprecated {
				s += " (deprecated)"
			}
			out = append(out, s)
		}
	}
	for _, f := range d.Faults {
		out = append(out, "! "+f.String())
	}
	return out
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		file, kind string
		want       []string
	}{
		{"openapi3.yaml", "openapi", []string{"OpenAPI 3.1.0 | Orders | 2.0.0", "Contact = Team", "Server = https://api.shop.example/v2 (live) https://api.shop.example/v2", "Signing in = bearer: HTTP bearer (JWT)",
			"# orders What was bought", "getOrder | GET /orders/{id} | One order", "post /orders | POST /orders | Order something",
			"# Operations", "delete /orders/{id} | DELETE /orders/{id} |  (deprecated)",
			"# Webhooks", "post shipped | POST shipped | An order left the house",
			"# Schemas", "schema:Order | schema Order | ", "schema:Line | schema Line | ", "schema:Card | schema Card | ",
			"! Line 41: The path /away stands in another file, which is not read."}},
		{"swagger2.json", "openapi", []string{"OpenAPI 2.0 (Swagger) | Pets | 1", "Server = https://pets.example/v1 https://pets.example/v1", "Signing in = key: a key in the header X-Key",
			"# Operations", "post /pets | POST /pets | ", "# Schemas", "schema:Pet | schema Pet | "}},
		{"asyncapi2.yaml", "asyncapi", []string{"AsyncAPI 2.6.0 | Lights | 1.0.0", "Server = production: mqtt.example:1883 (mqtt)",
			"# Channels", "onMeasured | subscribe light/{id}/measured | What a lamp measured", "# Messages", "message:Measured | message Measured | ", "# Schemas", "schema:Lumen | schema Lumen | "}},
		{"asyncapi3.yaml", "asyncapi", []string{"AsyncAPI 3.0.0 | Payments | 1.0.0", "Server = main: kafka.example:9092 (kafka)",
			"# Operations", "send | send payments.v1 | Tell of a payment", "receive | receive payments.v1 | receive", "# Channels", "channel:events | channel payments.v1 | ",
			"# Messages", "message:Paid | message Paid | payment.paid", "message:Free | message Free | "}},
		{"schema.graphql", "graphql", []string{"GraphQL |  | ", "# Queries", "query:order | query order | One order (deprecated)", "query:node | query node | ", "query:orders | query orders | ",
			"# Types", "type:Order | type Order | ", "type:Line | type Line | ", "# Inputs", "type:NewOrder | input NewOrder | ", "# Interfaces", "type:Node | interface Node | ",
			"# Unions", "type:Thing | union Thing | ", "# Enums", "type:State | enum State | ", "# Scalars", "type:Money | scalar Money | ", "# Directives", "directive:auth | directive @auth | "}},
		{"ledger.proto", "grpc", []string{"Protocol buffers, proto3 |  | ", "Package = ledger.v1", "Imports = google/protobuf/timestamp.proto",
			"# ledger.v1.Ledger Books entries.", "Ledger.Book | rpc Book | Book one entry.", "Ledger.Watch | rpc Watch |  (deprecated)",
			"# Messages", "type:BookRequest | message BookRequest | ", "type:Entry | message Entry | What is booked.", "type:Entry.Line | message Entry.Line | ",
			"# Enums", "type:Entry.Kind | enum Entry.Kind | "}},
	} {
		t.Run(c.file, func(t *testing.T) {
			if d := cmp.Diff(c.want, outline(Read(Input{Type: c.kind, Text: file(t, c.file)}))); d != "" {
				t.Errorf("outline (-want +got):\n%s", d)
			}
		})
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, kind, text, want string }{
		{"empty", "openapi", "  ", "The definition is empty."},
		{"no YAML", "openapi", "openapi: 3.0.0\npaths: [", "Line 2: It is no YAML: did not find expected node content."},
		{"no JSON", "openapi", "{\"openapi\": \"3.0.0\",\n \"paths\": {\"/a\" 1}}", "Line 2: It is no JSON: invalid character '1' after object key."},
		{"no version", "openapi", "paths: {}", "Line 1: The key \"openapi\" with the version of the format is missing."},
		{"a list", "asyncapi", "- a", "Line 1: The definition is no object with keys."},
		{"no GraphQL", "graphql", "type A {\n  b: \n}", "Line 3: It is no GraphQL schema: Expected Name, found }."},
		{"deep GraphQL", "graphql", "type A { b: " + strings.Repeat("[", 500), "The definition is nested deeper than 400 levels, so it is not drawn."},
		{"no protobuf", "grpc", "syntax = \"proto3\";\nmessage {", "Line 2: It is no protobuf: the name of the message was expected, \"{\" found."},
		{"deep protobuf", "grpc", "syntax = \"proto3\";\n" + strings.Repeat("message A {", 500), "Line 2: It is no protobuf: less nesting was expected, \"message\" found."},
		{"unfinished protobuf", "grpc", "service A {\n rpc B(C) returns (D) {\n option x = \"}", "Line 3: It is no protobuf: \"}\" was expected, the end found."},
		{"deep YAML", "openapi", "openapi: 3.0.0\nx: " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000), "The definition is nested deeper than 400 levels, so it is not drawn."},
		{"long", "openapi", strings.Repeat("x", MaxText+1), "The definition is longer than 8 MB, so it is not drawn. Download it to read it."},
		{"nothing in it", "openapi", "openapi: 3.0.0", "It names no path and no schema."},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Read(Input{Type: c.kind, Text: c.text})
			if len(d.Faults) != 1 || d.Faults[0].String() != c.want || d.Total != 0 {
				t.Errorf("faults %v, %d items; want %s", d.Faults, d.Total, c.want)
			}
		})
	}
	if d := Read(Input{Type: "trpc", Text: "router {"}); d.Format != "Text" || len(d.Faults) != 0 || d.Total != 0 {
		t.Errorf("an unknown language: %+v; want plain text without a fault", d)
	}
	if d := Read(Input{Type: "rest", Text: "openapi: 3.0.0\npaths: {/a: {get: {}}}"}); d.Total != 1 {
		t.Errorf("a text that says what it is: %d items, want 1", d.Total)
	}
}

// A million keys, aliases that grow, circles: read within a moment and
// bounded.
func TestReadIsBounded(t *testing.T) {
	var ops strings.Builder
	ops.WriteString("openapi: 3.0.0\npaths:\n")
	for i := range 30_000 {
		fmt.Fprintf(&ops, "  /path/%d: {get: {operationId: same, tags: [t%d], summary: Something that is said of it at some length, responses: {\"200\": {description: ok}}}}\n", i, i)
	}
	bomb := "openapi: 3.0.0\na: &a {type: object, properties: {x: {type: string}}}\n"
	for i := range 20 {
		prev, next := string(rune('a'+i)), string(rune('a'+i+1))
		bomb += fmt.Sprintf("%s: &%s {type: object, properties: {p: *%s, q: *%s, r: *%s}, anyOf: [*%s, *%s, *%s, *%s]}\n", next, next, prev, prev, prev, prev, prev, prev, prev)
	}
	bomb += "components: {schemas: {Bomb: *u, Self: &s {properties: {me: *s}}, Ref: {$ref: \"#/components/schemas/Ref\"}}}\n"
	for name, text := range map[string]string{"five megabytes": ops.String(), "aliases": bomb} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			d := Read(Input{Type: "openapi", Text: text})
			for _, g := range d.Groups[:min(len(d.Groups), 20)] {
				for _, it := range g.Items {
					det, ok := d.Item(it.ID)
					if !ok {
						t.Fatalf("no item %s", it.ID)
					}
					for _, p := range det.Parts {
						if len(p.Rows) > maxRows {
							t.Errorf("%d rows, at most %d", len(p.Rows), maxRows)
						}
					}
				}
			}
			if took := time.Since(began); took > 20*time.Second || d.Total == 0 || d.Total > maxItems {
				t.Errorf("%d items in %s", d.Total, took)
			}
			t.Logf("%d KB, %d items in %s", len(text)>>10, d.Total, time.Since(began))
		})
	}
}

func TestFind(t *testing.T) {
	d := Read(Input{Type: "openapi", Text: file(t, "openapi3.yaml")})
	for q, want := range map[string]string{"": "7", "ORDER": "5", "delete": "1", "left the house": "1", "nothing like it": "0"} {
		n := 0
		for _, g := range d.Find(q) {
			n += len(g.Items)
		}
		if fmt.Sprint(n) != want {
			t.Errorf("%q finds %d, want %s", q, n, want)
		}
	}
}
