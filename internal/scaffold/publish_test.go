package scaffold_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// noHost knows where repositories would be, and is never asked for more.
type noHost struct{ scaffold.Publisher }

func (noHost) Ready(at forge.Place, kind, branch string, _ forge.Credential) (forge.Links, error) {
	if kind != "" && !strings.Contains(at.Host, kind) {
		return forge.Links{}, fault.Newf(fault.Invalid, "%s is no %s", at.Host, kind)
	}
	return forge.Links{Web: "https://" + at.String(), Clone: "https://" + at.String() + ".git", Contents: "https://" + at.String() + "/blob/" + branch}, nil
}

// dryStep tries one step after a file was written.
func dryStep(t *testing.T, publisher scaffold.Publisher, id, input string) (scaffold.Trial, error) {
	t.Helper()
	var in any
	if err := yaml.Unmarshal([]byte(input), &in); err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": map[string]any{"name": "one"}, "spec": map[string]any{"type": "service",
		"steps": []any{map[string]any{"id": "file", "action": "catalog:write", "input": map[string]any{"entity": map[string]any{"kind": "Component", "metadata": map[string]any{"name": "x"}}}},
			map[string]any{"id": "it", "action": id, "input": in}},
		"output": map[string]any{"it": "${{ steps.it.output }}"}}}
	b, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	l, err := scaffold.NewLibrary(fstest.MapFS{"one/template.yaml": {Data: b}}, m, noForge{})
	if err != nil {
		t.Fatal(err)
	}
	e := scaffold.New(scaffold.Options{Store: m, Forge: noForge{}, Runs: &noRuns{}, Library: l, Publisher: publisher})
	tmpl, err := l.Template(context.Background(), access.System("test"), catalog.MustRef("template:default/one"))
	if err != nil {
		t.Fatal(err)
	}
	return e.Try(context.Background(), tmpl, scaffold.Order{Output: tmpl.Output, Team: "group:default/payments-team", By: "user:default/ada"}, nil)
}

// Every example of an action that writes to other hosts runs dry, and its
// outputs are those that it promises.
func TestExamplesOfPublishing(t *testing.T) {
	t.Parallel()
	n := 0
	for _, a := range scaffold.Actions() {
		if !strings.HasPrefix(a.ID, "publish:") && !strings.HasPrefix(a.ID, "github:") && !strings.HasPrefix(a.ID, "gitlab:") || a.ID == "publish:git" {
			continue
		}
		n++
		if len(a.Examples) == 0 || a.Output == nil || a.Undo == "" {
			t.Errorf("%s has no example, output or undo", a.ID)
		}
		for _, x := range a.Examples {
			trial, err := dryStep(t, noHost{}, a.ID, x.Input)
			if err != nil {
				t.Errorf("%s: %v", a.ID, err)
				continue
			}
			out, err := json.Marshal(trial.Output["it"])
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if err := json.Unmarshal(out, &value); err != nil {
				t.Fatal(err)
			}
			if err := action.ValidateValue(a.Output, "", value); err != nil {
				t.Errorf("%s: output %s: %v", a.ID, out, err)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d actions write to other hosts", n)
	}
}

func TestPublishingIsRefusedBeforeTheRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, action, input, want string
		off                       bool
	}{
		{"no host at all", "publish:github", "{repoUrl: 'github.com?owner=a&repo=b'}", "writes to no other host", true},
		{"the embedded forge", "publish:github", "{repoUrl: 'waymark?owner=a&repo=b'}", "publish:git does", false},
		{"another kind", "publish:gitlab", "{repoUrl: 'github.com?owner=a&repo=b'}", "is no gitlab", false},
		{"no owner", "publish:github", "{repoUrl: 'github.com?repo=b'}", "names no owner", false},
		{"a strange branch", "publish:github", "{repoUrl: 'github.com?owner=a&repo=b', defaultBranch: 'a..b'}", "name of a branch", false},
		{"out of the workspace", "publish:github", "{repoUrl: 'github.com?owner=a&repo=b', sourcePath: ../..}", "sourcePath", false},
		{"an empty folder", "publish:github", "{repoUrl: 'github.com?owner=a&repo=b', sourcePath: none}", "workspace is empty", false},
		{"out of the repository", "publish:github:pull-request", "{repoUrl: 'github.com?owner=a&repo=b', branchName: x, title: x, description: x, targetPath: ../x}", "targetPath", false},
		{"deletes what is no file", "publish:gitea:pull-request", "{repoUrl: 'gitea.com?owner=a&repo=b', branchName: x, title: x, filesToDelete: ['../x']}", "filesToDelete", false},
		{"a wrong visibility", "publish:github", "{repoUrl: 'github.com?owner=a&repo=b', repoVisibility: secret}", "repoVisibility", false},
		{"a branch here that is main", "publish:git:pull-request", "{repoUrl: 'waymark?owner=a&repo=b', branchName: main, title: x}", "name of the new branch", false},
	}
	for _, tt := range tests {
		var p scaffold.Publisher = noHost{}
		if tt.off {
			p = nil
		}
		if _, err := dryStep(t, p, tt.action, tt.input); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestDryRunSaysWhatWouldBePublished(t *testing.T) {
	t.Parallel()
	trial, err := dryStep(t, noHost{}, "publish:gitlab", "{repoUrl: 'gitlab.com?owner=acme/pay&repo=refunds', defaultBranch: trunk}")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(trial.Repos); got != "[gitlab.com/acme/pay/refunds]" {
		t.Errorf("repositories %s", got)
	}
	out, _ := trial.Output["it"].(map[string]any)
	if out["repoContentsUrl"] != "https://gitlab.com/acme/pay/refunds/blob/trunk" || out["remoteUrl"] != "https://gitlab.com/acme/pay/refunds.git" {
		t.Errorf("output %v", out)
	}
}
