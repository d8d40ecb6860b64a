package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// resolver replaces $text, $json and $yaml by what they name. read fetches a
// path relative to the document's file, or an absolute address.
//
// What all placeholders of one document bring together is bounded, since an
// alias repeats one as often as it likes.
type resolver struct {
	read  func(name string) ([]byte, error)
	bytes int
	nodes int

	faults []*fieldError
	full   bool // no more is read
}

// resolveMembers replaces the placeholders in the members of a document. One
// that cannot be used stays, and is told in faults.
func (r *resolver) resolveMembers(doc map[string]any) {
	for _, k := range sortedKeys(doc) {
		doc[k] = r.resolve(doc[k], []string{k})
	}
}

// resolve walks v and returns it with all placeholders replaced.
func (r *resolver) resolve(v any, path []string) any {
	if r.full {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out, replaced, err := r.placeholder(v, path)
		switch {
		case err != nil:
			err.path = slices.Clone(path)
			r.faults = append(r.faults, err)
			r.full = err.code == "limit" || len(r.faults) >= maxProblems
			return v
		case replaced:
			return out
		}
		for _, k := range sortedKeys(v) {
			v[k] = r.resolve(v[k], append(path, k))
		}
	case []any:
		for i, item := range v {
			v[i] = r.resolve(item, append(path, strconv.Itoa(i)))
		}
	}
	return v
}

func isPlaceholder(key string) bool { return key == "$text" || key == "$json" || key == "$yaml" }

// placeholder replaces an object whose only key is a known placeholder.
// Anything else that begins with $ is left as it is.
func (r *resolver) placeholder(m map[string]any, path []string) (out any, replaced bool, fault *fieldError) {
	if len(m) != 1 {
		return nil, false, nil
	}
	for key, v := range m {
		if !isPlaceholder(key) {
			return nil, false, nil
		}
		name, ok := v.(string)
		if !ok || strings.TrimSpace(name) == "" {
			return nil, false, placeholderError(path, key, "needs the path of a file", "Write "+key+": ./file.")
		}
		if r.read == nil {
			return nil, false, placeholderError(path, key, fmt.Sprintf("could not read %q: nothing can be read from here", name), "Write the text itself.")
		}
		data, err := r.read(name)
		if err != nil {
			return nil, false, placeholderError(path, key, fmt.Sprintf("could not read %q: %s", name, Reason(err)),
				"Correct the path (relative to this file) or make the file readable.")
		}
		if r.bytes += len(data); r.bytes > maxFileBytes {
			return nil, false, tooMuch(path, fmt.Sprintf("more than %d MB", maxFileBytes>>20))
		}
		out, err = decodePlaceholder(key, data)
		if err != nil {
			return nil, false, placeholderError(path, key, fmt.Sprintf("could not use %q: %s", name, err), "Mend that file.")
		}
		if r.nodes += countNodes(out, 0); r.nodes > maxNodes {
			return nil, false, tooMuch(path, fmt.Sprintf("more than %d values, or values nested more than %d deep", maxNodes, maxDepth))
		}
		return out, true, nil
	}
	return nil, false, nil
}

func tooMuch(path []string, what string) *fieldError {
	return &fieldError{code: "limit", path: path, message: "The placeholders of this document bring " + what + ".", fix: "Name fewer or smaller files."}
}

// countNodes counts the values in v; one that is nested too deep counts as too
// many.
func countNodes(v any, depth int) int {
	if depth > maxDepth {
		return maxNodes + 1
	}
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			n += countNodes(item, depth+1)
		}
	case []any:
		for _, item := range v {
			n += countNodes(item, depth+1)
		}
	}
	return n
}

func decodePlaceholder(key string, data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("it is not valid UTF-8")
	}
	switch key {
	case "$text":
		return string(data), nil
	case "$json":
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, fmt.Errorf("it is not valid JSON")
		}
		return v, nil
	default:
		docs := splitDocuments(data)
		if len(docs) != 1 {
			return nil, fmt.Errorf("it holds %d YAML documents instead of one", len(docs))
		}
		_, v, _, err := decodeDocument(docs[0].text)
		return v, err
	}
}

func placeholderError(path []string, key, what, fix string) *fieldError {
	return &fieldError{code: "placeholder", path: path, message: fmt.Sprintf("The placeholder %s %s.", key, what), fix: fix}
}
