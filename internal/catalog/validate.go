package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// faults collects what is wrong with a document.
type faults struct{ list []*fieldError }

func (f *faults) add(code, message, fix string, path ...string) {
	f.list = append(f.list, &fieldError{code: code, path: path, message: message, fix: fix})
}

func (f *faults) warn(message, fix string, path ...string) {
	f.list = append(f.list, &fieldError{code: "field", path: path, message: message, fix: fix, warning: true})
}

// validate checks a document against the envelope, the formats and, for a
// built-in kind, its required and typed fields. It returns everything that is
// wrong, the most basic first.
func (f File) validate(doc map[string]any) []*fieldError {
	fs := &faults{}
	fs.envelope(doc)
	if meta, ok := doc["metadata"].(map[string]any); ok {
		fs.metadata(meta)
	}
	apiVersion, _ := doc["apiVersion"].(string)
	kind, _ := doc["kind"].(string)
	spec, there := doc["spec"]
	if r, ours := ruleOf(apiVersion, kind); ours {
		fs.kind(r, apiVersion, doc)
	} else if k, ok := f.Kinds.of(apiVersion, kind); ok {
		fs.custom(k, apiVersion, spec)
	} else if _, isMap := spec.(map[string]any); there && !isMap {
		fs.add("field", "spec must be an object.", "Write keys and values under spec.", "spec")
	}
	return fs.list
}

var rootFields = []string{"apiVersion", "kind", "metadata", "spec"}

func (f *faults) envelope(doc map[string]any) {
	f.formatted(doc, "apiVersion", isAPIVersion, "such as backstage.io/v1alpha1")
	f.formatted(doc, "kind", isKind, "such as Component: letters and digits, at most 63, beginning with a letter")
	if _, ok := doc["metadata"].(map[string]any); !ok {
		f.add("envelope", "The document has no metadata.", "Add metadata with at least a name.", "metadata")
	}
	for _, key := range sortedKeys(doc) {
		if !slices.Contains(rootFields, key) {
			f.add("envelope", fmt.Sprintf("Unknown field %q at the top of the document.", key),
				"Only apiVersion, kind, metadata and spec stand there; move it under spec or metadata.", key)
		}
	}
}

func (f *faults) formatted(doc map[string]any, key string, ok func(string) bool, form string) {
	switch s, isText := doc[key].(string); {
	case doc[key] == nil:
		f.add("envelope", "The document has no "+key+".", "Add "+key+", "+form+".", key)
	case !isText || !ok(s):
		f.add("envelope", fmt.Sprintf("%s %s is not of the right form.", key, show(doc[key])), "Write it "+form+".", key)
	}
}

func (f *faults) metadata(meta map[string]any) {
	const nameForm = "1 to 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
	f.text(meta, "name", true, isObjectName, nameForm)
	f.text(meta, "namespace", false, isDNSLabel, "1 to 63 lower-case letters, digits and inner hyphens")
	f.text(meta, "title", false, func(s string) bool { return s != "" }, "at least one letter")
	f.text(meta, "description", false, func(string) bool { return true }, "text")
	f.pairs(meta, "labels", isLabelValue, "empty, or "+nameForm)
	f.pairs(meta, "annotations", func(string) bool { return true }, "text")
	f.tags(meta)
	f.links(meta)
}

func (f *faults) text(m map[string]any, key string, required bool, ok func(string) bool, form string) {
	v, there := m[key]
	switch s, isText := v.(string); {
	case !there && required:
		f.add("envelope", "metadata."+key+" is missing.", "Add "+key+": "+form+".", "metadata", key)
	case there && (!isText || !ok(s)):
		f.add("field", fmt.Sprintf("metadata.%s %s is not of the right form.", key, show(v)), "It must be "+form+".", "metadata", key)
	}
}

// pairs checks labels and annotations.
func (f *faults) pairs(meta map[string]any, key string, ok func(string) bool, form string) {
	v, there := meta[key]
	if !there {
		return
	}
	m, isMap := v.(map[string]any)
	if !isMap {
		f.add("field", "metadata."+key+" must be an object of names and texts.", "Write name: text, one a line.", "metadata", key)
		return
	}
	for _, k := range sortedKeys(m) {
		if !isAnnotationKey(k) {
			f.add("field", fmt.Sprintf("%q cannot be a key of %s.", k, key), "Use a name, or a lower-case domain, a slash and a name.", "metadata", key, k)
		}
		if s, isText := m[k].(string); !isText || !ok(s) {
			f.add("field", fmt.Sprintf("The value %s is not of the right form.", show(m[k])), "It must be "+form+".", "metadata", key, k)
		}
	}
}

func (f *faults) tags(meta map[string]any) {
	v, there := meta["tags"]
	if !there {
		return
	}
	list, isList := v.([]any)
	if !isList {
		f.add("field", "metadata.tags must be a list.", "Write tags: [go, rest].", "metadata", "tags")
		return
	}
	for i, t := range list {
		if s, isText := t.(string); !isText || !isTag(s) {
			f.add("field", fmt.Sprintf("The tag %s is not of the right form.", show(t)),
				"Use lower-case letters, digits, ':', '+', '#' and single inner hyphens, at most 63.", "metadata", "tags", strconv.Itoa(i))
		}
	}
}

func (f *faults) links(meta map[string]any) {
	v, there := meta["links"]
	if !there {
		return
	}
	list, isList := v.([]any)
	if !isList {
		f.add("field", "metadata.links must be a list.", "Write a list of url and title.", "metadata", "links")
		return
	}
	for i, l := range list {
		n := strconv.Itoa(i)
		link, _ := l.(map[string]any)
		if s, isText := link["url"].(string); !isText || !isURL(s) {
			f.add("field", fmt.Sprintf("The link's url %s is not an address.", show(link["url"])), "Write it whole, beginning with https://.", "metadata", "links", n, "url")
		} else if isScript(s) {
			f.warn("The link is a script; pages do not follow it.", "Write an address that begins with https://.", "metadata", "links", n, "url")
		}
		for _, key := range []string{"title", "icon", "type"} {
			s, isText := link[key].(string)
			if _, there := link[key]; there && (!isText || (key != "type" && strings.TrimSpace(s) == "")) {
				f.add("field", "The link's "+key+" must be text.", "Write it, or leave it out.", "metadata", "links", n, key)
			}
		}
	}
}

// show quotes a value for a message, cut to a readable length.
func show(v any) string {
	s, ok := v.(string)
	if !ok {
		s = fmt.Sprint(v)
		switch v.(type) {
		case nil:
			s = "nothing"
		case map[string]any:
			s = "an object"
		case []any:
			s = "a list"
		}
		return s
	}
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
