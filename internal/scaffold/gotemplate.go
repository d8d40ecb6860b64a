package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"path"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/expr/gotext"
	"github.com/waymark-portal/waymark/internal/fault"
)

var goTemplateActions = []Action{
	{ID: "fetch:go-template", Summary: "Copies a folder into the workspace and renders paths and files as Go templates, such as {{ .service_name }}.", DryRun: true, Undo: inWorkspace, do: fetchGoTemplate,
		Input: json.RawMessage(`{"type":"object","required":["url"],"properties":{` + fetchURL + `,
"targetPath":{"type":"string","description":"Folder of the workspace; the workspace itself when left out."},
"values":{"type":"object","description":"What texts and conditions see, as .name."},
"when":{"type":"array","description":"Files that are made on a condition only.","items":{"type":"object","required":["path","condition"],"properties":{
"path":{"type":"string","description":"Path in the folder."},"condition":{"type":"string","description":"Such as .database != \"none\"."}}}},
"replace":{"type":"boolean","description":"Overwrite files that are there; they are kept otherwise."},` + fetchToken + `}}`),
		Examples: []Example{{"Render the folder skeleton.", "url: ./skeleton\nvalues:\n  service_name: refund-api\n  name: refund-api"}}},
}

// fetchGoTemplate renders every file of a folder. Faults of all files are
// told at once; an undefined value is one.
func fetchGoTemplate(ctx context.Context, c *call) error {
	from, err := c.source(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	values := object(c.input, "values")
	if values == nil {
		values = map[string]any{}
	}
	conditions := map[string]string{}
	list, _ := c.input["when"].([]any)
	for _, x := range list {
		m, _ := x.(map[string]any)
		conditions[inputText(m, "path")] = inputText(m, "condition")
	}
	replace, _ := c.input["replace"].(bool)
	g := goRenderer{c: c, values: values, replace: replace}
	err = eachFile(ctx, from, func(p string, file WorkFile) error { return g.file(ctx, p, conditions[p], file) })
	if err != nil {
		return err
	}
	c.logf("%d files made, %d left out by their conditions", g.made, g.left)
	return problems(g.failed)
}

// goRenderer is one use of fetch:go-template.
type goRenderer struct {
	c          *call
	values     map[string]any
	replace    bool
	made, left int
	failed     []*expr.Error
}

func (g *goRenderer) file(ctx context.Context, p, condition string, file WorkFile) error {
	if condition != "" {
		t, err := gotext.CompileCondition(condition, expr.Options{File: p + " (its condition)", Strict: true})
		ok := false
		if err == nil {
			ok, err = t.Truth(ctx, g.values)
		}
		if err != nil {
			return g.note(err)
		}
		if !ok {
			g.left++
			return nil
		}
	}
	name, err := g.text(ctx, p+" (its name)", p)
	if err != nil {
		return g.note(err)
	}
	to, err := CleanPath(path.Join(inputText(g.c.input, "targetPath"), name))
	if err != nil {
		return fault.New(fault.Invalid, "fetch:go-template: "+err.Error()+".")
	}
	if _, there := g.c.work.Get(to); there && !g.replace {
		return nil
	}
	if !binary(file.Data) {
		s, err := g.text(ctx, p, string(file.Data))
		if err != nil {
			return g.note(err)
		}
		file.Data = []byte(s)
	}
	g.made++
	return g.c.work.Put(to, file)
}

// note keeps a fault of a text; others end the step.
func (g *goRenderer) note(err error) error {
	var wrong *expr.Error
	if !errors.As(err, &wrong) {
		return err
	}
	g.failed = append(g.failed, wrong)
	return nil
}

func (g *goRenderer) text(ctx context.Context, name, s string) (string, error) {
	t, err := gotext.Compile(s, expr.Options{File: name, Strict: true})
	if err != nil {
		return "", err
	}
	out, err := t.Render(ctx, g.values)
	return out.Text, err
}
