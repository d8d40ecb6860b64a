package scaffold

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/policy"
)

// Policy judges files before they leave the workspace. *policy.Engine does.
type Policy interface {
	Files(ctx context.Context, in policy.FilesInput) (policy.Result, error)
}

// checkActions judge the workspace.
var checkActions = []Action{
	{ID: "policy:check", Summary: "Judges the files of the workspace by the policies that apply to files.", DryRun: true, Undo: "Nothing to undo.", do: checkPolicy,
		Input: json.RawMessage(`{"type":"object","properties":{
"files":{"type":"array","items":{"type":"string"},"description":"Globs of the files to judge; all when left out."},
"mode":{"type":"string","enum":["enforce","report"],"description":"enforce, the default: what blocks fails the step; report: it is only listed."}}}`),
		Output: json.RawMessage(`{"type":"object","properties":{"allowed":{"type":"boolean"},"violations":{"type":"array","items":{"type":"object","properties":{
"rule":{"type":"string"},"severity":{"type":"string"},"message":{"type":"string"},"resource":{"type":"string"},"fix":{"type":"string"}}}}}}`),
		Examples: []Example{{"Judge all manifests.", "files: ['deploy/**']"}}},
	{ID: "docs:check", Summary: "Checks the documentation in the workspace: links, anchors, pictures, navigation, examples.", DryRun: true, Undo: "Nothing to undo.", do: checkDocs,
		Input: json.RawMessage(`{"type":"object","properties":{
"sourcePath":{"type":"string","description":"Folder that holds mkdocs.yml and docs, or a README.md; the workspace itself when left out."},
"mode":{"type":"string","enum":["enforce","report"],"description":"enforce, the default: what hurts a reader fails the step; report: it is only listed."}}}`),
		Output: json.RawMessage(`{"type":"object","properties":{"pages":{"type":"integer"},"broken":{"type":"integer"},"problems":{"type":"array","items":{"type":"object","properties":{
"page":{"type":"string"},"line":{"type":"integer"},"rule":{"type":"string"},"message":{"type":"string"},"fix":{"type":"string"},"broken":{"type":"boolean"}}}}}}`),
		Examples: []Example{{"Refuse broken links.", "sourcePath: ."}}},
}

// maxJudged bounds what policies are given, in bytes.
const maxJudged = 10 << 20

func checkPolicy(ctx context.Context, c *call) error {
	if c.engine.o.Policy == nil {
		return fault.New(fault.Unavailable, "policy:check: this portal has no policies.")
	}
	in := policy.FilesInput{Template: c.order.Template, Owner: c.order.Team, By: c.order.By, Run: c.run, Dry: c.dry, Files: map[string]string{}}
	size := 0
	for _, p := range c.work.Paths() {
		f, _ := c.work.Get(p)
		if !c.chosen(p) || f.Mode == forge.Symlink || binary(f.Data) {
			continue
		}
		if size += len(f.Data); size > maxJudged {
			return fault.Newf(fault.TooLarge, "policy:check: more than %d MB are to be judged; name the files that matter.", maxJudged>>20)
		}
		in.Files[p] = string(f.Data)
	}
	res, err := c.engine.o.Policy.Files(ctx, in)
	if err != nil {
		return err
	}
	var blocking []string
	broken := []any{}
	for _, k := range res.Checks {
		if k.Passed {
			continue
		}
		text := fmt.Sprintf("%s (%s): %s", k.Title, k.Level, k.Message)
		if k.Blocks() {
			blocking = append(blocking, text)
		}
		c.log("warn", text)
		broken = append(broken, map[string]any{"rule": k.Rule, "severity": string(k.Level), "message": k.Message, "resource": k.Resource, "fix": k.Fix})
	}
	if len(res.Checks) == 0 {
		c.log("warn", "No policy had anything to say of these files.")
	}
	c.output["allowed"], c.output["violations"] = len(blocking) == 0, broken
	c.logf("%d files judged, %d violations", len(in.Files), len(broken))
	if len(blocking) > 0 && inputText(c.input, "mode") != "report" {
		return fault.New(fault.Policy, "policy:check: "+joined(blocking, 10))
	}
	return nil
}

// chosen reports whether the step's globs name p.
func (c *call) chosen(p string) bool {
	list := texts(c.input["files"])
	return len(list) == 0 || slices.ContainsFunc(list, func(g string) bool {
		ok, err := doublestar.Match(strings.TrimPrefix(g, "./"), p)
		return err == nil && ok || within(strings.Trim(g, "/"), p)
	})
}

// joined is a list of sentences as one text, at most n of them.
func joined(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, " · ")
	}
	return strings.Join(list[:n], " · ") + fmt.Sprintf(" · and %d more.", len(list)-n)
}

// zipped is a folder of the workspace as files that others can read.
func (c *call) zipped(dir string) (fs.FS, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range c.work.Under(dir) {
		f, _ := c.work.Get(p)
		name := strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
		if name == "" || f.Mode == forge.Symlink {
			continue
		}
		if err := addZip(z, name, f); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

func checkDocs(_ context.Context, c *call) error {
	dir, err := CleanPath(inputText(c.input, "sourcePath"))
	if err != nil {
		return fault.Newf(fault.Invalid, "docs:check: %s.", err)
	}
	files, err := c.zipped(dir)
	if err != nil {
		return err
	}
	site, err := docs.Open(docs.Root{Ref: "component:default/workspace", Title: path.Base("/" + dir), FS: files})
	if err != nil {
		return fault.Newf(fault.Invalid, "docs:check: %s", publicText(err))
	}
	found, err := docs.New(nil).Check(site)
	if err != nil {
		return err
	}
	var broken []string
	list := []any{}
	for _, p := range found {
		text := fmt.Sprintf("%s:%d: %s", p.Page, p.Line, p.Message)
		if p.Broken() {
			broken = append(broken, text)
		}
		c.log("warn", text)
		list = append(list, map[string]any{"page": p.Page, "line": p.Line, "rule": p.Rule, "message": p.Message, "fix": p.Fix, "broken": p.Broken()})
	}
	c.output["pages"], c.output["broken"], c.output["problems"] = len(site.Pages), len(broken), list
	c.logf("%d pages checked, %d broken, %d notes", len(site.Pages), len(broken), len(found)-len(broken))
	if len(broken) > 0 && inputText(c.input, "mode") != "report" {
		return fault.New(fault.Invalid, "docs:check: "+joined(broken, 10))
	}
	return nil
}
