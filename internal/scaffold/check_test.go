package scaffold_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

var ada = action.Actor{ID: "user:default/ada", Name: "Ada Moreau", Groups: []string{"group:default/payments-team"}}

func org() *memory {
	return newMemory("user:default/ada", "group:default/payments-team", "group:default/risk-team", "component:default/ledger", "system:default/checkout")
}

func create(t *testing.T, e *scaffold.Engine, in map[string]any) (action.Prepared, error) {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return e.Actions()[0].Prepare(context.Background(), ada, raw)
}

func order(values map[string]any) map[string]any {
	v := map[string]any{"name": "refund-api", "description": "Pays money back", "owner": "group:default/payments-team"}
	for k, x := range values {
		if x == nil {
			delete(v, k)
		} else {
			v[k] = x
		}
	}
	return map[string]any{"template": "template:default/go-rest-api", "values": v}
}

func TestCreateIsPreparedWithEverythingChecked(t *testing.T) {
	t.Parallel()
	m := org()
	e, runs := newEngine(t, m)
	p, err := create(t, e, order(nil))
	if err != nil {
		t.Fatal(err)
	}
	trial, _ := p.Preview.(scaffold.Trial)
	if p.Owner != "group:default/payments-team" || len(trial.Files) < 30 || !slices.Equal(trial.Repos, []string{"payments-team/refund-api"}) {
		t.Errorf("owner %q, %d files, repositories %v", p.Owner, len(trial.Files), trial.Repos)
	}
	if len(m.created)+len(m.repos)+len(runs.specs) != 0 {
		t.Error("preparing changed something")
	}
	out, err := p.Execute(context.Background(), nil)
	if err != nil || !out.Started || out.Location == "" {
		t.Fatalf("%+v, %v", out, err)
	}
	s := runs.specs[0]
	var titles []string
	for _, st := range s.Steps {
		titles = append(titles, st.Title)
	}
	if diff := cmp.Diff([]string{"Make the files", "Write the pipeline", "Publish the repository", "Register in the catalog", "Finish"}, titles); diff != "" {
		t.Error(diff)
	}
	if s.Subject != "component:default/refund-api" || s.Owner != p.Owner || m.repos["payments-team/refund-api"].Run == "" {
		t.Errorf("run %+v, repositories %v", s, m.repos)
	}
}

func TestCreateRefusesAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	m := org()
	m.repos["payments-team/old-api"] = forge.Repository{Owner: "payments-team", Name: "old-api", State: forge.Ready}
	m.making["component:default/busy-api"] = "run_x"
	e, _ := newEngine(t, m)
	for _, tt := range []struct {
		name   string
		values map[string]any
		want   []string // field: part of the message
	}{
		{"empty", map[string]any{"name": nil, "description": nil, "owner": nil}, []string{"values.description: needed", "values.name: needed", "values.owner: needed"}},
		{"types", map[string]any{"name": 7, "port": "x"}, []string{"values.name: string", "values.port: integer"}},
		{"unknown field", map[string]any{"nmae": "x"}, []string{"values.nmae: no such field"}},
		{"script", map[string]any{"name": "<script>alert(1)</script>"}, []string{"values.name: lower-case letters"}},
		{"traversal", map[string]any{"name": "../../etc/passwd"}, []string{"values.name: lower-case letters"}},
		{"a megabyte", map[string]any{"description": strings.Repeat("a", 1<<20)}, []string{"values.description: at most 200"}},
		{"break out of the text", map[string]any{"description": "a\nb: c, \"x\""}, []string{"values.description: one line"}},
		{"template in a value", map[string]any{"description": "${{ secrets.x }} {% raw %}"}, nil},
		{"catalog", map[string]any{"name": "ledger"}, []string{"values.name: catalog holds"}},
		{"forge", map[string]any{"name": "old-api"}, []string{"values.name: forge holds"}},
		{"being made", map[string]any{"name": "busy-api"}, []string{"values.name: being made"}},
		{"owner", map[string]any{"owner": "group:default/payment-tem"}, []string{"values.owner: Did you mean payments-team?"}},
		{"owner of another kind", map[string]any{"owner": "user:default/ada"}, []string{"values.owner: must be a group"}},
		{"system", map[string]any{"system": "system:default/none"}, []string{"values.system: no system"}},
		{"size", map[string]any{"size": "huge"}, []string{"values.size: "}},
		{"two", map[string]any{"name": "ledger", "owner": "nobody"}, []string{"values.name: catalog holds", "values.owner: no group"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := create(t, e, order(tt.values))
			var f *fault.Error
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.As(err, &f) || f.Kind != fault.Invalid {
				t.Fatalf("got %v, want invalid", err)
			}
			for _, want := range tt.want {
				field, part, _ := strings.Cut(want, ": ")
				if !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Field == field && strings.Contains(x.Message, part) }) {
					t.Errorf("no %q among %+v", want, f.Fields)
				}
			}
			for _, x := range f.Fields {
				if !slices.ContainsFunc(tt.want, func(w string) bool { return strings.HasPrefix(w, x.Field+":") }) {
					t.Errorf("unexpected %+v", x)
				}
			}
		})
	}
}

