package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// What all actions that render take.
const renderFileInputs = `"values":{"type":"object","description":"What paths and files see as values."},
"cookiecutterCompat":{"type":"boolean","description":"Read {{ cookiecutter.x }} as well; values are under cookiecutter then."},
"replace":{"type":"boolean","description":"Overwrite files that are there; they are kept otherwise."},
"trimBlocks":{"type":"boolean","description":"Leave out the line break after a block."},
"lstripBlocks":{"type":"boolean","description":"Leave out the blanks before a block."}`

const renderInputs = renderFileInputs + `,
"copyWithoutTemplating":{"type":"array","items":{"type":"string"},"description":"Globs of files and folders that are copied as they are; their paths are rendered."},
"copyWithoutRender":{"type":"array","items":{"type":"string"},"description":"Out of use: like copyWithoutTemplating, but paths are not rendered either."},
"templateFileExtension":{"type":["boolean","string"],"description":"Only files with this ending (true: .njk) are rendered, and lose it."}`

var workspaceActions = []Action{
	{ID: "workspace:template", Summary: "Renders a folder of the workspace into another one.", DryRun: true, Undo: inWorkspace, do: workspaceTemplate,
		Input: json.RawMessage(`{"type":"object","required":["sourcePath","targetPath"],"properties":{
"sourcePath":{"type":"string","minLength":1,"description":"Folder of the workspace that is rendered."},
"targetPath":{"type":"string","minLength":1,"description":"Folder of the workspace; neither may be within the other."},` + renderInputs + `}}`),
		Examples: []Example{{"Render what an earlier step has fetched.", "sourcePath: skeleton\ntargetPath: service\nvalues:\n  name: refund-api"}}},
	{ID: "workspace:template:file", Summary: "Renders a file of the workspace into another one.", DryRun: true, Undo: inWorkspace, do: workspaceTemplateFile,
		Input: json.RawMessage(`{"type":"object","required":["sourcePath","targetPath"],"properties":{
"sourcePath":{"type":"string","minLength":1,"description":"File of the workspace that is rendered."},
"targetPath":{"type":"string","minLength":1,"description":"Path of the file that is made."},` + renderFileInputs + `}}`),
		Examples: []Example{{"Render one file of the workspace.", "sourcePath: skeleton/README.md\ntargetPath: README.md\nvalues:\n  name: refund-api"}}},
}

// renderer is one use of an action that renders.
type renderer struct {
	c         *call
	action    string
	from      string // where files come from, for messages
	target    string
	extension string
	raw       []string // globs
	rawPaths  bool     // paths of raw files are not rendered either
	replace   bool
	opts      expr.Options
	vars      map[string]any
	failed    []*expr.Error
	made      int
	kept      int
}

