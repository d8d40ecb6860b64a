package e2e

import "testing"

// differs names the entities of which Waymark says other than the validators
// of Backstage's model, each with the reason.
var differs = map[string]string{
	"API of type mcp-server": "the validators are those of the first model; the newer layer, which Backstage has beside it, needs no definition of an MCP server",
	"AiResource":             "a kind of the newer layer too",
	"Template":               "its validator is in the scaffolder's package, not in the model",
}

// Backstage's own validators and ours say the same of hundreds of entities.
func TestValidateEntityAgreesWithBackstage(t *testing.T) {
	needNode(t, "@backstage/catalog-model")
	s := start(t, options{env: []string{"WAYMARK_BOOTSTRAP_TOKEN=" + adminToken}})
	type verdict struct{ Name, Backstage, Waymark string }
	good, bad := 0, 0
	for _, c := range nodeLines[verdict](t, "catalog_model.cjs", "WAYMARK_URL="+s.URL, "WAYMARK_TOKEN="+adminToken) {
		if c.Backstage == "" {
			good++
		} else {
			bad++
		}
		same, why := (c.Backstage == "") == (c.Waymark == ""), differs[c.Name]
		switch {
		case !same && why == "":
			t.Errorf("%s:\n  Backstage %q\n  Waymark   %q", c.Name, c.Backstage, c.Waymark)
		case same && why != "":
			t.Errorf("%s is listed as a difference (%s) and is none", c.Name, why)
		}
	}
	t.Logf("%d good and %d bad entities", good, bad)
	if good < 100 || bad < 300 {
		t.Errorf("%d good and %d bad entities were compared; the script makes more", good, bad)
	}
}
