package pipeline

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fault"
)

const head = "apiVersion: waymark.dev/v1\nkind: Pipeline\nmetadata: {name: ci}\nspec:\n"

// Each fault names its field and its line.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"nothing", "", "The file is empty"},
		{"no YAML", "a: [", "not valid YAML"},
		{"two documents", head + "  language: go\n  checks: [lint]\n---\na: 1\n", "more than one document"},
		{"a list", "- a", "pipeline.yaml:1: An object is needed here."},
		{"version", "apiVersion: v1\nkind: Pipeline\nmetadata: {name: ci}\nspec: {language: go, checks: [lint]}", "pipeline.yaml:1: apiVersion: A pipeline's apiVersion is waymark.dev/v1."},
		{"unknown key", head + "  languge: go\n  checks: [lint]\n", "pipeline.yaml:5: spec.languge: There is no such field. Did you mean language?"},
		{"key twice", head + "  language: go\n  language: go\n  checks: [lint]\n", `"language" already defined|stands here twice`},
		{"does nothing", head + "  language: go\n", "does nothing"},
		{"language", head + "  language: cobol\n  checks: [lint]\n", `spec.language: "cobol" is not one of go, node, python`},
		{"check", head + "  language: go\n  checks: [tests]\n", `spec.checks[0]: "tests" is not one of`},
		{"coverage of nothing", head + "  checks: [\"coverage > 80%\"]\n  stages: [{name: a, jobs: [{name: b, check: unit-tests, image: a:1, steps: [x]}]}]\n", "Coverage can be measured"},
		{"check of nobody", head + "  checks: [lint]\n", "No job has check: lint"},
		{"job name", head + "  language: go\n  stages:\n    - name: a\n      jobs:\n        - name: B_c\n          steps: [x]\n", `pipeline.yaml:9: spec.stages[0].jobs[0].name: "B_c" cannot be used`},
		{"job twice", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, steps: [x]}, {name: b, steps: [x]}]}]\n", `two jobs "b"`},
		{"reserved name", head + "  language: go\n  stages: [{name: a, jobs: [{name: image, steps: [x]}]}]\n", "is made for you"},
		{"need of nothing", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, needs: [c], steps: [x]}]}]\n", `no job "c"`},
		{"no steps", head + "  language: go\n  stages: [{name: a, jobs: [{name: b}]}]\n", "jobs[0].steps: A job needs steps."},
		{"no image", head + "  stages: [{name: a, jobs: [{name: b, steps: [x]}]}]\n", "needs an image for each job"},
		{"image that moves", head + "  stages: [{name: a, jobs: [{name: b, image: golang, steps: [x]}]}]\n", "name its tag or digest"},
		{"latest", head + "  stages: [{name: a, jobs: [{name: b, image: \"a/b:latest\", steps: [x]}]}]\n", "name its tag or digest"},
		{"expression in run", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, steps: [\"echo ${{ github.event.pull_request.title }}\"]}]}]\n", "could be run as a command"},
		{"expression in env", head + "  language: go\n  env: {A: \"${{ github.head_ref }}\"}\n  checks: [lint]\n", "spec.env.A: Expressions of a host"},
		{"Tekton in run", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, steps: [\"echo $(params.ref)\"]}]}]\n", "would be replaced by Tekton"},
		{"PaC in run", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, steps: [\"echo {{ body.title }}\"]}]}]\n", "would be replaced by Tekton"},
		{"name of a variable", head + "  language: go\n  env: {\"A-B\": x}\n  checks: [lint]\n", "cannot be the name of a variable"},
		{"variable of the host", head + "  language: go\n  env: {GITHUB_TOKEN: x}\n  checks: [lint]\n", "belong to the host"},
		{"path out", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, steps: [{run: x, dir: ../..}]}]}]\n", "leads out of the repository"},
		{"time", head + "  language: go\n  timeout: soon\n  checks: [lint]\n", "is not a time such as"},
		{"long time", head + "  language: go\n  timeout: 100h\n  checks: [lint]\n", "is more than"},
		{"weights", head + "  language: go\n  environments: [{name: p, deploy: x, canary: [{weight: 50}, {weight: 10}]}]\n", "Weights grow"},
		{"last weight", head + "  language: go\n  environments: [{name: p, deploy: x, canary: [{weight: 50}]}]\n", "has the weight 100"},
		{"environment twice", head + "  language: go\n  environments: [{name: p, deploy: x}, {name: p, deploy: x}]\n", `two environments "p"`},
		{"gate", head + "  language: go\n  environments: [{name: p, deploy: x, gate: manuel}]\n", "Did you mean manual?"},
		{"number for text", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, steps: [{name: 1, run: x}]}]}]\n", "write it in quotes"},
		{"cron", head + "  language: go\n  triggers: {schedule: [daily]}\n  checks: [lint]\n", "five fields"},
		{"never", head + "  language: go\n  triggers: {manual: false}\n  checks: [lint]\n", "Nothing would ever start"},
		{"matrix and copies", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, parallel: 2, matrix: {a: [b]}, steps: [x]}]}]\n", "not both"},
		{"large matrix", head + "  language: go\n  stages: [{name: a, jobs: [{name: b, matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9], b: [1, 2, 3, 4, 5, 6, 7, 8, 9]}, steps: [x]}]}]\n", "makes 81 jobs"},
		{"gosec of node", head + "  language: node\n  security: {gosec: true}\n", "gosec reads Go only"},
		{"bomb", "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e]\n", "too large once its aliases"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.text))
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v", err)
			}
			for _, w := range strings.Split(tt.want, "|") {
				if strings.Contains(err.Error(), w) {
					return
				}
			}
			t.Errorf("got %q, want %q", err, tt.want)
		})
	}
}

