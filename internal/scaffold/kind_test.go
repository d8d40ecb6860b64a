package scaffold_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

func readKindFile(t *testing.T, name string) *scaffold.Template {
	t.Helper()
	b, err := os.ReadFile("testdata/kinds/" + name)
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := scaffold.Parse(b, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// makeKind makes the files of a compiled template; what is YAML or JSON must
// be valid, and nothing may be left unrendered.
func makeKind(t *testing.T, tmpl *scaffold.Template, values map[string]any) map[string]string {
	t.Helper()
	e, _ := newEngine(t, newMemory("group:default/payments-team"))
	trial, err := e.Try(context.Background(), tmpl, scaffold.Order{Values: values, Output: tmpl.Output}, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range trial.Files {
		out[f.Path] = f.Text
		if strings.HasSuffix(f.Path, ".yaml") {
			var v any
			if err := yaml.Unmarshal([]byte(f.Text), &v); err != nil {
				t.Errorf("%s: %v\n%s", f.Path, err, f.Text)
			}
		}
		if strings.HasSuffix(f.Path, ".json") && !json.Valid([]byte(f.Text)) {
			t.Errorf("%s is not JSON:\n%s", f.Path, f.Text)
		}
		if strings.Contains(f.Text, "${{ values") || strings.Contains(f.Text, "{{ .") {
			t.Errorf("%s is not rendered:\n%s", f.Path, f.Text)
		}
	}
	return out
}

var kindValues = map[string]any{"name": "refund-api", "description": "Pays money back", "owner": "group:default/payments-team", "image": nil}

// A golden path lays out its structure, and what it does not say is added.
func TestGoldenPathKind(t *testing.T) {
	t.Parallel()
	tmpl := readKindFile(t, "golden-path.yaml")
	if got := tmpl.Ref.String(); got != "goldenpath:default/go-microservice" {
		t.Errorf("reference %s", got)
	}
	if len(tmpl.Unsupported) > 0 {
		t.Errorf("not had: %v", tmpl.Unsupported)
	}
	files := makeKind(t, tmpl, kindValues)
	for _, p := range []string{"README.md", "catalog-info.yaml", "go.mod", "cmd/server/main.go", "cmd/server/main_test.go", "internal/handlers/.gitkeep", "docs/index.md", "pipeline.yaml",
		".github/workflows/ci.yaml", ".gitea/workflows/ci.yaml", "deploy/kubernetes/deployment.yaml", "deploy/kubernetes/autoscaler.yaml", "Dockerfile"} {
		if _, ok := files[p]; !ok {
			t.Errorf("%s is missing of %v", p, slices.Sorted(maps.Keys(files)))
		}
	}
	for file, want := range map[string]string{"cmd/server/main.go": "func serve(", "deploy/kubernetes/deployment.yaml": `cpu: "250m"`, "deploy/kubernetes/autoscaler.yaml": "maxReplicas: 10",
		"catalog-info.yaml": "owner: group:default/payments-team", "pipeline.yaml": "coverage > 80%", "config/app.yaml": "name: refund-api"} {
		if !strings.Contains(files[file], want) {
			t.Errorf("%s has no %q:\n%s", file, want, files[file])
		}
	}
	if strings.Contains(files["deploy/kubernetes/deployment.yaml"], "replicas:") {
		t.Error("a scaled deployment fixes its replicas")
	}
}

// A service template asks for its parameters and renders what their values
// ask for.
func TestServiceTemplateKind(t *testing.T) {
	t.Parallel()
	tmpl := readKindFile(t, "service-template.yaml")
	if got := tmpl.Ref.String(); got != "servicetemplate:default/standard-service" {
		t.Errorf("reference %s", got)
	}
	if tmpl.NameParam() != "service_name" || tmpl.OwnerParam() != "team" {
		t.Errorf("name %q, owner %q", tmpl.NameParam(), tmpl.OwnerParam())
	}
	values := map[string]any{"service_name": "refund-api", "description": "Pays money back", "team": "group:default/payments-team", "database": "postgres"}
	files := makeKind(t, tmpl, values)
	for file, want := range map[string]string{"deploy/deployment.yaml": "image: refund-api:0.1.0", "deploy/database.yaml": "engine: postgres", "observability/dashboard.json": "refund-api",
		"observability/alerts.yaml": "ServiceDown", "workflows.yaml": "name: deploy", "catalog-info.yaml": "name: refund-api", "README.md": "standard-service"} {
		if !strings.Contains(files[file], want) {
			t.Errorf("%s has no %q:\n%s", file, want, files[file])
		}
	}
	values["database"] = "none"
	if files := makeKind(t, tmpl, values); files["deploy/database.yaml"] != "" {
		t.Error("the database is made though its condition does not hold")
	}
	if !strings.Contains(strings.Join(tmpl.Notes, " "), "pager") {
		t.Errorf("notes %v", tmpl.Notes)
	}
}

const (
	gpHead = "apiVersion: platform.example.com/v1\nkind: GoldenPath\nmetadata: {name: a}\nspec:\n"
	stHead = "apiVersion: platform.dev/v1\nkind: ServiceTemplate\nmetadata: {name: a}\nspec:\n"
	stRes  = "  resources: [{type: a, template: x}]\n"
)

// Malformed files name field and line.
func TestKindsRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"golden path version", "apiVersion: v2\nkind: GoldenPath\nmetadata: {name: a}\nspec: {language: go}", "f.yaml:1: apiVersion: The apiVersion of a GoldenPath is platform.example.com/v1."},
		{"no metadata", "apiVersion: platform.example.com/v1\nkind: GoldenPath\nspec: {language: go}", "metadata: An object is needed here."},
		{"name", "apiVersion: platform.example.com/v1\nkind: GoldenPath\nmetadata: {name: a b}\nspec: {language: go}", "f.yaml:3: metadata.name:"},
		{"no language", gpHead + "  framework: gin\n", "spec.language: This is needed."},
		{"unknown field", gpHead + "  language: go\n  structur: []\n", "f.yaml:6: spec.structur: There is no such field. Did you mean structure?"},
		{"structure no list", gpHead + "  language: go\n  structure: {}\n", "f.yaml:6: spec.structure: A list is needed here."},
		{"path out", gpHead + "  language: go\n  structure: [../x]\n", "cannot be a path"},
		{"absolute path", gpHead + "  language: go\n  structure: [/etc/passwd]\n", "cannot be a path"},
		{"file twice", gpHead + "  language: go\n  structure: [README.md, readme.md]\n", "stands in the structure twice"},
		{"folder with content", gpHead + "  language: go\n  structure: [{name: a, type: folder, content: x}]\n", "A folder has children, not content."},
		{"unknown in a file", gpHead + "  language: go\n  structure: [{name: a, contents: x}]\n", "Did you mean content?"},
		{"file is a folder too", gpHead + "  language: go\n  structure: [docs, docs/index.md]\n", "is a file and a folder"},
		{"stage without steps", gpHead + "  language: go\n  cicd: {stages: [{name: a}]}\n", "A stage needs steps."},
		{"stage twice", gpHead + "  language: go\n  cicd: {stages: [{name: a, steps: [lint]}, {name: a, steps: [lint]}]}\n", `two stages "a"`},
		{"unknown step", gpHead + "  language: go\n  cicd:\n    stages:\n      - name: a\n        steps: [lnit]\n", "f.yaml:9: spec.cicd.stages[0].steps[0]: \"lnit\" is neither a command nor a known step. Did you mean lint?"},
		{"unknown check", gpHead + "  language: go\n  required_checks: [coverage]\n", "spec.required_checks[0]"},
		{"coverage", gpHead + "  language: go\n  required_checks: [coverage >= 80%]\n", "is not one of unit-tests"},
		{"cpu", gpHead + "  language: go\n  defaults: {resources: {cpu: lots}}\n", "is not an amount"},
		{"replicas", gpHead + "  language: go\n  defaults: {replicas: 0}\n", "is not between"},
		{"replicas text", gpHead + "  language: go\n  defaults: {replicas: two}\n", "A whole number is needed"},
		{"scaling", gpHead + "  language: go\n  defaults: {autoscaling: {enabled: true, min_replicas: 5, max_replicas: 2}}\n", "is less than min_replicas"},
		{"expression in a step", gpHead + "  language: go\n  cicd: {stages: [{name: a, steps: [\"echo ${{ github.head_ref }}\"]}]}\n", "No pipeline can be made"},
		{"service version", "apiVersion: platform.example.com/v1\nkind: ServiceTemplate\nmetadata: {name: a}\nspec:\n" + stRes, "platform.dev/v1"},
		{"no resources", stHead + "  parameters: []\n", "A service template needs resources."},
		{"parameter name", stHead + stRes + "  parameters: [{name: a-b}]\n", "spec.parameters[0].name"},
		{"parameter twice", stHead + stRes + "  parameters: [{name: a}, {name: a}]\n", `two parameters "a"`},
		{"parameter type", stHead + stRes + "  parameters: [{name: a, type: strin}]\n", "Did you mean string?"},
		{"enum without values", stHead + stRes + "  parameters: [{name: a, type: enum}]\n", "An enum needs values."},
		{"values of a string", stHead + stRes + "  parameters: [{name: a, type: string, values: [x]}]\n", "Only an enum has values."},
		{"default", stHead + stRes + "  parameters: [{name: a, type: enum, values: [x, y], default: z}]\n", "is not one of the values"},
		{"value twice", stHead + stRes + "  parameters: [{name: a, type: enum, values: [x, x]}]\n", "stands here twice"},
		{"resource of nothing", stHead + "  resources: [{type: a}]\n", "A resource needs a template"},
		{"automatic of nothing", stHead + "  resources: [{type: a, automatic: true}]\n", "say what it includes"},
		{"text", stHead + "  resources:\n    - type: a\n      template: \"{{ .x \"\n", "f.yaml:7"},
		{"condition", stHead + "  resources: [{type: a, template: x, condition: '.a !='}]\n", "spec.resources[0].condition"},
		{"workflow", stHead + stRes + "  workflows: [{name: deploy}]\n", "A workflow needs steps."},
		{"required text", stHead + stRes + "  parameters: [{name: a, required: maybe}]\n", "true or false is needed here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := scaffold.Parse([]byte(tt.text), "f.yaml", nil)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzKinds(f *testing.F) {
	for _, name := range []string{"golden-path.yaml", "service-template.yaml"} {
		b, err := os.ReadFile("testdata/kinds/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := scaffold.Parse(text, "f.yaml", nil); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("not a fault: %v", err)
		}
	})
}
