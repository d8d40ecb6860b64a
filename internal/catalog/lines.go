package catalog

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// lineOf finds the line of the key or member at path, or of the deepest part
// of the path that exists. Every key is on the line where a person would
// write; a missing one is missed in the line of what should hold it.
func lineOf(n *yaml.Node, path []string) int {
	if n == nil {
		return 0
	}
	line := n.Line
	for _, key := range path {
		at, next := child(n, key)
		if next == nil {
			return line
		}
		n, line = next, at
	}
	return line
}

// placeholderLine finds the line of the placeholder at path, which may stand
// below the field's own.
func placeholderLine(n *yaml.Node, path []string) int {
	for _, key := range []string{"$text", "$json", "$yaml"} {
		if at := append(slices.Clone(path), key); nodeAt(n, at...) != nil {
			return lineOf(n, at)
		}
	}
	return lineOf(n, path)
}

// nodeAt finds the value at path; nil when there is none.
func nodeAt(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if n != nil {
			_, n = child(n, key)
		}
	}
	return n
}

// child finds a member and the line on which it begins.
func child(n *yaml.Node, key string) (line int, value *yaml.Node) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i].Line, n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i].Line, n.Content[i]
		}
	}
	return 0, nil
}

// fieldName writes a path as people do: spec.dependsOn[2].
func fieldName(path []string) string {
	var b strings.Builder
	for i, p := range path {
		if _, err := strconv.Atoi(p); err == nil && i > 0 {
			b.WriteString("[" + p + "]")
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	return b.String()
}
