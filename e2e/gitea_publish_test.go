package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// giteaTemplate makes a service on a Gitea, registers it and proposes a change
// to what it has just made.
const giteaTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: on-gitea, title: A service on Gitea}
spec:
  type: service
  owner: platform-team
  parameters:
    - title: All of it
      required: [repoUrl, owner]
      properties:
        repoUrl: {title: Repository, type: string, ui:field: RepoUrlPicker, ui:options: {allowedHosts: [HOST]}}
        owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}
  steps:
    - {id: files, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ (parameters.repoUrl | parseRepoUrl).repo }}", owner: "${{ parameters.owner }}"}}}
    - {id: publish, name: Publish, action: publish:gitea, input: {repoUrl: "${{ parameters.repoUrl }}", description: Pays money back, topics: [payments], gitCommitMessage: Begin}}
    - {id: register, name: Register, action: catalog:register, input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}", catalogInfoPath: /catalog-info.yaml}}
    - {id: clear, action: fs:delete, input: {files: ["**/*"]}}
    - {id: more, action: fetch:template, input: {url: ./more, values: {name: x}}}
    - id: propose
      name: Propose
      action: publish:gitea:pull-request
      input: {repoUrl: "${{ parameters.repoUrl }}", branchName: add-notes, title: Add notes, description: By a template., targetPath: docs, filesToDelete: [old.txt]}
  output:
    remoteUrl: ${{ steps.publish.output.remoteUrl }}
    entityRef: ${{ steps.register.output.entityRef }}
    commit: ${{ steps.publish.output.commitHash }}
    number: ${{ steps.propose.output.pullRequestNumber }}
    request: ${{ steps.propose.output.remoteUrl }}
`

// A template publishes on a real Gitea: the repository is made, described and
// filled, the catalog reads it, a pull request is open, it can be cloned, and a
// second service of that name is refused before anything is made.
func TestPublishOnARealGitea(t *testing.T) {
	g := startGitea(t)
	g.call(http.MethodPost, "/orgs", map[string]any{"username": "acme", "visibility": "private"})
	host := strings.TrimPrefix(g.url, "http://")
	folder := t.TempDir()
	for name, text := range map[string]string{
		"template.yaml":              strings.Replace(giteaTemplate, "HOST", "'"+host+"'", 1),
		"skeleton/README.md":         "# ${{ values.name }}\n",
		"skeleton/old.txt":           "old\n",
		"skeleton/run.sh":            "#!/bin/sh\necho ${{ values.name }}\n",
		"skeleton/catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: '${{ values.name }}', description: Pays back}\nspec: {type: service, lifecycle: production, owner: '${{ values.owner }}'}\n",
		"more/notes.md":              "Notes\n",
		"waymark.yaml": "catalog:\n  hosts:\n    - {host: '" + host + "', kind: gitea, http: true, token_env: SOME_TOKEN, write_token_env: WRITE_TOKEN, write_owners: [acme]}\n" +
			"  allow_private: [127.0.0.0/8]\n",
	} {
		p := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CONFIG=" + filepath.Join(folder, "waymark.yaml"), "SOME_TOKEN=" + g.token, "WRITE_TOKEN=" + g.token,
		"WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source}})
	s.loaded()
	c := s.as("ada")
	eventually(t, 10*time.Second, "the template is offered", func() error {
		if _, page := c.get("/create"); strings.Contains(page, "A service on Gitea") {
			return nil
		}
		return errf("it is not in the gallery")
	})
	order := func(owner string) (int, string) {
		res, body := c.json("/api/v1/actions/create-from-template", `{"template":"template:default/on-gitea","values":{"repoUrl":"`+host+`?owner=`+owner+`&repo=refunds","owner":"group:default/payments-team"}}`)
		return res.StatusCode, body
	}
	if status, body := order("somebody"); status != http.StatusForbidden || !strings.Contains(body, "write_owners") {
		t.Errorf("for an owner that is not allowed: %d %s", status, body)
	}
	status, body := order("acme")
	var started struct{ Run struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &started); status != http.StatusAccepted || err != nil {
		t.Fatalf("%d %s", status, body)
	}
	c.run(started.Run.ID, "succeeded")
	g.checkPublished(t)
	if _, page := c.get("/catalog/default/component/refunds"); !strings.Contains(page, "Pays back") {
		t.Error("the catalog does not hold what was made")
	}
	if status, body := order("acme"); status != http.StatusBadRequest || !strings.Contains(body, "already") {
		t.Errorf("a second one of that name: %d %s", status, body)
	}
	if strings.Contains(s.log.String(), g.token) {
		t.Error("the token of the host is in the log")
	}
}

// checkPublished looks at the repository as Gitea tells of it, and as it is
// cloned.
func (g *gitea) checkPublished(t *testing.T) {
	t.Helper()
	var repo struct {
		Private     bool
		Description string
		Topics      []string
	}
	g.read("/repos/acme/refunds", &repo)
	if !repo.Private || repo.Description != "Pays money back" {
		t.Errorf("repository: %+v", repo)
	}
	var pulls []struct {
		Title, Body string
		Head, Base  struct{ Ref string }
	}
	g.read("/repos/acme/refunds/pulls", &pulls)
	if len(pulls) != 1 || pulls[0].Title != "Add notes" || pulls[0].Head.Ref != "add-notes" || pulls[0].Base.Ref != "main" {
		t.Errorf("pull requests: %+v", pulls)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	address := strings.Replace(g.url, "http://", "http://root-of-it:"+g.token+"@", 1) + "/acme/refunds.git"
	if out, err := exec.Command("git", "clone", "-q", "--branch", "add-notes", address, clone).CombinedOutput(); err != nil {
		t.Fatalf("clone: %v %s", err, out)
	}
	for name, want := range map[string]string{"README.md": "# refunds\n", "docs/notes.md": "Notes\n"} {
		if got, err := os.ReadFile(filepath.Join(clone, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v, want %q", name, got, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(clone, "old.txt")); !os.IsNotExist(err) {
		t.Errorf("old.txt is still there: %v", err)
	}
	if info, err := os.Stat(filepath.Join(clone, "run.sh")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("run.sh cannot be run: %v", err)
	}
	if out, err := exec.Command("git", "-C", clone, "log", "--format=%an %s").Output(); err != nil || string(out) != "Ada Moreau Add notes\nAda Moreau Begin\n" {
		t.Errorf("history: %s %v", out, err)
	}
}

// read asks Gitea's API as its administrator.
func (g *gitea) read(path string, into any) {
	g.t.Helper()
	req, err := http.NewRequest(http.MethodGet, g.url+"/api/v1"+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+g.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		g.t.Fatalf("GET %s: %d %s %v", path, res.StatusCode, raw, err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		g.t.Fatal(err)
	}
}
