package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// The limits of a file. What is beyond them becomes a problem, never a hang.
const (
	maxFileBytes = 20 << 20
	maxDepth     = 100
	maxNodes     = 200_000 // after aliases are expanded
)

// fieldError is a fault of a document at a path.
type fieldError struct {
	path    []string
	line    int // when known at once; else it is looked up by path
	message string
	fix     string
	code    string
	warning bool
}

func (e *fieldError) Error() string { return e.message }

// decodeDocument reads one YAML document into plain values: map[string]any,
// []any, string, bool, int64, float64 and nil. Merge keys are ordinary keys
// and dates are text, as in Backstage.
func decodeDocument(text []byte) (root *yaml.Node, value any, err error) {
	if at := invalidUTF8(text); at >= 0 {
		return nil, nil, &fieldError{code: "syntax", line: 1 + strings.Count(string(text[:at]), "\n"),
			message: "The text is not valid UTF-8.", fix: "Save the file as UTF-8."}
	}
	defer func() {
		// The parser is fed whatever people register; if it breaks, that file is
		// the problem and not the portal.
		if r := recover(); r != nil {
			err = &fieldError{code: "syntax", message: "The YAML parser gave up on this document.", fix: "Write it more plainly."}
		}
	}()
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, nil, syntaxError(err)
	}
	if len(doc.Content) == 0 {
		return nil, nil, nil
	}
	d := decoder{}
	value, err = d.value(doc.Content[0], 0)
	return doc.Content[0], value, err
}

func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// syntaxError takes the line out of yaml's message.
func syntaxError(err error) error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if n, tail, ok := strings.Cut(rest, ": "); ok {
			line, _ = strconv.Atoi(n)
			msg = tail
		}
	}
	return &fieldError{code: "syntax", line: line, message: "This is not valid YAML: " + msg + ".",
		fix: "Check indentation, quotes and colons around this line."}
}

type decoder struct{ nodes int }

func (d *decoder) value(n *yaml.Node, depth int) (any, error) {
	d.nodes++
	switch {
	case depth > maxDepth:
		return nil, &fieldError{code: "limit", line: n.Line, message: fmt.Sprintf("The document is nested more than %d levels deep.", maxDepth),
			fix: "Move the deep part to a file of its own and name it with $text."}
	case d.nodes > maxNodes:
		return nil, &fieldError{code: "limit", line: n.Line, message: fmt.Sprintf("The document has more than %d values once its aliases are expanded.", maxNodes),
			fix: "Use fewer aliases."}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return d.mapping(n, depth)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := d.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case yaml.AliasNode:
		return d.value(n.Alias, depth+1)
	default:
		return scalar(n), nil
	}
}

func (d *decoder) mapping(n *yaml.Node, depth int) (any, error) {
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			return nil, &fieldError{code: "syntax", line: k.Line, message: "A key must be plain text.", fix: "Use a simple key."}
		}
		if _, twice := out[k.Value]; twice {
			return nil, &fieldError{code: "syntax", line: k.Line, path: []string{k.Value},
				message: fmt.Sprintf("The key %q is there twice.", k.Value), fix: "Remove one of the two."}
		}
		v, err := d.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		out[k.Value] = v
	}
	return out, nil
}

// scalar gives the value of a scalar as YAML 1.2 sees it.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		var i int64
		if n.Decode(&i) == nil {
			return i
		}
		fallthrough
	case "!!float":
		var f float64
		if n.Decode(&f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
	}
	return n.Value
}

// lineOf finds the line of the value at path, or of the deepest part of the
// path that exists.
func lineOf(n *yaml.Node, path []string) int {
	if n == nil {
		return 0
	}
	line := n.Line
	for _, key := range path {
		for n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		next := child(n, key)
		if next == nil {
			return line
		}
		n, line = next, next.Line
	}
	return line
}

func child(n *yaml.Node, key string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
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
