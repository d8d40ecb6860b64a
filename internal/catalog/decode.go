package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// The limits of a file. What is beyond them becomes a problem, never a hang.
const (
	maxFileBytes = 20 << 20
	maxDocuments = 50_000 // of one file
	maxDepth     = 100
	maxNodes     = 200_000 // of one document, after aliases are expanded
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
// and dates are text, as in Backstage; notes are warnings about them.
func decodeDocument(text []byte) (root *yaml.Node, value any, notes []*fieldError, err error) {
	if err := checkText(text); err != nil {
		return nil, nil, nil, err
	}
	if tooManyNodes(text) {
		return nil, nil, nil, manyNodes(0)
	}
	defer func() {
		// The parser is fed whatever people register; if it breaks, that file is
		// the problem and not the portal.
		if r := recover(); r != nil {
			err = &fieldError{code: "syntax", message: "The YAML parser gave up on this document.", fix: "Write it more plainly."}
		}
	}()
	root, err = parseYAML(bytes.TrimPrefix(text, byteOrderMark))
	if root == nil || err != nil {
		return nil, nil, nil, err
	}
	d := decoder{}
	value, err = d.value(root, nil)
	return root, value, d.notes, err
}

// parseYAML reads the one document of a text; nil when it holds none. What
// stands behind the document is a fault, so that nothing is lost.
func parseYAML(text []byte) (*yaml.Node, error) {
	var quick yaml.Node
	if yaml.Unmarshal(text, &quick) == nil && len(quick.Content) == 1 && endsWithText(quick.Content[0], text) {
		return quick.Content[0], nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntaxError(err, text)
	}
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, syntaxError(err, text)
	default:
		return nil, &fieldError{code: "syntax", line: more.Line, message: "A second document begins here without a line of its own for its marker.",
			fix: "Put --- on a line of its own."}
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// endsWithText reports whether nothing can stand behind a document: only the
// end of the text ends an object that is indented by nothing. It costs half of
// looking.
func endsWithText(n *yaml.Node, text []byte) bool {
	for _, breaks := range []string{"\u0085", "\u2028", "\u2029"} { // line ends to this parser
		if bytes.Contains(text, []byte(breaks)) {
			return false
		}
	}
	return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && n.Column == 1
}

// readThrough returns what the parser says of a text.
func readThrough(text []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

type decoder struct {
	nodes int
	notes []*fieldError
}

func manyNodes(line int) *fieldError {
	return &fieldError{code: "limit", line: line, message: fmt.Sprintf("The document has more than %d values (aliases count as often as they stand).", maxNodes),
		fix: "Split it, use fewer aliases, or move the large part to a file of its own and name it with $text."}
}

func (d *decoder) value(n *yaml.Node, path []string) (any, error) {
	d.nodes++
	switch {
	case len(path) > maxDepth:
		return nil, &fieldError{code: "limit", line: n.Line, message: fmt.Sprintf("The document is nested more than %d levels deep.", maxDepth),
			fix: "Move the deep part to a file of its own and name it with $text."}
	case d.nodes > maxNodes:
		return nil, manyNodes(n.Line)
	}
	switch n.Kind {
	case yaml.MappingNode:
		return d.mapping(n, path)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := d.value(c, append(path, "")) // only its length counts here
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case yaml.AliasNode:
		return d.value(n.Alias, append(path, ""))
	default:
		return scalar(n), nil
	}
}

func (d *decoder) mapping(n *yaml.Node, path []string) (any, error) {
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			return nil, &fieldError{code: "syntax", line: k.Line, message: "A key must be plain text.", fix: "Use a simple key."}
		}
		at := append(path, k.Value)
		if _, twice := out[k.Value]; twice {
			return nil, &fieldError{code: "syntax", line: n.Content[i].Line, path: knownPart(at),
				message: fmt.Sprintf("The key %q is there twice.", k.Value), fix: "Remove one of the two."}
		}
		if k.Value == "<<" && k.Style == 0 {
			d.notes = append(d.notes, &fieldError{code: "field", warning: true, line: n.Content[i].Line, path: knownPart(at),
				message: "The merge key << is off, as in Backstage; it was taken as an ordinary key.", fix: "Write the keys out."})
		}
		v, err := d.value(n.Content[i+1], at)
		if err != nil {
			return nil, err
		}
		out[k.Value] = v
	}
	return out, nil
}

// knownPart keeps the part of a path that is known: members of lists have no name
// while a document is decoded.
func knownPart(path []string) []string {
	var out []string
	for _, p := range path {
		if p == "" {
			break
		}
		out = append(out, p)
	}
	return out
}

// tabIndent is the line, from 1, of the first that is indented with a tab; 0
// when there is none.
func tabIndent(text []byte) int {
	line := 0
	for l := range bytes.Lines(text) {
		line++
		rest := bytes.TrimLeft(l, " ")
		if len(rest) > 0 && rest[0] == '\t' && len(bytes.TrimSpace(rest)) > 0 && bytes.TrimSpace(rest)[0] != '#' {
			return line
		}
	}
	return 0
}