func TestCreateOfUnknownTemplates(t *testing.T) {
	t.Parallel()
	e, _ := newEngine(t, org())
	for template, kind := range map[string]fault.Kind{"template:default/none": fault.NotFound, "component:default/ledger": fault.Invalid, "a:b:c/d/e": fault.Invalid, "": fault.Invalid} {
		in := order(nil)
		in["template"] = template
		if _, err := create(t, e, in); !fault.Is(err, kind) {
			t.Errorf("%q: %v, want %v", template, err, kind)
		}
	}
	in := order(nil)
	in["version"] = "0.1"
	if _, err := create(t, e, in); !fault.Is(err, fault.Invalid) {
		t.Errorf("old version: %v, want invalid", err)
	}
}

func TestSecretsStayOutOfEvents(t *testing.T) {
	t.Parallel()
	e, _ := newEngine(t, org())
	in := json.RawMessage(`{"template":"t","values":{"a":1},"secrets":{"token":"s3cret"}}`)
	if got := string(e.Actions()[0].Redact(in)); strings.Contains(got, "s3cret") || !strings.Contains(got, `"a":1`) {
		t.Errorf("the event would hold %s", got)
	}
}

// parse reads a template with one step around what is tested.
func parse(t *testing.T, spec string, files fstest.MapFS) *scaffold.Template {
	t.Helper()
	tmpl, err := scaffold.Parse([]byte("apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n"+spec), "template.yaml", files)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

func try(t *testing.T, tmpl *scaffold.Template, values map[string]any) (scaffold.Trial, error) {
	t.Helper()
	e, _ := newEngine(t, org())
	return e.Try(context.Background(), tmpl, scaffold.Order{Values: values, Output: tmpl.Output}, nil)
}

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s), Mode: 0o644} }

func paths(trial scaffold.Trial) []string {
	var out []string
	for _, f := range trial.Files {
		out = append(out, f.Path)
	}
	return out
}

