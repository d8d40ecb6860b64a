package scaffold

import (
	"context"
	"encoding/json"
	"path"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/pipeline"
)

// pipelineActions write the files of a build from its one definition.
//
// A golden path keeps pipeline.yaml in its skeleton and has this step after
// fetch:template:
//
//   - id: pipeline
//     name: Write the pipeline
//     action: pipeline:render
//     input:
//     targets: [gitea, github]
var pipelineActions = []Action{
	{ID: "pipeline:render", Summary: "Writes the files of GitHub Actions, GitLab CI, Gitea Actions or Tekton from a pipeline definition.", DryRun: true,
		Undo: "Nothing outside the run's own workspace is touched.", do: renderPipeline,
		Input: json.RawMessage(`{"type":"object","required":["targets"],"properties":{
"targets":{"description":"One or more of github, gitlab, gitea, tekton.","anyOf":[{"$ref":"#/definitions/target"},{"type":"array","minItems":1,"uniqueItems":true,"items":{"$ref":"#/definitions/target"}}]},
"file":{"type":"string","description":"The definition in the workspace; pipeline.yaml when left out."},
"definition":{"type":"object","description":"The definition itself, instead of a file; it is written to the file too."},
"targetPath":{"type":"string","description":"Folder of the workspace that becomes the repository."},
"replace":{"type":"boolean","description":"Overwrite files that are there."}},
"definitions":{"target":{"type":"string","enum":["github","gitlab","gitea","tekton"]}}}`),
		Output: json.RawMessage(`{"type":"object","required":["files","notes"],"properties":{
"files":{"type":"array","items":{"type":"string"},"description":"Paths of what was made."},
"notes":{"type":"array","items":{"type":"string"},"description":"What a target cannot do by itself, and what to do instead."}}}`),
		Examples: []Example{
			{Description: "Checks of a Go service, for Gitea and GitHub.", Input: `targets: [gitea, github]
definition:
  apiVersion: waymark.dev/v1
  kind: Pipeline
  metadata:
    name: ci
  spec:
    language: go
    checks: [unit-tests, lint, security-scan, coverage > 80%]
`}}},
}

func renderPipeline(_ context.Context, c *call) error {
	d, file, err := c.definition()
	if err != nil {
		return err
	}
	var made, notes []any
	for _, target := range pipelineTargets(c.input["targets"]) {
		files, err := pipeline.Render(d, target)
		if err != nil {
			return inputError("pipeline:render", err)
		}
		for _, f := range files {
			p := path.Join(inputText(c.input, "targetPath"), f.Path)
			if err := c.putFile(p, f.Data); err != nil {
				return err
			}
			made = append(made, p)
		}
		for _, g := range pipeline.Gaps(d, target) {
			c.logf("%s: %s", target.Title(), g)
			notes = append(notes, g)
		}
	}
	c.logf("%d files made from %s", len(made), file)
	c.output["files"], c.output["notes"] = made, append([]any{}, notes...)
	return nil
}

func pipelineTargets(v any) []pipeline.Target {
	list := texts(v)
	if s, ok := v.(string); ok {
		list = []string{s}
	}
	var out []pipeline.Target
	for _, s := range list {
		out = append(out, pipeline.Target(s))
	}
	return out
}

// definition reads the pipeline from the input, or from the workspace.
func (c *call) definition() (pipeline.Definition, string, error) {
	file := inputText(c.input, "file")
	if file == "" {
		file = "pipeline.yaml"
	}
	clean, err := CleanPath(path.Join(inputText(c.input, "targetPath"), file))
	if err != nil {
		return pipeline.Definition{}, file, fault.New(fault.Invalid, "pipeline:render: "+err.Error()+".")
	}
	var text []byte
	if given := object(c.input, "definition"); given != nil {
		if text, err = pipeline.Encode(given); err != nil {
			return pipeline.Definition{}, file, err
		}
		if err := c.putFile(clean, text); err != nil {
			return pipeline.Definition{}, file, err
		}
	} else {
		f, ok := c.work.Get(clean)
		if !ok {
			return pipeline.Definition{}, file, fault.Newf(fault.NotFound, "pipeline:render: there is no %q in the workspace.", clean)
		}
		text = f.Data
	}
	d, err := pipeline.ParseFile(clean, text)
	return d, file, err
}

// putFile writes a file that must not be there, unless replace is set.
func (c *call) putFile(p string, data []byte) error {
	clean, err := CleanPath(p)
	if err != nil {
		return fault.New(fault.Invalid, "pipeline:render: "+err.Error()+".")
	}
	replace, _ := c.input["replace"].(bool)
	if _, there := c.work.Get(clean); there && !replace {
		return fault.Newf(fault.Conflict, "pipeline:render: %q is there already; set replace to overwrite it.", clean)
	}
	if err := c.work.Put(clean, WorkFile{Data: data, Mode: forge.Regular}); err != nil {
		return fault.New(fault.Invalid, "pipeline:render: "+err.Error()+".")
	}
	return nil
}
