// Package goldenpath_test makes services from the golden paths that come with
// the portal, with every combination of their choices, and tries what comes
// out as a stranger would: it builds, passes its own tests, starts, serves,
// and stops.
package goldenpath_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// shipped is where the golden paths lie.
const shipped = "../../templates/golden-paths"

// making is one use of a golden path.
type making struct {
	path   string         // name of the template
	choice string         // what was chosen, for people
	built  bool           // it is also compiled, tested and started
	values map[string]any // beside name, description and owner
}

// makings are the combinations of choices. Those that change code are built,
// all of them; the answers that change a number, a label or the files of a
// pipeline are spread over the rest.
var makings = []making{
	{"go-rest-api", "plain", true, nil},
	{"go-rest-api", "postgres", true, map[string]any{"database": "postgres", "size": "medium", "ci": "gitlab", "lifecycle": "production", "costCenter": "cc-4711"}},
	{"go-rest-api", "auth", true, map[string]any{"auth": "oidc-jwt", "port": 9000, "ci": "gitea", "size": "large"}},
	{"go-rest-api", "postgres and auth", true, map[string]any{"database": "postgres", "auth": "oidc-jwt", "ci": "tekton", "system": "system:default/checkout", "module": "example.com/pay/refunds"}},
	{"go-event-processor", "nats", true, map[string]any{"broker": "nats", "size": "large", "ci": "gitlab"}},
	{"go-event-processor", "kafka", true, map[string]any{"broker": "kafka", "size": "medium", "lifecycle": "production", "ci": "gitea", "system": "system:default/checkout", "module": "example.com/pay/refunds"}},
	{"go-event-processor", "with defaults", false, nil},
	{"go-event-processor", "on tekton", false, map[string]any{"broker": "kafka", "ci": "tekton"}},
	{"go-batch-job", "with defaults", false, map[string]any{"lateAfter": 192, "size": "large", "ci": "gitea"}},
	{"go-batch-job", "on tekton", false, map[string]any{"ci": "tekton", "lifecycle": "production"}},
	{"go-batch-job", "on gitlab", false, map[string]any{"ci": "gitlab"}},
	{"go-batch-job", "plain", true, map[string]any{"schedule": "*/30 6-18 * * MON-FRI", "timeZone": "Europe/Berlin", "lateAfter": 2, "size": "medium", "module": "example.com/pay/refunds"}},
	{"library-go", "on gitlab", false, map[string]any{"ci": "gitlab", "lifecycle": "production"}},
	{"library-go", "on gitea", false, map[string]any{"ci": "gitea"}},
	{"library-go", "on tekton", false, map[string]any{"ci": "tekton"}},
	{"library-go", "plain", true, map[string]any{"module": "example.com/pay/refunds"}},
	{"library-go", "a word of the language", true, map[string]any{"name": "type"}},
	{"docs-site", "on gitlab", false, map[string]any{"ci": "gitlab"}},
	{"docs-site", "on gitea", false, map[string]any{"ci": "gitea", "lifecycle": "production"}},
	{"docs-site", "on tekton", false, map[string]any{"ci": "tekton"}},
	{"docs-site", "plain", false, nil},
	{"docs-site", "in a system", false, map[string]any{"system": "system:default/checkout"}},
}

// name is the test's name of a making.
func (m making) name() string { return m.path + " " + m.choice }

// service is the name of what is made.
const service = "refund-api"

// answers are what a person would enter.
func (m making) answers() map[string]any {
	v := map[string]any{"name": service, "description": "Pays money: back to cards, and 'more' <b> & {{ so }}", "owner": "group:default/payments-team"}
	for k, x := range m.values {
		v[k] = x
	}
	return v
}

// template reads a shipped template.
func template(t *testing.T, name string) (*scaffold.Engine, *scaffold.Template) {
	t.Helper()
	l, err := scaffold.NewLibrary(os.DirFS(shipped), nothing{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := l.Template(context.Background(), access.System("test"), catalog.MustRef("template:default/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return scaffold.New(scaffold.Options{Library: l, Forge: noForge{}}), tmpl
}

// nothing is a catalog without entities.
type nothing struct{}

func (nothing) Entity(context.Context, access.Viewer, catalog.Ref) (catalog.Entity, error) {
	return catalog.Entity{}, catalog.ErrNotFound
}

// noForge names repositories and publishes none.
type noForge struct{ scaffold.Forge }

func (noForge) Available() error { return nil }

func (noForge) CloneURL(owner, repo string) string {
	return "http://127.0.0.1:8080/git/" + owner + "/" + repo + ".git"
}

// trial goes through all steps of a making without publishing.
func trial(t *testing.T, m making) scaffold.Trial {
	t.Helper()
	e, tmpl := template(t, m.path)
	values := m.answers()
	for _, p := range tmpl.Params() {
		if _, ok := values[p.Name]; !ok {
			values[p.Name] = p.Default // nil without one, as a strict template sees it
		}
	}
	made, err := e.Try(context.Background(), tmpl, scaffold.Order{Values: values, Output: tmpl.Output}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// make writes what a making gives into a folder. With WAYMARK_TEST_KEEP it
// stays there, for people to look at.
func (m making) make(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if keep := os.Getenv("WAYMARK_TEST_KEEP"); keep != "" {
		dir = filepath.Join(keep, strings.ReplaceAll(m.name(), " ", "-"))
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range trial(t, m).Files {
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

// Every path that is shipped is made, and with every answer that its form
// offers to choose from.
func TestEveryChoiceIsTried(t *testing.T) {
	t.Parallel()
	l, err := scaffold.NewLibrary(os.DirFS(shipped), nothing{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tmpl := range l.Shipped() {
		for _, page := range tmpl.Pages {
			var schema struct {
				Properties map[string]struct {
					Default any
					Enum    []any
					OneOf   []struct{ Const any }
				}
			}
			if err := json.Unmarshal(page.Schema, &schema); err != nil {
				t.Fatal(err)
			}
			for name, p := range schema.Properties {
				for _, o := range p.OneOf {
					p.Enum = append(p.Enum, o.Const)
				}
				for _, want := range p.Enum {
					if !slices.ContainsFunc(makings, func(m making) bool {
						got, ok := m.values[name]
						return m.path == tmpl.Ref.Name && (ok && fmt.Sprint(got) == fmt.Sprint(want) || !ok && p.Default == want)
					}) {
						t.Errorf("%s is never made with %s %v", tmpl.Ref.Name, name, want)
					}
				}
			}
		}
		if !slices.ContainsFunc(makings, func(m making) bool { return m.path == tmpl.Ref.Name }) {
			t.Errorf("%s is never made", tmpl.Ref)
		}
	}
}
