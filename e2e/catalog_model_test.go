package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

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
	cmd := exec.CommandContext(t.Context(), "node", "catalog_model.cjs")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NODE_NO_WARNINGS=1", "WAYMARK_URL=" + s.URL, "WAYMARK_TOKEN=" + adminToken}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	good, bad := 0, 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var c struct{ Name, Backstage, Waymark string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
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