func fetchTemplate(ctx context.Context, c *call) error {
	r, err := newRenderer(c, "fetch:template", inputText(c.input, "url"))
	if err != nil {
		return err
	}
	from, err := c.source(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	return r.all(ctx, func(f func(string, WorkFile) error) error { return eachFile(ctx, from, f) })
}

func fetchTemplateFile(ctx context.Context, c *call) error {
	r, err := newRenderer(c, "fetch:template:file", inputText(c.input, "url"))
	if err != nil {
		return err
	}
	if r.there() {
		return nil
	}
	b, err := c.sourceFile(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	return r.single(ctx, WorkFile{Data: b})
}

func workspaceTemplate(ctx context.Context, c *call) error {
	r, err := newRenderer(c, "workspace:template", inputText(c.input, "sourcePath"))
	if err != nil {
		return err
	}
	from, err := CleanPath(inputText(c.input, "sourcePath"))
	if err != nil {
		return fault.Newf(fault.Invalid, "workspace:template: %s.", err)
	}
	to, err := CleanPath(r.target)
	if err != nil {
		return fault.Newf(fault.Invalid, "workspace:template: %s.", err)
	}
	if within(from, to) || within(to, from) {
		return fault.New(fault.Invalid, "workspace:template: sourcePath and targetPath may not be within each other.")
	}
	files := c.work.Under(from)
	if len(files) == 0 {
		return fault.Newf(fault.NotFound, "workspace:template: there is no folder %q in the workspace.", from)
	}
	return r.all(ctx, func(f func(string, WorkFile) error) error {
		for _, p := range files {
			file, _ := c.work.Get(p)
			if err := f(strings.TrimPrefix(strings.TrimPrefix(p, from), "/"), file); err != nil {
				return err
			}
		}
		return nil
	})
}

// within reports whether p is dir or below it.
func within(dir, p string) bool {
	return dir == "" || p == dir || strings.HasPrefix(p, dir+"/")
}

func workspaceTemplateFile(ctx context.Context, c *call) error {
	r, err := newRenderer(c, "workspace:template:file", inputText(c.input, "sourcePath"))
	if err != nil {
		return err
	}
	if r.there() {
		return nil
	}
	file, err := c.file("workspace:template:file", inputText(c.input, "sourcePath"))
	if err != nil {
		return err
	}
	return r.single(ctx, file)
}

// file reads a file of the workspace for an action.
func (c *call) file(action, p string) (WorkFile, error) {
	clean, err := CleanPath(p)
	if err != nil {
		return WorkFile{}, fault.Newf(fault.Invalid, "%s: %s.", action, err)
	}
	f, ok := c.work.Get(clean)
	if !ok || f.Mode == forge.Symlink {
		return WorkFile{}, fault.Newf(fault.NotFound, "%s: there is no file %q in the workspace.", action, clean)
	}
	return f, nil
}

func newRenderer(c *call, action, from string) (*renderer, error) {
	in := c.input
	r := &renderer{c: c, action: action, from: from, target: inputText(in, "targetPath")}
	r.replace, _ = in["replace"].(bool)
	r.opts.Strict = c.tmpl.Strict
	r.opts.TrimBlocks, _ = in["trimBlocks"].(bool)
	r.opts.LstripBlocks, _ = in["lstripBlocks"].(bool)
	r.opts.Cookiecutter, _ = in["cookiecutterCompat"].(bool)
	values := object(in, "values")
	if values == nil {
		values = map[string]any{}
	}
	r.vars = map[string]any{"values": values}
	if r.opts.Cookiecutter {
		r.vars = map[string]any{"cookiecutter": values}
	}
	return r, r.selection(in)
}

// selection reads which files are rendered, and refuses what contradicts.
func (r *renderer) selection(in map[string]any) error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, r.action+": "+fmt.Sprintf(format, args...))
	}
	raw, old := in["copyWithoutTemplating"], in["copyWithoutRender"]
	switch {
	case raw != nil && old != nil:
		return bad("copyWithoutTemplating and copyWithoutRender cannot be used together.")
	case old != nil:
		r.raw, r.rawPaths = texts(old), true
		r.c.log("warn", "copyWithoutRender is out of use; write copyWithoutTemplating, which renders paths.")
	default:
		r.raw = texts(raw)
	}
	switch e := in["templateFileExtension"].(type) {
	case bool:
		if e {
			r.extension = ".njk"
		}
	case string:
		r.extension = e
		if e != "" && !strings.HasPrefix(e, ".") {
			r.extension = "." + e
		}
	}
	if r.extension != "" && (raw != nil || old != nil || r.opts.Cookiecutter) {
		return bad("templateFileExtension cannot be used together with copyWithoutTemplating, copyWithoutRender or cookiecutterCompat.")
	}
	for _, g := range r.raw {
		if !doublestar.ValidatePattern(strings.TrimPrefix(g, "!")) {
			return bad("%q is not a glob.", g)
		}
	}
	return nil
}

// all renders every file that walk brings.
func (r *renderer) all(ctx context.Context, walk func(func(string, WorkFile) error) error) error {
	if err := walk(func(p string, file WorkFile) error { return r.file(ctx, p, file) }); err != nil {
		return err
	}
	if r.kept > 0 {
		r.c.logf("%d files made, %d kept as they were", r.made, r.kept)
	} else {
		r.c.logf("%d files made", r.made)
	}
	return problems(r.failed)
}

