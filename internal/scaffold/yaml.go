package scaffold

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/expr"
)

// The limits of a template file.
const (
	maxTemplate = 2 << 20
	maxNodes    = 100_000 // after aliases
)

// reader turns YAML nodes into values, into JSON with the order of the keys
// kept, and into the places of texts.
type reader struct {
	nodes  int
	places map[string]expr.Place
}

var errNodes = errors.New("the file is too large once its aliases are expanded")

func (r *reader) count(depth int) error {
	if r.nodes++; r.nodes > maxNodes || depth > 100 {
		return errNodes
	}
	return nil
}

// value decodes a node; the places of texts are kept under path.
func (r *reader) value(n *yaml.Node, path string, depth int) (any, error) {
	if err := r.count(depth); err != nil {
		return nil, err
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, path, depth+1)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			v, err := r.value(c, fmt.Sprintf("%s[%d]", path, i), depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		content := merged(n)
		for i := 0; i+1 < len(content); i += 2 {
			key := content[i].Value
			v, err := r.value(content[i+1], strings.TrimPrefix(path+"."+key, "."), depth+1)
			if err != nil {
				return nil, err
			}
			out[key] = v
		}
		return out, nil
	}
	r.places[path] = place(n)
	return scalar(n), nil
}

// place is where the text of a scalar begins.
func place(n *yaml.Node) expr.Place {
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return expr.Place{Line: n.Line + 1, Column: 1}
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return expr.Place{Line: n.Line, Column: n.Column + 1}
	}
	return expr.Place{Line: n.Line, Column: n.Column}
}

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
	case "!!float":
		var f float64
		if n.Decode(&f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
	}
	return n.Value
}

// ordered writes a node as JSON with its keys in the order of the file.
func (r *reader) ordered(b *strings.Builder, n *yaml.Node, depth int) error {
	if err := r.count(depth); err != nil {
		return err
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.ordered(b, n.Alias, depth+1)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := r.ordered(b, c, depth+1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case yaml.MappingNode:
		b.WriteByte('{')
		content := merged(n)
		for i := 0; i+1 < len(content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, content[i].Value); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := r.ordered(b, content[i+1], depth+1); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	}
	return writeJSON(b, scalar(n))
}

// merged are the keys and values of an object, those that `<<: *name` brings
// before its own; a key of its own wins.
func merged(n *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	own := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		own[n.Content[i].Value] = true
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		from := n.Content[i+1]
		if from.Kind == yaml.AliasNode {
			from = from.Alias
		}
		if n.Content[i].ShortTag() != "!!merge" || from.Kind != yaml.MappingNode {
			out = append(out, n.Content[i], n.Content[i+1])
			continue
		}
		for k := 0; k+1 < len(from.Content); k += 2 {
			if !own[from.Content[k].Value] {
				out = append(out, from.Content[k], from.Content[k+1])
			}
		}
	}
	return out
}

func writeJSON(b *strings.Builder, v any) error {
	j, err := json.Marshal(v)
	if err == nil {
		b.Write(j)
	}
	return err
}

// child finds a key of a mapping.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
