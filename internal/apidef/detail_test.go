package apidef

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told is an item with its parts in a few lines.
func told(t *testing.T, d *Definition, id string) []string {
	t.Helper()
	det, ok := d.Item(id)
	if !ok {
		t.Fatalf("there is no item %q", id)
	}
	var out []string
	for _, p := range det.Parts {
		out = append(out, strings.TrimSpace("# "+p.Title+" | "+p.Note+" | "+p.Text))
		for _, r := range p.Rows {
			s := strings.Repeat("  ", r.Depth) + r.Name + ": " + r.Type
			if r.Link != "" {
				s += " -> " + r.Link
			}
			if r.Required {
				s += " !"
			}
			if r.Text != "" {
				s += " | " + r.Text
			}
			out = append(out, s)
		}
		if p.Code != "" {
			out = append(out, p.Code)
		}
	}
	return out
}

func TestItem(t *testing.T) {
	order := []string{"id: string ! | Never changes", "total: integer (int64) | Default 0. At least 0.", "parent: Order -> schema:Order", "lines: list of Line -> schema:Line", "  of: Order -> schema:Order", "  n: integer",
		"pay: Card or string", "  either: Card -> schema:Card", "    last4: string", "  or: string | Always cash.", "labels: object", "  any other key: string"}
	for _, c := range []struct {
		file, kind, id string
		want           []string
	}{
		{"openapi3.yaml", "openapi", "getOrder", append(append([]string{"# Parameters |  |", "expand: list of string, in query | What to add", "id: string, in path ! | Matches ^o_.",
			"# Answer 200 | application/json Order | Found. Headers: ETag."}, order...),
			"# Example |  |", "{\n  \"id\": \"o_1\",\n  \"total\": 5\n}", "# Any other answer | application/problem+json object | Something else", "title: string", "# Signing in |  | bearer", "# From a shell |  |", "curl 'https://api.shop.example/v2/orders/{id}'")},
		{"openapi3.yaml", "openapi", "delete /orders/{id}", []string{"# Parameters |  |", "id: string, in path ! | Matches ^o_.", "# Answer 204 |  | Gone", "# Signing in |  | Nothing is needed.", "# From a shell |  |", "curl -X DELETE 'https://api.shop.example/v2/orders/{id}'"}},
		{"swagger2.json", "openapi", "post /pets", []string{"# Parameters |  |", "dry: boolean, in query | Default false.", "# Body | application/json Pet |", "name: string !", "# Answer 200 | Pet | made", "name: string !",
			"# From a shell |  |", "curl -X POST 'https://pets.example/v1/pets' \\\n  -H 'Content-Type: application/json' \\\n  -d @body"}},
		{"asyncapi2.yaml", "asyncapi", "onMeasured", []string{"# Channel |  | What a lamp measured", "# Parameters |  |", "id: string !", "# Message Measured | application/json Lumen |", "value: integer", "# Headers |  |", "trace: string", "# Example |  |", "{\n  \"value\": 3\n}", "# Message Broken | string |"}},
		{"asyncapi3.yaml", "asyncapi", "receive", []string{"# Message payment.paid | application/vnd.apache.avro |", "{\n  \"type\": \"record\",\n  \"name\": \"Paid\"\n}"}},
		{"schema.graphql", "graphql", "query:order", []string{"#  |  | One order", "# Arguments |  |", "id: ID! !", "first: Int | Default 10.", "# Answer |  |", "returns: Order -> type:Order | Deprecated: use node"}},
		{"schema.graphql", "graphql", "type:State", []string{"# Values |  |", "OPEN:  | not paid", "PAID:"}},
		{"ledger.proto", "grpc", "type:BookRequest", []string{"# Fields |  |", "account = 1: string | who pays", "entries = 2: list of Entry -> type:Entry", "lines = 3: map of string to Entry.Line -> type:Entry.Line", "by: one of these",
			"  card = 4: string", "  kind = 5: Entry.Kind -> type:Entry.Kind", "at = 6: google.protobuf.Timestamp"}},
		{"ledger.proto", "grpc", "Ledger.Watch", []string{"# Call |  |", "takes: .ledger.v1.BookRequest -> type:BookRequest", "returns: stream of Entry -> type:Entry"}},
		{"ledger.proto", "grpc", "type:Entry.Line", []string{"# Fields |  |", "amount = 1: int64", "kind = 2: Kind -> type:Entry.Kind"}},
	} {
		t.Run(c.id, func(t *testing.T) {
			got := told(t, Read(Input{Type: c.kind, Text: file(t, c.file)}), c.id)
			for i := range got {
				got[i] = strings.TrimRight(got[i], " ")
			}
			for i := range c.want {
				c.want[i] = strings.TrimRight(c.want[i], " ")
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("item (-want +got):\n%s", d)
			}
		})
	}
}

func TestMCP(t *testing.T) {
	spec := map[string]any{"remotes": []any{map[string]any{"type": "streamable-http", "url": "https://mcp.example/mcp"}}}
	text := `{"tools": [{"name": "pay", "description": "Pay somebody", "inputSchema": {"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}, "who": {"$ref": "#/$defs/Who"}}, "$defs": {"Who": {"type": "object", "properties": {"name": {"type": "string"}}}}}}]}`
	d := Read(Input{Type: "mcp-server", Text: text, Spec: spec})
	want := []string{"MCP server |  | ", "Remote = https://mcp.example/mcp (streamable-http) https://mcp.example/mcp", "# Tools", "tool:pay | tool pay | Pay somebody"}
	if diff := cmp.Diff(want, outline(d)); diff != "" {
		t.Errorf("outline (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"#  |  | Pay somebody", "# Input | object |", "to: string !", "who: Who", "  name: string"}, told(t, d, "tool:pay")); diff != "" {
		t.Errorf("tool (-want +got):\n%s", diff)
	}
}

// A command that a reader pastes into a shell is made of what a stranger
// wrote.
func TestCommandsAreQuoted(t *testing.T) {
	text := "openapi: 3.0.0\nservers: [{url: \"https://x.example/'$(id)'\"}]\npaths:\n  \"/a'; rm -rf ~ #\\e[1A\\n\": {get: {operationId: x}}\n"
	d := Read(Input{Type: "openapi", Text: text})
	det, _ := d.Item("x")
	code := det.Parts[len(det.Parts)-1].Code
	if want := `curl 'https://x.example/'\''$(id)'\''/a'\''; rm -rf ~ #[1A'`; code != want {
		t.Errorf("command %q\nwant    %q", code, want)
	}
}

func TestNeighbours(t *testing.T) {
	d := Read(Input{Type: "openapi", Text: file(t, "openapi3.yaml")})
	det, _ := d.Item("schema:Line")
	if det.Prev == nil || det.Prev.Name != "Order" || det.Next == nil || det.Next.Name != "Card" || det.Group != "Schemas" {
		t.Errorf("beside Line: %v, %v in %s; want Order, Card in Schemas", det.Prev, det.Next, det.Group)
	}
	if _, ok := d.Item("no such"); ok {
		t.Error("an unknown item is found")
	}
	for i, it := range []string{"a", "a", "a"} {
		d.add("Twice", Item{ID: it}, func() []Part { return nil })
		if got := d.Groups[len(d.Groups)-1].Items[i].ID; got != []string{"a", "a-2", "a-3"}[i] {
			t.Errorf("id %d of three equal ones: %s", i, got)
		}
	}
}