func TestFetchTemplate(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"s/plain.txt":                   file("${{ values.name }}"),
		"s/a.md.njk":                    file("# ${{ values.name }}"),
		"s/.hidden.njk":                 file("h"),
		"s/${{ values.name }}/x.go.njk": file("package x"),
		"s/${{ 'db' if values.db else '' }}/schema.sql.njk": file("create"),
		"s/bin.njk": {Data: []byte{0, 1, '$', '{', '{'}},
		"s/run.sh":  {Data: []byte("#!/bin/sh"), Mode: 0o755},
	}
	spec := "  steps:\n    - id: f\n      action: fetch:template\n      input: {url: ./s, templateFileExtension: true, values: {name: '${{ parameters.name }}', db: '${{ parameters.db }}'}}\n"
	trial, err := try(t, parse(t, spec, files), map[string]any{"name": "refund", "db": false})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".hidden", "a.md", "bin", "plain.txt", "refund/x.go", "run.sh"}, paths(trial)); diff != "" {
		t.Error(diff)
	}
	for _, f := range trial.Files {
		if f.Path == "a.md" && f.Text != "# refund" || f.Path == "plain.txt" && f.Text != "${{ values.name }}" {
			t.Errorf("%s holds %q", f.Path, f.Text)
		}
	}
	trial, err = try(t, parse(t, spec, files), map[string]any{"name": "refund", "db": true})
	if err != nil || !slices.Contains(paths(trial), "db/schema.sql") {
		t.Errorf("with a database: %v, %v", paths(trial), err)
	}
}

func TestStepsStayInTheWorkspace(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"s/${{ values.p }}.txt": file("x"), "secret.txt": file("s")}
	for name, spec := range map[string]string{
		"url above":     "fetch:plain\n      input: {url: ../}",
		"url absolute":  "fetch:plain\n      input: {url: /etc}",
		"url elsewhere": "fetch:plain\n      input: {url: 'https://evil.example/x'}",
		"path rendered": "fetch:template\n      input: {url: ./s, values: {p: '../../x'}}",
		"target":        "fetch:plain\n      input: {url: ./s, targetPath: ../../x}",
		"delete":        "fs:delete\n      input: {files: ['../x']}",
		"write":         "catalog:write\n      input: {filePath: /etc/x, entity: {kind: X}}",
		"missing input": "fetch:plain\n      input: {}",
		"wrong type":    "fs:delete\n      input: {files: x}",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := try(t, parse(t, "  steps:\n    - action: "+spec+"\n", files), nil); err == nil {
				t.Error("it went through")
			}
		})
	}
}

func TestStepSemantics(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"s/a.txt": file("a"), "s/d/b.txt": file("b")}
	spec := `
  steps:
    - id: get
      action: fetch:plain
      input: {url: ./s}
    - id: never
      if: ${{ parameters.off }}
      action: debug:log
      input: {message: no}
    - id: texts
      if: ${{ parameters.falseText }}
      action: debug:log
      input: {message: "the text false is true"}
    - id: many
      each: ${{ parameters.list }}
      action: debug:log
      input: {message: "${{ each.key }}=${{ each.value }}"}
    - id: move
      action: fs:rename
      input: {files: [{from: d, to: e}]}
    - id: drop
      action: fs:delete
      input: {files: ["*.txt"]}
    - id: entity
      action: catalog:write
      input: {entity: {apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: "${{ parameters.name }}"}, spec: {port: "${{ parameters.port }}"}}}
  output:
    port: ${{ parameters.port }}
    links:
      - {title: yes, url: /x, if: "${{ parameters.name == 'n' }}"}
      - {title: no, url: /y, if: "${{ parameters.off }}"}
`
	trial, err := try(t, parse(t, spec, files), map[string]any{"name": "n", "off": false, "falseText": "false", "list": []any{"a", "b"}, "port": 8080})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"catalog-info.yaml", "e/b.txt"}, paths(trial)); diff != "" {
		t.Error(diff)
	}
	log := strings.Join(trial.Log, "\n")
	for _, want := range []string{"the text false is true", "0=a", "1=b"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
	if !slices.Equal(trial.Skipped, []string{"never"}) {
		t.Errorf("skipped %v", trial.Skipped)
	}
	if text := trial.Files[0].Text; !strings.Contains(text, "source-template: template:default/t") || !strings.Contains(text, "port: 8080\n") {
		t.Errorf("catalog file:\n%s", text)
	}
	if links, _ := trial.Output["links"].([]any); len(links) != 1 {
		t.Errorf("output %v; want one link", trial.Output)
	}
}

