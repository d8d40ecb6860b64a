package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// inWorkspace is what actions that change the workspace only say of undoing.
const inWorkspace = "Nothing outside the run's own workspace is touched."

const fetchURL = `"url":{"type":"string","minLength":1,"description":"Folder relative to the template's file, or the address of a folder of a repository: on the embedded forge or on a host of catalog.hosts."}`

const fileURL = `"url":{"type":"string","minLength":1,"description":"File relative to the template's file, or the address of a file: on the embedded forge or on a host of catalog.hosts."}`

const fetchToken = `"token":{"type":"string","description":"A person's own token for the host, from secrets, sent instead of the portal's."}`

var fetchActions = []Action{
	{ID: "fetch:plain", Summary: "Copies a folder into the workspace as it is.", DryRun: true, Undo: inWorkspace, do: fetchPlain,
		Input: json.RawMessage(`{"type":"object","required":["url"],"properties":{` + fetchURL + `,
"targetPath":{"type":"string","description":"Folder of the workspace; the workspace itself when left out."},` + fetchToken + `}}`),
		Examples: []Example{{"Copy the folder docs that stands beside the template.", "url: ./docs\ntargetPath: docs"}}},
	{ID: "fetch:plain:file", Summary: "Copies one file into the workspace as it is.", DryRun: true, Undo: inWorkspace, do: fetchPlainFile,
		Input: json.RawMessage(`{"type":"object","required":["url","targetPath"],"properties":{` + fileURL + `,
"targetPath":{"type":"string","minLength":1,"description":"Path of the file in the workspace."},` + fetchToken + `}}`),
		Examples: []Example{{"Copy a licence.", "url: ./LICENSE\ntargetPath: LICENSE"}}},
	{ID: "fetch:template", Summary: "Copies a folder into the workspace and renders its paths and files.", DryRun: true, Undo: inWorkspace, do: fetchTemplate,
		Input: json.RawMessage(`{"type":"object","required":["url"],"properties":{` + fetchURL + `,
"targetPath":{"type":"string","description":"Folder of the workspace; the workspace itself when left out."},` + renderInputs + `,` + fetchToken + `}}`),
		Examples: []Example{
			{"Render a skeleton.", "url: ./skeleton\nvalues:\n  name: refund-api\n  port: 8080"},
			{"Render only the files that end in .njk, and copy the others.", "url: ./skeleton\ntargetPath: service\ntemplateFileExtension: true\nreplace: true\nvalues:\n  name: refund-api"}}},
	{ID: "fetch:template:file", Summary: "Renders one file into the workspace.", DryRun: true, Undo: inWorkspace, do: fetchTemplateFile,
		Input: json.RawMessage(`{"type":"object","required":["url","targetPath"],"properties":{` + fileURL + `,
"targetPath":{"type":"string","minLength":1,"description":"Path of the file in the workspace."},` + renderFileInputs + `,` + fetchToken + `}}`),
		Examples: []Example{{"Render one file.", "url: ./skeleton/README.md\ntargetPath: docs/index.md\nvalues:\n  name: refund-api"}}},
}

// freshSource opens the folder that a step's url names, as it is now.
func (c *call) freshSource(ctx context.Context, url string) (fs.FS, error) {
	if strings.HasPrefix(url, "https://"+forge.Host+"/") {
		return c.engine.forgeFolder(ctx, url)
	}
	if strings.Contains(url, "://") {
		if c.engine.o.Fetcher == nil {
			return nil, notConnected(url)
		}
		return c.engine.o.Fetcher.Folder(ctx, url, inputText(c.input, "token"))
	}
	dir, err := c.beside(url)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(c.tmpl.files, dir)
	if err != nil || !info.IsDir() {
		return nil, fault.Newf(fault.NotFound, "The template has no folder %q.", url)
	}
	return fs.Sub(c.tmpl.files, dir)
}

// beside is where a name relative to the template's file leads in its source.
func (c *call) beside(url string) (string, error) {
	if c.tmpl.files == nil {
		return "", fault.Newf(fault.Unavailable, "The folder of this template cannot be read, so %q cannot be fetched.", url)
	}
	p := path.Clean(path.Join(path.Dir(c.tmpl.file), url))
	if p == ".." || strings.HasPrefix(p, "../") || path.IsAbs(url) || !fs.ValidPath(p) {
		return "", fault.Newf(fault.Invalid, "%q leads out of the template's source.", url)
	}
	return p, nil
}

func notConnected(url string) error {
	return fault.Newf(fault.Invalid, "%s is on a host that is not connected. Name the host under catalog.hosts, or use a folder beside the template or the embedded forge.", url)
}

