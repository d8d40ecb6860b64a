package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A service on a real Gitea is upgraded by a pull request that holds the work
// of its team and what is new in the template.
func TestUpgradeOnARealGitea(t *testing.T) {
	g := startGitea(t)
	g.call(http.MethodPost, "/orgs", map[string]any{"username": "acme", "visibility": "private"})
	host := strings.TrimPrefix(g.url, "http://")
	folder := t.TempDir()
	version := func(name string, files map[string]string) {
		t.Helper()
		fleetFiles(t, folder, name, "", files)
		file := filepath.Join(folder, "template.yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.NewReplacer("publish:git,", "publish:gitea,", "waymark?owner=${{ parameters.owner | parseEntityRef | pick('name') }}", host+"?owner=acme").Replace(string(text)))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	version("1.0.0", map[string]string{"skeleton/README.md": "# ${{ values.name }}\n", "skeleton/config.yaml": "port: 80\n"})
	config := filepath.Join(t.TempDir(), "waymark.yaml")
	if err := os.WriteFile(config, []byte("catalog:\n  hosts:\n    - {host: '"+host+"', kind: gitea, http: true, write_token_env: WRITE_TOKEN}\n  allow_private: [127.0.0.0/8]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CONFIG=" + config, "WRITE_TOKEN=" + g.token, "WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source}})
	s.loaded()
	c := s.as("ada")
	eventually(t, 20*time.Second, "the template is offered", func() error {
		if _, page := c.get("/create"); strings.Contains(page, "Fleet path") {
			return nil
		}
		return errf("it is not in the gallery")
	})
	_, body := c.json("/api/v1/actions/create-from-template", `{"template":"template:default/fleet-path","values":{"repoName":"far-api","owner":"group:default/payments-team"}}`)
	var made struct{ Run struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Run.ID == "" {
		t.Fatalf("create: %s", body)
	}
	c.run(made.Run.ID, "succeeded")
	g.call(http.MethodPost, "/repos/acme/far-api/contents/team.txt", map[string]any{"branch": "main", "message": "ours", "content": "b3Vycwo="})
	version("1.1.0", map[string]string{"skeleton/README.md": "# ${{ values.name }}\n", "skeleton/config.yaml": "port: 8080\n", "skeleton/new.txt": "new\n"})
	svc := c.fleet("far-api", "the service is behind", func(f fleetService) bool { return f.Newest == "1.1.0" })
	c.upgraded(svc.ID)
	var pulls []struct {
		Title string
		Head  struct{ Ref string }
	}
	g.read("/repos/acme/far-api/pulls", &pulls)
	if len(pulls) != 1 || !strings.Contains(pulls[0].Title, "1.1.0") {
		t.Fatalf("pull requests: %+v", pulls)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	address := strings.Replace(g.url, "http://", "http://root-of-it:"+g.token+"@", 1) + "/acme/far-api.git"
	if out, err := exec.Command("git", "clone", "-q", "--branch", pulls[0].Head.Ref, address, clone).CombinedOutput(); err != nil {
		t.Fatalf("clone: %v %s", err, out)
	}
	for name, want := range map[string]string{"config.yaml": "port: 8080\n", "new.txt": "new\n", "team.txt": "ours\n"} {
		if got, err := os.ReadFile(filepath.Join(clone, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v, want %q", name, got, err, want)
		}
	}
}
