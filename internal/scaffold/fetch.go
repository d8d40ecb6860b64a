package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

var fetchActions = []Action{
	{ID: "fetch:template", Summary: "Copies a folder into the workspace and renders its paths and files.", DryRun: true,
		Undo: "Nothing outside the run's own workspace is touched.", do: fetchTemplate,
		Input: json.RawMessage(`{"type":"object","required":["url"],"properties":{
"url":{"type":"string","description":"Folder, relative to the template file, or an address of the embedded forge."},
"targetPath":{"type":"string","description":"Folder in the workspace."},
"values":{"type":"object","description":"What files and paths see as values."},
"copyWithoutTemplating":{"type":"array","items":{"type":"string"},"description":"Globs of files that are copied as they are; their paths are rendered."},
"copyWithoutRender":{"type":"array","items":{"type":"string"}},
"cookiecutterCompat":{"type":"boolean"},
"templateFileExtension":{"type":["boolean","string"],"description":"Only files with this ending (true: .njk) are rendered, and lose it."},
"replace":{"type":"boolean","description":"Overwrite files that are there."},
"trimBlocks":{"type":"boolean"},"lstripBlocks":{"type":"boolean"},"token":{"type":"string"}}}`)},
	{ID: "fetch:plain", Summary: "Copies a folder into the workspace as it is.", DryRun: true,
		Undo: "Nothing outside the run's own workspace is touched.", do: fetchPlain,
		Input: json.RawMessage(`{"type":"object","required":["url"],"properties":{
"url":{"type":"string"},"targetPath":{"type":"string"},"token":{"type":"string"}}}`)},
}

// freshSource opens the folder that a step's url names, as it is now.
func (c *call) freshSource(ctx context.Context, url string) (fs.FS, error) {
	if strings.HasPrefix(url, "https://"+forge.Host+"/") {
		return c.engine.forgeFolder(ctx, url)
	}
	if strings.Contains(url, "://") {
		return nil, fault.Newf(fault.Invalid, "%s is on a host that is not connected. Use a folder beside the template or the embedded forge.", url)
	}
	if c.tmpl.files == nil {
		return nil, fault.Newf(fault.Unavailable, "The folder of this template cannot be read, so %q cannot be fetched.", url)
	}
	dir := path.Clean(path.Join(path.Dir(c.tmpl.file), url))
	if dir == ".." || strings.HasPrefix(dir, "../") || path.IsAbs(url) || !fs.ValidPath(dir) {
		return nil, fault.Newf(fault.Invalid, "%q leads out of the template's source.", url)
	}
	info, err := fs.Stat(c.tmpl.files, dir)
	if err != nil || !info.IsDir() {
		return nil, fault.Newf(fault.NotFound, "The template has no folder %q.", url)
	}
	return fs.Sub(c.tmpl.files, dir)
}

// eachFile goes over the files of a folder.
func eachFile(ctx context.Context, from fs.FS, f func(p string, file WorkFile) error) error {
	return fs.WalkDir(from, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.IsDir() && d.Name() == ".git" {
				return fs.SkipDir
			}
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Size() > maxBytes {
			return fault.Newf(fault.TooLarge, "%s is too large.", p)
		}
		data, err := fs.ReadFile(from, p)
		if err != nil {
			return err
		}
		file := WorkFile{Data: data}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			return nil // a link could lead anywhere
		case info.Mode().Perm()&0o111 != 0:
			file.Mode = forge.Executable
		}
		return f(p, file)
	})
}

