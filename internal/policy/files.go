package policy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// FilesInput is what files are judged by.
type FilesInput struct {
	Files    map[string]string // text by path
	Template string            // reference of the template that has made them
	Owner    string            // group reference, for waivers and the record
	By       string            // actor, for the record
	Run      string
	Dry      bool // a dry run: nothing is recorded
}

// Files judges files before they are published: rules see input.files, texts
// by path, and input.documents, every document of the YAML and JSON among them
// as {path, document}. What does not parse is in files only.
func (e *Engine) Files(ctx context.Context, in FilesInput) (Result, error) {
	d := Decision{Phase: Files, Subject: in.Template, Owner: in.Owner, By: in.By, Run: in.Run}
	documents := []any{}
	for _, p := range slices.Sorted(maps.Keys(in.Files)) {
		for _, doc := range documentsOf(p, in.Files[p]) {
			documents = append(documents, map[string]any{"path": p, "document": doc})
		}
	}
	input, err := plain(map[string]any{"files": in.Files, "documents": documents, "request": map[string]any{"template": in.Template, "owner": in.Owner, "by": in.By}})
	if err != nil {
		return Result{}, err
	}
	keep := &d
	if in.Dry {
		keep = nil
	}
	return e.judgeFor(ctx, Files, keep, input, scopesOf(d, map[string]any{"owner": in.Owner}))
}

// documentsOf reads YAML and JSON by the ending of their name.
func documentsOf(p, text string) []any {
	ext := path.Ext(p)
	if ext != ".yaml" && ext != ".yml" && ext != ".json" {
		return nil
	}
	var out []any
	for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			return nil
		}
		if _, err := json.Marshal(v); err == nil { // keys that are no texts
			out = append(out, v)
		}
	}
}
