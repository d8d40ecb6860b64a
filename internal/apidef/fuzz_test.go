package apidef

import "testing"

// Whatever a definition holds, reading it ends and every item can be shown.
func FuzzRead(f *testing.F) {
	for kind, name := range map[string]string{"openapi": "openapi3.yaml", "swagger": "swagger2.json", "asyncapi": "asyncapi3.yaml", "graphql": "schema.graphql", "grpc": "ledger.proto"} {
		f.Add(kind, file(f, name))
	}
	f.Add("asyncapi", file(f, "asyncapi2.yaml"))
	f.Add("mcp-server", `{"tools": [{"name": "a", "inputSchema": {"type": "object"}}]}`)
	f.Fuzz(func(t *testing.T, kind, text string) {
		d := Read(Input{Type: kind, Text: text})
		seen := 0
		for _, g := range d.Groups {
			for _, it := range g.Items {
				if seen++; seen > 200 {
					return
				}
				det, ok := d.Item(it.ID)
				if !ok {
					t.Fatalf("the item %q is listed but not found", it.ID)
				}
				for _, p := range det.Parts {
					if len(p.Rows) > maxRows {
						t.Fatalf("%d rows", len(p.Rows))
					}
				}
			}
		}
	})
}
