package e2e

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ownTemplate is what an organisation has written for itself, in the way that
// Backstage users do: not strict, with a secret and an optional value.
const ownTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: own-path, title: Our own path}
spec:
  type: service
  owner: platform-team
  parameters:
    - title: All of it
      required: [repoName, owner, token]
      properties:
        repoName: {title: Name, type: string, ui:field: EntityNamePicker}
        owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}
        hint: {title: Hint, type: string}
        token: {title: Token, type: string, ui:field: Secret}
  steps:
    - id: files
      name: Files
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.repoName }}", hint: "${{ parameters.hint }}"}}
    - id: say
      name: Say
      action: debug:log
      input: {message: "the token is ${{ secrets.token }}, kept as ${{ parameters.token }}"}
    - id: info
      name: Describe
      action: catalog:write
      input:
        entity:
          apiVersion: backstage.io/v1alpha1
          kind: Component
          metadata: {name: "${{ parameters.repoName }}"}
          spec: {type: service, lifecycle: production, owner: "${{ parameters.owner }}"}
    - id: publish
      name: Publish
      action: publish:git
      input: {repoUrl: "waymark?owner=${{ parameters.owner | parseEntityRef | pick('name') }}&repo=${{ parameters.repoName }}"}
    - id: register
      name: Register
      action: catalog:register
      input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}
  output:
    remoteUrl: ${{ steps.publish.output.remoteUrl }}
    entityRef: ${{ steps['register'].output.entityRef }}
`

const canary = "canary-of-a-secret-value"

// A template from a trusted folder runs as it is; what is undefined in it is
// told in the log; its secret is in no log, event, page, commit or file.
func TestTemplateOfTheirOwn(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"template.yaml": ownTemplate, "skeleton/README.md": "# ${{ values.name }}\n${{ values.missing }}hint: ${{ values.hint }}\n", "skeleton/${{ values.name }}.txt": "x"} {
		p := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source}})
	s.loaded()
	c := s.as("ada")
	eventually(t, 10*time.Second, "the template is offered", func() error {
		if _, page := c.get("/create"); strings.Contains(page, "Our own path") {
			return nil
		}
		return errf("it is not in the gallery")
	})
	form := url.Values{"values.repoName": {"own-api"}, "values.owner": {"group:default/payments-team"}, "values.token": {canary}, "_step": {"1"}, "_go": {"create"}}
	res, page := c.form("/create/default/own-path", form)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("create: %d %s", res.StatusCode, page)
	}
	id := filepath.Base(res.Header.Get("Location"))
	c.run(id, "succeeded")
	_, log := c.get("/api/v1/runs/" + id + "/log")
	for _, want := range []string{"skeleton/README.md:2:", "`values.missing` is undefined.", "the token is (secret), kept as ********"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
	dir := t.TempDir()
	if out, err := git(t, dir, "clone", "-q", s.remote(c.token(`{"name":"t"}`), "payments-team/own-api"), "w"); err != nil {
		t.Fatal(out, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "w", "README.md")); err != nil || string(b) != "# own-api\nhint: \n" {
		t.Errorf("README.md: %q, %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "w", "own-api.txt")); err != nil {
		t.Error(err)
	}
	s.stop() // so that everything is in files
	nowhere(t, s.Data, []byte(canary))
	nowhere(t, dir, []byte(canary))
}

// nowhere looks for a text in all files of a folder.
func nowhere(t *testing.T, dir string, text []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if bytes.Contains(b, text) {
			t.Errorf("%s holds the secret", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A template from a place that is not trusted is a problem, not an offer.
func TestUntrustedTemplate(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "template.yaml")
	if err := os.WriteFile(file, []byte(ownTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, options{sample: true, env: []string{"WAYMARK_CATALOG_LOCATIONS=file:" + file}})
	s.loaded()
	c := s.as("grace")
	eventually(t, 10*time.Second, "the problem is told", func() error {
		if _, page := c.get("/catalog/health"); strings.Contains(page, "own-path") || strings.Contains(page, "template.yaml") {
			return nil
		}
		return errf("it is not on Catalog health")
	})
	if res, _ := c.get("/create/default/own-path"); res.StatusCode != http.StatusNotFound {
		t.Errorf("its form answers %d, want 404", res.StatusCode)
	}
	_, body := c.get("/api/v1/templates")
	var list struct{ Items []struct{ Ref string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Items) == 0 || strings.Contains(body, "own-path") {
		t.Errorf("templates: %s", body)
	}
}
