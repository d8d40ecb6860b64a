package catalog

import (
	"bytes"
	"regexp"
)

// What can be told of documents that are wrong.

// refOf tells the reference of a document that may be invalid; zero when it
// cannot be told.
func refOf(doc map[string]any) Ref {
	kind, _ := doc["kind"].(string)
	meta, _ := doc["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	ns, _ := meta["namespace"].(string)
	if kind == "" || name == "" {
		return Ref{}
	}
	if ns == "" {
		ns = DefaultNamespace
	}
	return Ref{kind, ns, name}.Canonical()
}

func ownerOf(doc map[string]any, ref Ref) string {
	spec, _ := doc["spec"].(map[string]any)
	s, _ := spec["owner"].(string)
	r, err := ParseRef(s, "group", ref.Namespace)
	if s == "" || err != nil {
		return ""
	}
	return r.String()
}

// tagsOf are the tags of a document, as far as they can be told.
func tagsOf(doc map[string]any) []string {
	meta, _ := doc["metadata"].(map[string]any)
	list, _ := meta["tags"].([]any)
	var out []string
	for _, v := range list {
		if tag, ok := v.(string); ok {
			out = append(out, tag)
		}
	}
	return out
}

var (
	guessKind = regexp.MustCompile(`(?m)^kind:[ \t]*["']?([A-Za-z][A-Za-z0-9]{0,62})["']?[ \t]*(?:#.*)?\r?$`)
	guessName = regexp.MustCompile(`(?m)^[ \t]+name:[ \t]*["']?([-A-Za-z0-9_.]{1,63})["']?[ \t]*(?:#.*)?\r?$`)
	guessNS   = regexp.MustCompile(`(?m)^[ \t]+namespace:[ \t]*["']?([-a-z0-9]{1,63})["']?[ \t]*(?:#.*)?\r?$`)
)

// guessBytes is how much of a broken document is looked at.
const guessBytes = 64 << 10

// guessRef finds the reference in a text that is no YAML, so that the entity
// that was there keeps its last good version and shows the problem.
func guessRef(text []byte) Ref {
	text = text[:min(len(text), guessBytes)]
	kind, name := guessKind.FindSubmatch(text), guessName.FindSubmatch(text)
	if kind == nil || name == nil {
		return Ref{}
	}
	r := Ref{string(kind[1]), DefaultNamespace, string(name[1])}
	if ns := guessNS.FindSubmatch(text); ns != nil {
		r.Namespace = string(ns[1])
	}
	return r.Canonical()
}

// leadingLines counts the blank, comment and marker lines before the content.
func leadingLines(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		s := bytes.Trim(bytes.TrimPrefix(line, byteOrderMark), blanks)
		if len(s) > 0 && s[0] != '#' && string(s) != "---" {
			return n
		}
		n++
	}
	return n
}
