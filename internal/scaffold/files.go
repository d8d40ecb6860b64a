package scaffold

import (
	"context"
	"encoding/json"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/fault"
)

var fileActions = []Action{
	{ID: "fs:delete", Summary: "Removes files from the workspace.", DryRun: true, Undo: "Nothing outside the run's own workspace is touched.", do: deleteFiles,
		Input: json.RawMessage(`{"type":"object","required":["files"],"properties":{"files":{"type":"array","items":{"type":"string"},"description":"Globs or paths; a folder goes with all that is in it."}}}`)},
	{ID: "fs:rename", Summary: "Renames files or folders in the workspace.", DryRun: true, Undo: "Nothing outside the run's own workspace is touched.", do: renameFiles,
		Input: json.RawMessage(`{"type":"object","required":["files"],"properties":{"files":{"type":"array","items":{"type":"object","required":["from","to"],
"properties":{"from":{"type":"string"},"to":{"type":"string"},"overwrite":{"type":"boolean"}}}}}}`)},
}

func deleteFiles(_ context.Context, c *call) error {
	n := 0
	for _, g := range texts(c.input["files"]) {
		clean, err := CleanPath(g)
		if err != nil {
			return fault.New(fault.Invalid, "fs:delete: "+err.Error()+".")
		}
		for _, p := range c.work.Paths() {
			ok, err := doublestar.Match(clean, p)
			if err != nil {
				return fault.Newf(fault.Invalid, "fs:delete: %q is not a glob.", g)
			}
			if ok || len(p) > len(clean) && p[:len(clean)] == clean && p[len(clean)] == '/' {
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

func rename(w *Workspace, from, to string, overwrite bool) error {
	paths := w.Under(from)
	if from == "" || to == "" || len(paths) == 0 {
		return fault.Newf(fault.NotFound, "fs:rename: there is no %q in the workspace.", from)
	}
	for _, p := range paths {
		target := to + p[len(from):]
		if _, there := w.Get(target); there && !overwrite {
			return fault.Newf(fault.Conflict, "fs:rename: %q is there already; set overwrite to replace it.", target)
		}
		f, _ := w.Get(p)
		w.Delete(p)
		if err := w.Put(target, f); err != nil {
			return fault.New(fault.Invalid, "fs:rename: "+err.Error()+".")
		}
	}
	return nil
}
