package scaffold

import (
	"context"
	"encoding/json"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/fault"
)

var fileActions = []Action{
	{ID: "fs:delete", Summary: "Removes files from the workspace.", DryRun: true, Undo: inWorkspace, do: deleteFiles,
		Input:    json.RawMessage(`{"type":"object","required":["files"],"properties":{"files":{"type":"array","items":{"type":"string"},"description":"Globs or paths; a folder goes with all that is in it."}}}`),
		Examples: []Example{{"Remove a folder and all Markdown.", "files:\n  - skeleton\n  - '**/*.md'"}}},
	{ID: "fs:rename", Summary: "Renames files or folders in the workspace.", DryRun: true, Undo: inWorkspace, do: renameFiles,
		Input: json.RawMessage(`{"type":"object","required":["files"],"properties":{"files":{"type":"array","items":{"type":"object","required":["from","to"],
"properties":{"from":{"type":"string","minLength":1},"to":{"type":"string","minLength":1},"overwrite":{"type":"boolean","description":"Replace what is there under the new name."}}}}}}`),
		Examples: []Example{{"Give a file another name.", "files:\n  - from: README.md\n    to: docs/index.md\n    overwrite: true"}}},
	{ID: "fs:readdir", Summary: "Lists files and folders of the workspace.", DryRun: true, Undo: "Nothing to undo.", do: readDir,
		Input: json.RawMessage(`{"type":"object","required":["paths"],"properties":{
"paths":{"type":"array","items":{"type":"string","minLength":1},"description":"Folders of the workspace; . is the workspace."},
"recursive":{"type":"boolean","description":"Also what is in the folders of these folders."}}}`),
		Output: json.RawMessage(`{"type":"object","properties":{"files":{"type":"array","items":{"$ref":"#/definitions/entry"}},"folders":{"type":"array","items":{"$ref":"#/definitions/entry"}}},
"definitions":{"entry":{"type":"object","properties":{"name":{"type":"string"},"path":{"type":"string","description":"In the workspace."},"fullPath":{"type":"string","description":"The same as path: the workspace is on no disk."}}}}}`),
		Examples: []Example{{"List everything.", "paths: [.]\nrecursive: true"}}},
}

func deleteFiles(_ context.Context, c *call) error {
	n := 0
	for _, g := range texts(c.input["files"]) {
		clean, err := CleanPath(g)
		if err != nil {
			return fault.New(fault.Invalid, "fs:delete: "+err.Error()+".")
		}
		if clean == "" {
			return fault.Newf(fault.Invalid, "fs:delete: %q is the whole workspace; name what is to go, or write **.", g)
		}
		for _, p := range c.work.Paths() {
			ok, err := doublestar.Match(clean, p)
			if err != nil {
				return fault.Newf(fault.Invalid, "fs:delete: %q is not a glob.", g)
			}
			if ok || within(clean, p) {
				c.work.Delete(p)
				n++
			}
		}
	}
	c.logf("%d files removed", n)
	return nil
}

func renameFiles(_ context.Context, c *call) error {
	list, _ := c.input["files"].([]any)
	for _, x := range list {
		m, _ := x.(map[string]any)
		from, err := CleanPath(inputText(m, "from"))
		if err != nil {
			return fault.New(fault.Invalid, "fs:rename: "+err.Error()+".")
		}
		to, err := CleanPath(inputText(m, "to"))
		if err != nil {
			return fault.New(fault.Invalid, "fs:rename: "+err.Error()+".")
		}
		overwrite, _ := m["overwrite"].(bool)
		if err := rename(c.work, from, to, overwrite); err != nil {
			return err
		}
		c.logf("%s is now %s", from, to)
	}
	return nil
}

// rename moves a file or folder. With overwrite what was under the new name
// goes, all of it.
func rename(w *Workspace, from, to string, overwrite bool) error {
	paths := w.Under(from)
	switch {
	case from == "" || to == "" || len(paths) == 0:
		return fault.Newf(fault.NotFound, "fs:rename: there is no %q in the workspace.", from)
	case from == to:
		return nil
	case within(from, to):
		return fault.Newf(fault.Invalid, "fs:rename: %q cannot be moved into itself.", from)
	}
	there := w.Under(to)
	if len(there) > 0 && !overwrite {
		return fault.Newf(fault.Conflict, "fs:rename: %q is there already; set overwrite to replace it.", to)
	}
	moved := map[string]WorkFile{}
	for _, p := range paths {
		moved[to+p[len(from):]], _ = w.Get(p)
	}
	for _, p := range append(there, paths...) {
		if _, ok := w.Get(p); ok {
			w.Delete(p)
		}
	}
	for _, p := range paths {
		target := to + p[len(from):]
		if err := w.Put(target, moved[target]); err != nil {
			return fault.New(fault.Invalid, "fs:rename: "+err.Error()+".")
		}
	}
	return nil
}

func readDir(_ context.Context, c *call) error {
	files, folders := []any{}, []any{}
	deep, _ := c.input["recursive"].(bool)
	entry := func(p string) map[string]any {
		return map[string]any{"name": path.Base(p), "path": p, "fullPath": p}
	}
	for _, d := range texts(c.input["paths"]) {
		dir, err := CleanPath(d)
		if err != nil {
			return fault.New(fault.Invalid, "fs:readdir: "+err.Error()+".")
		}
		all := c.work.Under(dir)
		if _, isFile := c.work.Get(dir); isFile || len(all) == 0 && dir != "" {
			return fault.Newf(fault.NotFound, "fs:readdir: there is no folder %q in the workspace.", d)
		}
		seen := map[string]bool{}
		for _, p := range all {
			parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(p, dir), "/"), "/")
			for i := range len(parts) - 1 {
				at := path.Join(dir, path.Join(parts[:i+1]...))
				if !seen[at] && (deep || i == 0) {
					folders = append(folders, entry(at))
				}
				seen[at] = true
			}
			if deep || len(parts) == 1 {
				files = append(files, entry(p))
			}
		}
	}
	c.output["files"], c.output["folders"] = files, folders
	c.logf("%d files, %d folders", len(files), len(folders))
	return nil
}
