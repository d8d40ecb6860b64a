package scaffold

import (
	"context"
	"path"
	"slices"

	"github.com/waymark-portal/waymark/internal/fault"
)

func mergeFile(_ context.Context, c *call) error {
	const action = "roadiehq:utils:merge"
	p := inputText(c.input, "path")
	if _, err := c.file(action, p); err != nil {
		return err
	}
	ext := path.Ext(p)
	if ext == ".yml" {
		ext = ".yaml"
	}
	if ext != ".json" && ext != ".yaml" {
		return fault.Newf(fault.Invalid, "%s: %q is neither JSON nor YAML by its ending; nothing was merged.", action, p)
	}
	return c.merge(action, ext)
}

func mergeJSON(_ context.Context, c *call) error {
	return c.merge("roadiehq:utils:json:merge", ".json")
}

func mergeYAML(_ context.Context, c *call) error {
	return c.merge("roadiehq:utils:yaml:merge", ".yaml")
}

// merge joins the step's content with what the file holds.
func (c *call) merge(action, ext string) error {
	p := inputText(c.input, "path")
	bad := func(what string, err error) error {
		return fault.Newf(fault.Invalid, "%s: %s: %s. Nothing was merged.", action, what, err)
	}
	var old any = map[string]any{}
	f, err := c.file(action, p)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil {
		if old, err = readData(ext, f.Data); err != nil {
			return bad(p, err)
		}
	}
	added := c.input["content"]
	if s, ok := added.(string); ok {
		if added, err = readData(ext, []byte(s)); err != nil {
			return bad("content", err)
		}
	}
	text, err := writeData(ext, deepMerge(old, added), 2)
	if err != nil {
		return err
	}
	return c.written(action, p, text)
}

// deepMerge joins objects key by key and lists place by place, as the merge of
// JavaScript's lodash does; elsewhere what is added wins.
func deepMerge(old, added any) any {
	switch a := added.(type) {
	case map[string]any:
		o, ok := old.(map[string]any)
		if !ok {
			return a
		}
		out := make(map[string]any, len(o))
		for k, v := range o {
			out[k] = v
		}
		for k, v := range a {
			out[k] = deepMerge(out[k], v)
		}
		return out
	case []any:
		o, ok := old.([]any)
		if !ok {
			return a
		}
		out := slices.Clone(o)
		for i, v := range a {
			if i < len(out) {
				out[i] = deepMerge(out[i], v)
			} else {
				out = append(out, v)
			}
		}
		return out
	}
	return added
}