func fetchPlain(ctx context.Context, c *call) error {
	from, err := c.source(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	n := 0
	err = eachFile(ctx, from, func(p string, file WorkFile) error {
		n++
		return c.work.Put(path.Join(inputText(c.input, "targetPath"), p), file)
	})
	c.logf("%d files copied", n)
	return err
}

// renderer is one use of fetch:template.
type renderer struct {
	c         *call
	target    string
	extension string
	raw       []string // globs
	replace   bool
	opts      expr.Options
	vars      map[string]any
	failed    []*expr.Error
	made      int
	kept      int
}

func fetchTemplate(ctx context.Context, c *call) error {
	r, err := newRenderer(c)
	if err != nil {
		return err
	}
	from, err := c.source(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	err = eachFile(ctx, from, func(p string, file WorkFile) error { return r.file(ctx, p, file) })
	if err != nil {
		return err
	}
	if r.kept > 0 {
		c.logf("%d files made, %d kept as they were", r.made, r.kept)
	} else {
		c.logf("%d files made", r.made)
	}
	return problems(r.failed)
}

func newRenderer(c *call) (*renderer, error) {
	in := c.input
	r := &renderer{c: c, target: inputText(in, "targetPath")}
	r.raw = append(texts(in["copyWithoutTemplating"]), texts(in["copyWithoutRender"])...)
	r.replace, _ = in["replace"].(bool)
	r.opts.Strict = c.tmpl.Strict
	r.opts.TrimBlocks, _ = in["trimBlocks"].(bool)
	r.opts.LstripBlocks, _ = in["lstripBlocks"].(bool)
	r.opts.Cookiecutter, _ = in["cookiecutterCompat"].(bool)
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
	if r.extension != "" && (len(r.raw) > 0 || r.opts.Cookiecutter) {
		return nil, fault.New(fault.Invalid, "fetch:template: templateFileExtension cannot be used together with copyWithoutTemplating or cookiecutterCompat.")
	}
	for _, g := range r.raw {
		if !doublestar.ValidatePattern(g) {
			return nil, fault.Newf(fault.Invalid, "fetch:template: %q is not a glob.", g)
		}
	}
	values := object(in, "values")
	if values == nil {
		values = map[string]any{}
	}
	r.vars = map[string]any{"values": values}
	if r.opts.Cookiecutter {
		r.vars = map[string]any{"cookiecutter": values}
	}
	return r, nil
}

// file renders one file of the source into the workspace.
func (r *renderer) file(ctx context.Context, p string, file WorkFile) error {
	to, render := p, r.extension == ""
	if r.extension != "" && strings.HasSuffix(p, r.extension) {
		to, render = strings.TrimSuffix(p, r.extension), true
	}
	to, err := r.text(ctx, p+" (its name)", to)
	if err != nil {
		return err
	}
	if to == "" || strings.HasPrefix(to, "/") || strings.HasSuffix(to, "/") || strings.Contains(to, "//") {
		return nil // a name that renders to nothing leaves the file out
	}
	to, err = CleanPath(path.Join(r.target, to))
	if err != nil {
		return fault.New(fault.Invalid, p+": "+err.Error()+".")
	}
	if _, there := r.c.work.Get(to); there && !r.replace {
		r.kept++
		return nil
	}
	if render && !r.isRaw(p) && !binary(file.Data) {
		s, err := r.text(ctx, p, string(file.Data))
		if err != nil {
			return err
		}
		file.Data = []byte(s)
	}
	r.made++
	return r.c.work.Put(to, file)
}

func (r *renderer) isRaw(p string) bool {
	return slices.ContainsFunc(r.raw, func(g string) bool {
		ok, err := doublestar.Match(strings.TrimPrefix(g, "./"), p)
		return err == nil && ok || strings.HasSuffix(g, "/") && strings.HasPrefix(p, g)
	})
}

// text renders one text. In strict templates its faults are gathered, so that
// all of them are told at once; else it stays as it was, with a warning.
func (r *renderer) text(ctx context.Context, name, s string) (string, error) {
	if !expr.HasTags(s, r.opts.Cookiecutter) {
		return s, nil
	}
	o := r.opts
	o.File = path.Join(strings.TrimPrefix(inputText(r.c.input, "url"), "./"), name)
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
