package apidef

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

type nodeKind uint8

const (
	nothing nodeKind = iota
	scalar
	mapping
	sequence
)

// node is a value of a YAML or JSON text, with its line and the order of its
// keys. A nil node is nothing; all methods take it. YAML aliases share nodes,
// so a walk must bound its depth.
type node struct {
	kind nodeKind
	line int
	text string // of a scalar
	lit  bool   // a scalar that is a number or a truth value
	keys []string
	vals []*node
	find map[string]int // places of keys, when there are many
}

// index makes a mapping of many keys quick to look into.
func (n *node) index() {
	const many = 16
	if len(n.keys) < many {
		return
	}
	n.find = make(map[string]int, len(n.keys))
	for i, k := range n.keys {
		n.find[k] = i
	}
}

// get returns what stands under a key.
func (n *node) get(key string) *node {
	if n == nil || n.kind != mapping {
		return nil
	}
	if n.find != nil {
		if i, ok := n.find[key]; ok {
			return n.vals[i]
		}
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return n.vals[i]
		}
	}
	return nil
}

// str is the text of a scalar, empty for anything else.
func (n *node) str() string {
	if n == nil || n.kind != scalar {
		return ""
	}
	return n.text
}

func (n *node) yes() bool { return n.str() == "true" }

// list are the items of a sequence.
func (n *node) list() []*node {
	if n == nil || n.kind != sequence {
		return nil
	}
	return n.vals
}

// each calls f for the keys of a mapping, in their order.
func (n *node) each(f func(key string, v *node)) {
	if n == nil || n.kind != mapping {
		return
	}
	for i, k := range n.keys {
		f(k, n.vals[i])
	}
}

func (n *node) at() int {
	if n == nil {
		return 0
	}
	return n.line
}

// decode reads one document of YAML or JSON.
func decode(text string) (*node, *Fault) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if n, f := decodeJSON(text); f == nil {
			return n, nil
		} else if !json.Valid([]byte(text)) { // it may be YAML's flow style
			n, yf := decodeYAML(text)
			if yf != nil {
				return nil, f
			}
			return n, nil
		}
	}
	return decodeYAML(text)
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func decodeYAML(text string) (*node, *Fault) {
	var doc yaml.Node
	if err := yaml.NewDecoder(strings.NewReader(text)).Decode(&doc); err != nil {
		f := &Fault{Message: "It is no YAML: " + strings.TrimPrefix(err.Error(), "yaml: ") + "."}
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			f.Line, _ = strconv.Atoi(m[1]) // digits by the pattern
			f.Message = "It is no YAML: " + m[2] + "."
		}
		if errors.Is(err, io.EOF) {
			f.Message = "The definition is empty."
		}
		return nil, f
	}
	c := yamlCopy{made: map[*yaml.Node]*node{}}
	n := c.node(&doc, 0)
	if c.deep {
		return nil, &Fault{Message: fmt.Sprintf("The definition is nested deeper than %d levels, so it is not drawn.", maxDeep)}
	}
	return n, nil
}

// yamlCopy turns a tree of the YAML library into ours, which is a quarter of
// its size. Aliases share what their anchor made.
type yamlCopy struct {
	made map[*yaml.Node]*node
	deep bool
}

func (c *yamlCopy) node(y *yaml.Node, depth int) *node {
	switch {
	case depth > maxDeep:
		c.deep = true
		return nil
	case y.Kind == yaml.DocumentNode && len(y.Content) > 0:
		return c.node(y.Content[0], depth+1)
	case y.Kind == yaml.AliasNode:
		return c.made[y.Alias] // nil inside its own anchor: a circle ends here
	}
	n := &node{line: y.Line}
	switch y.Kind {
	case yaml.ScalarNode:
		n.kind, n.text = scalar, y.Value
		switch y.ShortTag() {
		case "!!null":
			n.kind = nothing
		case "!!int", "!!float", "!!bool":
			n.lit = true
		}
	case yaml.SequenceNode:
		n.kind = sequence
		for _, item := range y.Content {
			n.vals = append(n.vals, c.node(item, depth+1))
		}
	case yaml.MappingNode:
		n.kind = mapping
		for i := 0; i+1 < len(y.Content); i += 2 {
			n.keys = append(n.keys, y.Content[i].Value)
			n.vals = append(n.vals, c.node(y.Content[i+1], depth+1))
		}
		n.index()
	}
	if y.Anchor != "" {
		c.made[y] = n
	}
	return n
}