// Everything that is wrong is told at once.
func TestParseTellsAll(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(head + "  language: x\n  timeout: y\n  checks: [z]\n  stages: [{name: A, jobs: []}]\n"))
	for _, field := range []string{"spec.language", "spec.timeout", "spec.checks[0]", "spec.stages[0].name", "spec.stages[0].jobs"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not in %v", field, err)
		}
	}
}

// A CRLF file with a byte order mark reads like any other.
func TestParseWindowsFile(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + strings.ReplaceAll(head+"  language: go\n  checks: [lint]\n", "\n", "\r\n")
	if _, err := Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"service", "plain", "library"} {
		b, err := os.ReadFile("testdata/" + name + "/pipeline.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		for _, target := range Targets {
			files, err := Render(d, target)
			if err != nil {
				continue
			}
			again, _ := Render(d, target)
			for i, x := range files {
				var v any
				if err := yaml.Unmarshal(x.Data, &v); err != nil {
					t.Fatalf("%s: %v\n%s", x.Path, err, x.Data)
				}
				if !bytes.Equal(x.Data, again[i].Data) {
					t.Fatalf("%s differs the second time", x.Path)
				}
			}
		}
	})
}

// A text that is written is read back as it was.
func FuzzScalar(f *testing.F) {
	for _, s := range []string{"", "on", "1.20", "a: b", "- x", "#", "line\nline\n", "\ttab\n x", "'\"\\", "~", "0x1f", "1:30", " lead", "trail ", "\u2028", "é", "a\n\n\n", "{a}", "[", "%", "@", "`", "!tag", "&a", "*a", "|", ">", "?", "a #b", "a:", "=", "<<", "2026-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !validText(s) {
			t.Skip()
		}
		text := encode("", obj("list", []any{obj("key", stringValue(s)), stringValue(s)}, "flow", flow{"x" + s}).set("end", "here"))
		var got struct {
			List []any
			Flow []string
			End  string
		}
		if err := yaml.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if m, _ := got.List[0].(map[string]any); m["key"] != s || got.List[1] != s || got.Flow[0] != "x"+s || got.End != "here" {
			t.Errorf("wrote %q, read %q\n%s", s, got, text)
		}
	})
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }
