package scaffold_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

// answers are what a person would enter, with the defaults of the rest.
func answers(more map[string]any) map[string]any {
	v := map[string]any{"name": "refund-api", "description": "Pays money: back to cards, and 'more'", "owner": "group:default/payments-team",
		"lifecycle": "experimental", "size": "small", "system": nil, "port": 8080, "costCenter": "unassigned"}
	for k, x := range more {
		v[k] = x
	}
	return v
}

// made writes the files of go-rest-api for the answers into a folder.
func made(t *testing.T, more map[string]any) string {
	t.Helper()
	e, _ := newEngine(t, newMemory())
	tmpl := goRestAPI(t, e)
	trial, err := e.Try(context.Background(), tmpl, scaffold.Order{Values: answers(more), Output: tmpl.Output}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if keep := os.Getenv("WAYMARK_TEST_KEEP"); keep != "" {
		dir = keep
	}
	for _, f := range trial.Files {
		p := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(f.Text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// inFolder runs a command without the network and without our own workspace.
func inFolder(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestGoRestAPIBuildsAndPassesItsTests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the made service is not built")
	}
	t.Parallel()
	dir := made(t, nil)
	if out := inFolder(t, dir, "gofmt", "-l", "."); out != "" {
		t.Errorf("gofmt would change %s", out)
	}
	inFolder(t, dir, "go", "build", "./...")
	inFolder(t, dir, "go", "vet", "./...")
	t.Log(inFolder(t, dir, "go", "test", "-cover", "./..."))
}

func TestGoRestAPIFiles(t *testing.T) {
	t.Parallel()
	for _, more := range []map[string]any{{}, {"size": "medium", "system": "system:default/checkout"}, {"size": "large", "lifecycle": "production", "port": 9000, "costCenter": "cc-4711"}} {
		dir := made(t, more)
		err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return wellFormed(t, p)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wellFormed reads a file the way that its tool would.
func wellFormed(t *testing.T, p string) error {
	b, err := os.ReadFile(p)
	if err != nil {
		return err
	}
	if text := string(b); strings.HasSuffix(p, ".njk") || strings.Contains(text, "{%") || strings.Contains(text, "${{ values") {
		t.Errorf("%s was not rendered", p)
	}
	switch filepath.Ext(p) {
	case ".json":
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	case ".yaml", ".yml":
		for dec := yaml.NewDecoder(strings.NewReader(string(b))); ; {
			var v map[string]any
			err := dec.Decode(&v)
			if err != nil && err.Error() == "EOF" {
				break
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", p, err, b)
				break
			}
		}
	}
	return nil
}

func TestGoRestAPIAlerts(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(made(t, nil), "observability", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For string
				Labels           map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	want := map[string][3]string{
		"High Error Rate": {"error_rate{service=\"refund-api\"} > 0.01", "5m", "warning"},
		"Service Down":    {"up{job=\"refund-api\"} == 0", "1m", "critical"},
		"High Latency":    {"latency_p99_ms{service=\"refund-api\"} > 1000", "10m", "warning"},
	}
	for _, r := range file.Groups[0].Rules {
		if r.Labels["service"] != "refund-api" || r.Labels["team"] != "payments-team" {
			t.Errorf("rule %s%s has the labels %v", r.Alert, r.Expr, r.Labels)
		}
		if r.Alert == "" {
			continue
		}
		if got := [3]string{r.Expr, r.For, r.Labels["severity"]}; got != want[r.Alert] {
			t.Errorf("%s: got %q, want %q", r.Alert, got, want[r.Alert])
		}
		delete(want, r.Alert)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