// sourceFile reads the file that a step's url names: as it was kept with the
// order, else as it is.
func (c *call) sourceFile(ctx context.Context, url string) ([]byte, error) {
	key := "file " + url
	if b, ok := c.sources.kept[key]; ok {
		return b, nil
	}
	if c.confined && strings.Contains(url, "://") {
		return nil, fault.Newf(fault.Invalid, "%s is not read for a template that is only tried: send its files along, beside the template.", url)
	}
	if !c.sources.write && c.tmpl.files == nil {
		if err := c.findFiles(ctx); err != nil {
			return nil, err
		}
	}
	b, err := c.freshFile(ctx, url)
	if err == nil && c.sources.write && c.sources.size+int64(len(b)) <= maxSources {
		c.sources.kept[key] = b
		c.sources.size += int64(len(b))
	}
	return b, err
}

// freshFile reads a file as it is now.
func (c *call) freshFile(ctx context.Context, url string) ([]byte, error) {
	if strings.HasPrefix(url, "https://"+forge.Host+"/") {
		dir, name := path.Split(url)
		files, err := c.engine.forgeFolder(ctx, strings.TrimSuffix(dir, "/"))
		if err != nil {
			return nil, err
		}
		return readOne(files, name, url)
	}
	if strings.Contains(url, "://") {
		if c.engine.o.Fetcher == nil {
			return nil, notConnected(url)
		}
		return c.engine.o.Fetcher.File(ctx, url, inputText(c.input, "token"))
	}
	p, err := c.beside(url)
	if err != nil {
		return nil, err
	}
	return readOne(c.tmpl.files, p, url)
}

// readOne reads a file that a step names as url.
func readOne(files fs.FS, name, url string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fault.Newf(fault.Invalid, "%q is no path of a file.", url)
	}
	info, err := fs.Stat(files, name)
	switch {
	case err != nil || info.IsDir():
		return nil, fault.Newf(fault.NotFound, "There is no file %q.", url)
	case info.Size() > maxBytes:
		return nil, fault.Newf(fault.TooLarge, "%s is too large.", url)
	}
	return fs.ReadFile(files, name)
}

// eachFile goes over the files of a folder. A link comes as one, with the
// place to which it leads as its data.
func eachFile(ctx context.Context, from fs.FS, f func(p string, file WorkFile) error) error {
	return fs.WalkDir(from, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return ctx.Err()
		}
		file, err := readFile(from, p, d)
		if err != nil {
			return err
		}
		return f(p, file)
	})
}

func readFile(from fs.FS, p string, d fs.DirEntry) (WorkFile, error) {
	info, err := d.Info()
	if err != nil {
		return WorkFile{}, err
	}
	switch {
	case info.Size() > maxBytes:
		return WorkFile{}, fault.Newf(fault.TooLarge, "%s is too large.", p)
	case info.Mode()&fs.ModeSymlink != 0:
		return readLink(from, p)
	case !info.Mode().IsRegular():
		return WorkFile{}, fault.Newf(fault.Invalid, "%s is no ordinary file.", p)
	}
	file := WorkFile{}
	if info.Mode().Perm()&0o111 != 0 {
		file.Mode = forge.Executable
	}
	file.Data, err = fs.ReadFile(from, p)
	return file, err
}

// readLink reads where a link leads. What knows no links gives it as the text
// of the file.
func readLink(from fs.FS, p string) (WorkFile, error) {
	to, err := fs.ReadLink(from, p)
	if err == nil || !errors.Is(err, fs.ErrInvalid) {
		return WorkFile{Mode: forge.Symlink, Data: []byte(to)}, err
	}
	b, err := fs.ReadFile(from, p)
	if err == nil && len(b) > maxName {
		return WorkFile{}, fault.Newf(fault.Invalid, "%s is a link to a path that is too long.", p)
	}
	return WorkFile{Mode: forge.Symlink, Data: b}, err
}

func fetchPlain(ctx context.Context, c *call) error {
	from, err := c.source(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	n := 0
	err = eachFile(ctx, from, func(p string, file WorkFile) error {
		n++
		return c.put("fetch:plain", under(inputText(c.input, "targetPath"), p), file)
	})
	c.logf("%d files copied", n)
	return err
}

func fetchPlainFile(ctx context.Context, c *call) error {
	b, err := c.sourceFile(ctx, inputText(c.input, "url"))
	if err != nil {
		return err
	}
	to := inputText(c.input, "targetPath")
	c.logf("%s copied", to)
	return c.put("fetch:plain:file", to, WorkFile{Data: b})
}

// put writes a file into the workspace for an action.
func (c *call) put(action, p string, f WorkFile) error {
	if err := c.work.Put(p, f); err != nil {
		return fault.Newf(fault.Invalid, "%s: %s.", action, err)
	}
	return nil
}