// jsonReader reads JSON with the lines of its values.
type jsonReader struct {
	dec  *json.Decoder
	text string
	from int // what line is the line of
	line int
}

func decodeJSON(text string) (*node, *Fault) {
	r := &jsonReader{dec: json.NewDecoder(strings.NewReader(text)), text: text, line: 1}
	r.dec.UseNumber()
	n, err := r.node(0)
	if err == nil {
		if _, end := r.dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is more after its end")
		}
	}
	if err != nil {
		return nil, &Fault{Line: r.here(), Message: "It is no JSON: " + strings.TrimPrefix(err.Error(), "json: ") + "."}
	}
	return n, nil
}

// here is the line that the decoder has come to.
func (r *jsonReader) here() int {
	to := min(int(r.dec.InputOffset()), len(r.text))
	r.line += strings.Count(r.text[r.from:to], "\n")
	r.from = to
	return r.line
}

func (r *jsonReader) node(depth int) (*node, error) {
	if depth > maxDeep {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDeep)
	}
	tok, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{line: r.here()}
	switch tok := tok.(type) {
	case json.Delim:
		n.kind = mapping
		if tok == '[' {
			n.kind = sequence
		}
		for r.dec.More() {
			if n.kind == mapping {
				key, err := r.dec.Token()
				if err != nil {
					return nil, err
				}
				name, _ := key.(string)
				n.keys = append(n.keys, name)
			}
			v, err := r.node(depth + 1)
			if err != nil {
				return nil, err
			}
			n.vals = append(n.vals, v)
		}
		n.index()
		_, err = r.dec.Token()
		return n, err
	case nil:
		return n, nil
	default:
		_, text := tok.(string)
		n.kind, n.text, n.lit = scalar, fmt.Sprint(tok), !text
		return n, nil
	}
}

// maxExample bounds an example, in bytes.
const maxExample = 8 << 10

// json writes a value as JSON in the order of its keys, cut where it is too
// long or too deep.
func (n *node) json() string {
	var b strings.Builder
	n.writeJSON(&b, 0)
	if b.Len() > maxExample {
		return cut(b.String(), maxExample)
	}
	return b.String()
}

func (n *node) writeJSON(b *strings.Builder, depth int) {
	const deepest = 20
	switch {
	case n == nil || n.kind == nothing:
		b.WriteString("null")
	case b.Len() > maxExample || depth > deepest:
		b.WriteString(`"…"`)
	case n.kind == scalar && n.lit:
		b.WriteString(n.text)
	case n.kind == scalar:
		b.WriteString(quoted(n.text))
	case len(n.vals) == 0:
		b.WriteString(map[nodeKind]string{mapping: "{}", sequence: "[]"}[n.kind])
	default:
		open, end := "{", "}"
		if n.kind == sequence {
			open, end = "[", "]"
		}
		b.WriteString(open)
		for i, v := range n.vals {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString("\n" + strings.Repeat("  ", depth+1))
			if n.kind == mapping {
				b.WriteString(quoted(n.keys[i]) + ": ")
			}
			if v.writeJSON(b, depth+1); b.Len() > maxExample {
				break
			}
		}
		b.WriteString("\n" + strings.Repeat("  ", depth) + end)
	}
}

// quoted is a text as JSON writes it, with < and > as they are.
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(cut(s, maxExample)) != nil {
		return `""` // texts always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}