func TestStrictTemplatesFailOnUndefined(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"s/a.txt": file("one\n${{ values.nme }}"), "s/b.txt": file("${{ values.nme | upper }}")}
	spec := "  strict: %\n  steps:\n    - action: fetch:template\n      input: {url: ./s, values: {name: x}}\n"
	_, err := try(t, parse(t, strings.Replace(spec, "%", "true", 1), files), nil)
	if err == nil || !strings.Contains(err.Error(), "s/a.txt:2:12") || !strings.Contains(err.Error(), "s/b.txt:1:12") || !strings.Contains(err.Error(), "Did you mean `name`?") {
		t.Errorf("strict: %v; want both places and a suggestion", err)
	}
	trial, err := try(t, parse(t, strings.Replace(spec, "%", "false", 1), files), nil)
	if err != nil || !strings.Contains(strings.Join(trial.Log, "\n"), "s/a.txt:2:12") {
		t.Errorf("not strict: %v, log %v; want a warning", err, trial.Log)
	}
}

func TestParseRefusals(t *testing.T) {
	t.Parallel()
	head := "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\n"
	for name, tt := range map[string][2]string{
		"not yaml":    {"a: [", "not valid YAML"},
		"empty":       {"", "no such template"},
		"list":        {"- a", "A template is an object"},
		"version":     {"apiVersion: v1\nkind: Template\nmetadata: {name: t}\nspec: {}", "template.yaml:1: A template's apiVersion"},
		"no steps":    {head + "spec: {type: x}", "needs steps"},
		"no action":   {head + "spec:\n  steps:\n    - id: a\n", "A step needs an action"},
		"same id":     {head + "spec:\n  steps:\n    - {id: a, action: debug:log}\n    - {id: a, action: debug:log}\n", "template.yaml:7: There are two steps"},
		"parameters":  {head + "spec:\n  parameters: [1]\n  steps: [{action: debug:log}]\n", "JSON Schema"},
		"alias bombs": {head + "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nspec: {}", "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scaffold.Parse([]byte(tt[0]), "template.yaml", nil)
			if err == nil || !strings.Contains(err.Error(), tt[1]) {
				t.Errorf("got %v, want %q", err, tt[1])
			}
		})
	}
}

func TestWorkspaceKeepsItsFiles(t *testing.T) {
	t.Parallel()
	w := scaffold.NewWorkspace()
	if err := w.Put("a/b.sh", scaffold.WorkFile{Mode: forge.Executable, Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if err := w.Put("a/b.sh/c", scaffold.WorkFile{}); err == nil {
		t.Error("a file became a folder")
	}
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var again scaffold.Workspace
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if f, ok := again.Get("a/b.sh"); !ok || f.Mode != forge.Executable || string(f.Data) != "x" {
		t.Errorf("came back as %+v, %v", f, ok)
	}
}

// TestTemplatesOfOthers reads what Backstage users have.
func TestTemplatesOfOthers(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../../shared/fixtures/janus-templates/templates/*/*/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("no ../shared/fixtures/janus-templates: templates of others are not read")
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tmpl, err := scaffold.Parse(b, "template.yaml", os.DirFS(filepath.Dir(name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(tmpl.Pages) == 0 || len(tmpl.Steps) == 0 || tmpl.Ref == (catalog.Ref{}) {
			t.Errorf("%s: %d pages, %d steps", name, len(tmpl.Pages), len(tmpl.Steps))
		}
		e, _ := newEngine(t, org())
		faults, err := e.Check(context.Background(), access.System("test"), tmpl, map[string]any{})
		if err != nil {
			t.Errorf("%s: check: %v", name, err)
		}
		t.Logf("%s: %d pages, %d steps, not had: %v, needed: %d", tmpl.Ref.Name, len(tmpl.Pages), len(tmpl.Steps), tmpl.Unsupported, len(faults))
	}
}
