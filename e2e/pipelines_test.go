package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const (
	actionlint   = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"
	tektonModule = "github.com/tektoncd/pipeline@v1.0.0"
)

func rendered(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob("../internal/pipeline/testdata/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files, %v", pattern, err)
	}
	return files
}

// Rendered workflows keep to the syntax and the types of GitHub Actions, as
// actionlint knows them.
func TestPipelinesOfActions(t *testing.T) {
	t.Parallel()
	files := append(rendered(t, "*/github/.github/workflows/*.yaml"), rendered(t, "*/gitea/.gitea/workflows/*.yaml")...)
	cmd := exec.Command("go", append([]string{"run", actionlint, "-shellcheck=", "-pyflakes="}, files...)...)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// swagger is Tekton's own description of its objects.
type swagger struct {
	Definitions map[string]definition `json:"definitions"`
}

type definition struct {
	Ref        string                `json:"$ref"`
	Type       string                `json:"type"`
	Required   []string              `json:"required"`
	Properties map[string]definition `json:"properties"`
	Items      *definition           `json:"items"`
}

// Rendered runs hold no field that Tekton does not know, and all that it
// needs.
func TestPipelinesOfTekton(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "mod", "download", "-json", tektonModule).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(module.Dir, "pkg/apis/pipeline/v1/swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s swagger
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	for _, file := range rendered(t, "*/tekton/.tekton/*.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&v); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range s.check(definition{Ref: "#/definitions/v1.PipelineRun"}, v, "") {
			t.Errorf("%s: %s", file, wrong)
		}
	}
}

// check lists unknown and missing fields. What the description leaves open
// (objects of Kubernetes, values of any type) is left open here too.
func (s swagger) check(d definition, v any, at string) []string {
	if d.Ref != "" {
		name := strings.TrimPrefix(d.Ref, "#/definitions/")
		if name == "v1.ParamValue" {
			return nil // a text, a list or an object
		}
		d = s.Definitions[name]
	}
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for _, need := range d.Required {
			if _, ok := v[need]; !ok && len(d.Properties) > 0 {
				out = append(out, at+"."+need+" is missing")
			}
		}
		for key, x := range v {
			p, ok := d.Properties[key]
			if !ok && len(d.Properties) > 0 {
				out = append(out, at+"."+key+" is unknown")
			}
			out = append(out, s.check(p, x, at+"."+key)...)
		}
	case []any:
		if d.Type != "" && d.Type != "array" {
			return []string{at + " is a list, not " + d.Type}
		}
		for i, x := range v {
			if d.Items != nil {
				out = append(out, s.check(*d.Items, x, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case string:
		if d.Type == "object" && len(d.Properties) > 0 || d.Type == "array" || d.Type == "boolean" {
			out = append(out, at+" is a text, not "+d.Type)
		}
	}
	return out
}