// there tells that the one file of a step is kept as it is.
func (r *renderer) there() bool {
	clean, err := CleanPath(r.target)
	if err != nil || r.replace {
		return false
	}
	_, there := r.c.work.Get(clean)
	if there {
		r.c.logf("%s is there already and is kept", clean)
	}
	return there
}

// single renders the one file of a step.
func (r *renderer) single(ctx context.Context, file WorkFile) error {
	text, err := r.text(ctx, "", string(file.Data))
	if err != nil {
		return err
	}
	file.Data = []byte(text)
	if err := problems(r.failed); err != nil {
		return err
	}
	r.c.logf("%s made", r.target)
	return r.c.put(r.action, r.target, file)
}

// file renders one file of the source into the workspace.
func (r *renderer) file(ctx context.Context, p string, file WorkFile) error {
	raw := r.isRaw(p)
	to, render := p, r.extension == "" && !raw
	if r.extension != "" && strings.HasSuffix(p, r.extension) {
		to, render = strings.TrimSuffix(p, r.extension), true
	}
	var err error
	if !raw || !r.rawPaths {
		if to, err = r.text(ctx, p+" (its name)", to); err != nil {
			return err
		}
	}
	if to == "" || strings.HasPrefix(to, "/") || strings.HasSuffix(to, "/") || strings.Contains(to, "//") {
		return nil // a name that renders to nothing leaves the file out
	}
	clean, err := CleanPath(under(r.target, to))
	if err != nil {
		return fault.Newf(fault.Invalid, "%s: %s: %s.", r.action, p, err)
	}
	if _, there := r.c.work.Get(clean); there && !r.replace {
		r.kept++
		return nil
	}
	if render && file.Mode != forge.Symlink && !binary(file.Data) {
		s, err := r.text(ctx, p, string(file.Data))
		if err != nil {
			return err
		}
		file.Data = []byte(s)
	}
	r.made++
	return r.c.put(r.action, clean, file)
}

// isRaw reports whether a file is copied as it is: it matches a glob, or lies
// in a folder that one names; globs after an exclamation mark take it back.
func (r *renderer) isRaw(p string) bool {
	matches := func(g string) bool {
		g = strings.TrimPrefix(g, "./")
		ok, err := doublestar.Match(g, p)
		return err == nil && ok || within(strings.TrimSuffix(g, "/"), p)
	}
	raw := slices.ContainsFunc(r.raw, func(g string) bool { return !strings.HasPrefix(g, "!") && matches(g) })
	return raw && !slices.ContainsFunc(r.raw, func(g string) bool { return strings.HasPrefix(g, "!") && matches(g[1:]) })
}

// text renders one text. In strict templates its faults are gathered, so that
// all of them are told at once; else it stays as it was, with a warning.
func (r *renderer) text(ctx context.Context, name, s string) (string, error) {
	if !expr.HasTags(s, r.opts.Cookiecutter) {
		return s, nil
	}
	o := r.opts
	o.File = path.Join(strings.TrimPrefix(r.from, "./"), name)
	t, err := expr.Compile(s, o)
	var out expr.Result
	if err == nil {
		out, err = t.Render(ctx, r.vars)
		for _, w := range out.Warnings {
			r.c.log("warn", w.Error())
		}
	}
	var wrong *expr.Error
	switch {
	case err == nil:
		return out.Text, nil
	case !errors.As(err, &wrong):
		return "", err
	case r.c.tmpl.Strict:
		r.failed = append(r.failed, wrong)
	default:
		r.c.log("warn", wrong.Error())
	}
	return s, nil
}

// problems is all faults of a rendering as one refusal, nil without any.
func problems(list []*expr.Error) error {
	if len(list) == 0 {
		return nil
	}
	const shown = 20
	lines := make([]string, 0, min(len(list), shown))
	for _, e := range list[:min(len(list), shown)] {
		lines = append(lines, e.Error())
	}
	more := ""
	if len(list) > shown {
		more = fmt.Sprintf(" And %d more.", len(list)-shown)
	}
	return fault.New(fault.Invalid, "The template cannot be rendered. "+strings.Join(lines, " · ")+more)
}

func binary(data []byte) bool {
	head := data[:min(len(data), 8000)]
	return bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(data)
}
