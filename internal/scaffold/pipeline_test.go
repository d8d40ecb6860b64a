package scaffold_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

const pipelineTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: built}
spec:
  type: service
  steps:
    - id: pipeline
      action: pipeline:render
      input: INPUT
`

// The step writes the definition and the files of each target.
func TestPipelineRender(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, input, want, wrong string }{
		{"two targets", `{targets: [gitea, github], definition: {apiVersion: waymark.dev/v1, kind: Pipeline, metadata: {name: ci}, spec: {language: go, checks: [unit-tests, "coverage > 80%"]}}}`,
			".gitea/workflows/ci.yaml .github/workflows/ci.yaml pipeline.yaml", ""},
		{"one target in a folder", `{targets: gitlab, targetPath: svc, definition: {apiVersion: waymark.dev/v1, kind: Pipeline, metadata: {name: ci}, spec: {language: go, checks: [lint]}}}`,
			"svc/.gitlab-ci.yml svc/pipeline.yaml", ""},
		{"no file", `{targets: github}`, "", `there is no "pipeline.yaml" in the workspace`},
		{"faulty", `{targets: github, definition: {apiVersion: waymark.dev/v1, kind: Pipeline, metadata: {name: ci}, spec: {language: cobol}}}`, "", "spec.language"},
		{"out of the workspace", `{targets: github, file: ../../etc/passwd}`, "", "leaves the workspace"},
		{"unknown target", `{targets: jenkins}`, "", "targets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, _ := newEngine(t, newMemory())
			tmpl, err := scaffold.Parse([]byte(strings.Replace(pipelineTemplate, "INPUT", tt.input, 1)), "template.yaml", nil)
			if err != nil {
				t.Fatal(err)
			}
			trial, err := e.Try(context.Background(), tmpl, scaffold.Order{Steps: tmpl.Steps, Values: map[string]any{}}, nil)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Fatalf("got %v, want %q", err, tt.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range trial.Files {
				got = append(got, f.Path)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
