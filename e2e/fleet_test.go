package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const fleetPath = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: fleet-path, title: Fleet path}
spec:
  type: service
  version: VERSION
  DEPRECATED
  parameters:
    - title: All of it
      required: [repoName, owner]
      properties:
        repoName: {title: Name, type: string, ui:field: EntityNamePicker}
        owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}
  steps:
    - {id: files, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ parameters.repoName }}"}}}
    - id: info
      action: catalog:write
      input:
        entity:
          apiVersion: backstage.io/v1alpha1
          kind: Component
          metadata: {name: "${{ parameters.repoName }}"}
          spec: {type: service, lifecycle: production, owner: "${{ parameters.owner }}"}
    - {id: publish, action: publish:git, input: {repoUrl: "waymark?owner=${{ parameters.owner | parseEntityRef | pick('name') }}&repo=${{ parameters.repoName }}"}}
    - {id: register, action: catalog:register, input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}}
`

// fleetFiles writes a version of the template.
func fleetFiles(t *testing.T, folder, version, deprecated string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(folder, "skeleton")); err != nil {
		t.Fatal(err)
	}
	files["template.yaml"] = strings.NewReplacer("VERSION", version, "DEPRECATED", deprecated).Replace(fleetPath)
	for name, text := range files {
		p := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fleetService is a service as the API tells of it.
type fleetService struct {
	ID, Name, Version, Newest string
	Behind, Drift             *int
	Upgrade                   string
}

// fleet waits until a service is as it should be.
func (c *client) fleet(name, what string, good func(fleetService) bool) fleetService {
	c.s.t.Helper()
	var found fleetService
	eventually(c.s.t, 40*time.Second, what, func() error {
		_, body := c.get("/api/v1/fleet?q=" + name)
		var list struct{ Items []fleetService }
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Items) != 1 {
			return errf("fleet answers %.300s", body)
		}
		if found = list.Items[0]; !good(found) {
			return errf("it is %.500s", body)
		}
		return nil
	})
	return found
}

// upgraded starts an upgrade and returns its id once its run is over.
func (c *client) upgraded(service string) string {
	c.s.t.Helper()
	resp, body := c.json("/api/v1/actions/upgrade-service", `{"service":"`+service+`"}`)
	var out struct {
		Run     struct{ ID string }
		Upgrade struct{ ID string }
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil || resp.StatusCode != 202 {
		c.s.t.Fatalf("upgrade of %s: %d %.500s", service, resp.StatusCode, body)
	}
	c.run(out.Run.ID, "succeeded")
	return out.Upgrade.ID
}

// A service is made, its team changes it, the template moves on: the upgrade
// is a branch that holds both, and what collides is marked and explained.
func TestFleetUpgrade(t *testing.T) {
	folder := t.TempDir()
	fleetFiles(t, folder, "1.0.0", "", map[string]string{"skeleton/README.md": "# ${{ values.name }}\n\none\ntwo\nthree\nfour\nfive\n", "skeleton/old.txt": "old\n", "skeleton/config.yaml": "port: 80\n"})
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source}})
	s.loaded()
	c := s.as("ada")
	eventually(t, 20*time.Second, "the template is offered", func() error {
		if _, page := c.get("/create"); strings.Contains(page, "Fleet path") {
			return nil
		}
		return errf("it is not in the gallery")
	})
	_, body := c.json("/api/v1/actions/create-from-template", `{"template":"template:default/fleet-path","values":{"repoName":"fleet-api","owner":"group:default/payments-team"}}`)
	var made struct{ Run struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Run.ID == "" {
		t.Fatalf("create: %s", body)
	}
	c.run(made.Run.ID, "succeeded")
	svc := c.fleet("fleet-api", "the service is up to date", func(f fleetService) bool { return f.Behind != nil && *f.Behind == 0 && *f.Drift == 0 })

	remote := s.remote(c.token(`{"name":"work"}`), "payments-team/fleet-api")
	work := filepath.Join(t.TempDir(), "work")
	gitMust(t, t.TempDir(), "clone", "-q", remote, work)
	push := func(message string, files map[string]string) {
		t.Helper()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		gitMust(t, work, "add", "-A")
		gitMust(t, work, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-qm", message)
		gitMust(t, work, "push", "-q", "origin", "HEAD:main")
	}
	push("Say more", map[string]string{"README.md": "# fleet-api\n\none\ntwo\nthree\nfour\nfive, by the team\n", "team.txt": "ours\n"})
	c.fleet("fleet-api", "the change of the team is counted", func(f fleetService) bool { return f.Drift != nil && *f.Drift == 1 })

	// A change without a new version is a problem, and changes nothing.
	fleetFiles(t, folder, "1.0.0", "", map[string]string{"skeleton/README.md": "# changed in silence\n", "skeleton/old.txt": "old\n", "skeleton/config.yaml": "port: 80\n"})
	eventually(t, 40*time.Second, "the change without a version is told", func() error {
		if _, page := c.get("/create/default/fleet-path/versions"); strings.Contains(page, "Changed without a new version") {
			return nil
		}
		return errf("the page says nothing of it")
	})
	c.fleet("fleet-api", "nobody is behind a silent change", func(f fleetService) bool { return *f.Behind == 0 })

	fleetFiles(t, folder, "2.0.0", "", map[string]string{"skeleton/README.md": "# ${{ values.name }}\n\nONE\ntwo\nthree\nfour\nfive\n", "skeleton/new.txt": "new\n", "skeleton/config.yaml": "port: 8080\n",
		"CHANGELOG.md": "# Changes\n\n## 2.0.0\n\nListens on *another* port.\n\n## 1.0.0\n\nFirst.\n"})
	c.fleet("fleet-api", "the service is behind", func(f fleetService) bool { return *f.Behind == 1 && f.Newest == "2.0.0" })
	if _, page := c.get("/create/default/fleet-path/versions"); !strings.Contains(page, "Listens on <em>another</em> port.") {
		t.Error("the changelog is not on the page of the template's versions")
	}
	resp, plan := c.json("/api/v1/actions/upgrade-service?dryRun=true", `{"service":"`+svc.ID+`"}`)
	if resp.StatusCode != 200 || !strings.Contains(plan, "new.txt") || !strings.Contains(plan, `"conflicts":[]`) {
		t.Errorf("preview: %d %.500s", resp.StatusCode, plan)
	}
	if _, page := c.form("/create/fleet/"+svc.ID+"/upgrade", url.Values{"preview": {"1"}}); !strings.Contains(page, "+port: 8080") {
		t.Errorf("the preview shows no diff: %.300s", page)
	}
	upgrade := c.upgraded(svc.ID)
	if _, page := c.get("/create/upgrades/" + upgrade); !strings.Contains(page, "waits to be merged") || !strings.Contains(page, "-port: 80") || strings.Contains(page, "Needs a look") {
		t.Errorf("the page of the upgrade: %.800s", page)
	}
	gitMust(t, work, "fetch", "-q", "origin")
	want := "# fleet-api\n\nONE\ntwo\nthree\nfour\nfive, by the team"
	if got := gitMust(t, work, "show", "origin/waymark/upgrade-fleet-path-2.0.0:README.md"); strings.TrimSpace(got) != want {
		t.Errorf("merged README: %q", got)
	}
	if got := gitMust(t, work, "ls-tree", "--name-only", "origin/waymark/upgrade-fleet-path-2.0.0"); got != "README.md\ncatalog-info.yaml\nconfig.yaml\nnew.txt\nteam.txt\n" {
		t.Errorf("files of the branch: %q", got)
	}
	if got := gitMust(t, work, "show", "origin/main:README.md"); strings.Contains(got, "ONE") {
		t.Error("main was touched")
	}
	if resp, _ := c.json("/api/v1/actions/upgrade-service", `{"service":"`+svc.ID+`"}`); resp.StatusCode != 409 {
		t.Errorf("a second upgrade at once: %d", resp.StatusCode)
	}
	resp, body = c.json("/api/v1/actions/merge-upgrade", `{"upgrade":"`+upgrade+`"}`)
	var run struct{ Run struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &run); err != nil || resp.StatusCode != 202 {
		t.Fatalf("merge: %d %s", resp.StatusCode, body)
	}
	c.run(run.Run.ID, "succeeded")
	c.fleet("fleet-api", "the service is at 2.0.0", func(f fleetService) bool {
		return f.Version == "2.0.0" && *f.Behind == 0 && f.Upgrade == "" && f.Drift != nil && *f.Drift == 1
	})

	fleetConflict(t, s, c, folder, work, svc.ID, push)
}

// fleetConflict has team and template change the same line.
func fleetConflict(t *testing.T, s *server, c *client, folder, work, service string, push func(string, map[string]string)) {
	gitMust(t, work, "pull", "-q", "--rebase", "origin", "main")
	push("Another port", map[string]string{"config.yaml": "port: 9000\n"})
	fleetFiles(t, folder, "3.0.0", `deprecated: {message: "Use the other path.", replacement: "template:default/go-rest-api"}`,
		map[string]string{"skeleton/README.md": "# ${{ values.name }}\n\nONE\ntwo\nthree\nfour\nfive\n", "skeleton/new.txt": "new\n", "skeleton/config.yaml": "port: 7000\n"})
	c.fleet("fleet-api", "the service is behind again", func(f fleetService) bool { return *f.Behind == 1 && f.Newest == "3.0.0" })
	if _, page := c.get("/create/fleet"); !strings.Contains(page, "Use the other path.") || !strings.Contains(page, "Upgrade those behind") {
		t.Error("the fleet does not tell that the template is deprecated")
	}
	if resp, _ := s.as("vera").json("/api/v1/actions/upgrade-service", `{"service":"`+service+`"}`); resp.StatusCode != 403 {
		t.Errorf("somebody of another team may upgrade: %d", resp.StatusCode)
	}
	resp, body := c.json("/api/v1/actions/upgrade-services", `{"template":"template:default/fleet-path"}`)
	var bulk struct{ Bulk struct{ ID, URL string } }
	if err := json.Unmarshal([]byte(body), &bulk); err != nil || resp.StatusCode != 202 {
		t.Fatalf("bulk upgrade: %d %s", resp.StatusCode, body)
	}
	eventually(t, 30*time.Second, "the bulk is through", func() error {
		if _, page := c.get(bulk.Bulk.URL); strings.Contains(page, "1 of 1 are through") {
			return nil
		}
		return errf("it is not")
	})
	f := c.fleet("fleet-api", "the upgrade waits", func(f fleetService) bool { return f.Upgrade != "" })
	_, page := c.get("/create/upgrades/" + f.Upgrade)
	for _, part := range []string{"config.yaml", "port: 9000", "port: 7000", "marks of conflicts", "The same lines were changed"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page of the conflict lacks %q", part)
		}
	}
	if resp, body := c.json("/api/v1/actions/merge-upgrade", `{"upgrade":"`+f.Upgrade+`"}`); resp.StatusCode != 409 {
		t.Errorf("a branch with marks may be merged: %d %s", resp.StatusCode, body)
	}
	// The team resolves it on its machine; the push to main settles the upgrade.
	gitMust(t, work, "fetch", "-q", "origin")
	gitMust(t, work, "checkout", "-q", "-b", "resolve", "origin/waymark/upgrade-fleet-path-3.0.0")
	if b, err := os.ReadFile(filepath.Join(work, "config.yaml")); err != nil || string(b) != "<<<<<<< main\nport: 9000\n=======\nport: 7000\n>>>>>>> fleet-path-3.0.0\n" {
		t.Errorf("the marked file is %q, %v", b, err)
	}
	push("Resolve", map[string]string{"config.yaml": "port: 9700\n"})
	c.fleet("fleet-api", "the push settles the upgrade", func(f fleetService) bool { return f.Version == "3.0.0" && *f.Behind == 0 && f.Upgrade == "" })
}

func gitMust(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := git(t, dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}
