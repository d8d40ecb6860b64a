// Package strictyaml reads definition files that must hold what is expected
// and nothing else. Everything that is wrong is gathered with field, line and
// column, so that a person mends a file in one go.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
)

// The limits of a definition.
const (
	maxBytes  = 1 << 20
	maxNodes  = 50_000 // after aliases
	maxDepth  = 60
	maxFaults = 100
)

// Doc is a file that is being read. It is for one goroutine.
type Doc struct {
	file   string
	faults []fault.Field
	nodes  int
}

// Open reads the only document of a YAML file. The error, fault Invalid, is
// of what is not YAML or too large; what else is wrong comes from Err.
func Open(file string, text []byte) (*Doc, Node, error) {
	d := &Doc{file: file}
	if len(text) > maxBytes {
		return d, Node{}, d.refuse(0, "The file is larger than 1 MB.")
	}
	dec := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	var root, more yaml.Node
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF) || err == nil && len(root.Content) == 0:
		return d, Node{}, d.refuse(0, "The file is empty.")
	case err != nil:
		return d, Node{}, d.refuse(0, "This is not valid YAML: "+strings.TrimPrefix(err.Error(), "yaml: ")+".")
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return d, Node{}, d.refuse(more.Line, "The file holds more than one document.")
	}
	return d, Root(d, root.Content[0]), nil
}

// NewDoc reads nodes that were parsed elsewhere, see Root.
func NewDoc(file string) *Doc { return &Doc{file: file} }

// Root is the outermost node of a document.
func Root(d *Doc, n *yaml.Node) Node {
	if !d.fits(n, 0) {
		d.add("", "size", n, "The file is too large once its aliases are expanded, or too deep.")
		return Node{d: d, n: &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}}
	}
	return Node{d: d, n: n}
}

// fits refuses what aliases blow up; a circle of aliases is too deep.
func (d *Doc) fits(n *yaml.Node, depth int) bool {
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		return false
	}
	if n.Kind == yaml.AliasNode {
		return d.fits(n.Alias, depth+1)
	}
	for _, c := range n.Content {
		if !d.fits(c, depth+1) {
			return false
		}
	}
	return true
}

func (d *Doc) refuse(line int, message string) error {
	return fault.InvalidField("", "yaml", d.where(line)+": "+message)
}

func (d *Doc) where(line int) string {
	if line == 0 {
		return d.file
	}
	return fmt.Sprintf("%s:%d", d.file, line)
}

func (d *Doc) add(path, code string, n *yaml.Node, message string) {
	line := 0
	if n != nil {
		line = n.Line
	}
	f := fault.Field{Field: path, Code: code, Message: d.where(line) + ": " + message}
	if len(d.faults) < maxFaults {
		d.faults = append(d.faults, f)
	}
}

// Err is everything that was found wrong, fault Invalid; nil when all is well.
func (d *Doc) Err() error {
	switch len(d.faults) {
	case 0:
		return nil
	case 1:
		return fault.InvalidFields(d.faults...)
	}
	lines := make([]string, 0, 8)
	for _, f := range d.faults[:min(len(d.faults), 8)] {
		lines = append(lines, f.Message)
	}
	if n := len(d.faults) - 8; n > 0 {
		lines = append(lines, fmt.Sprintf("And %d more.", n))
	}
	return &fault.Error{Kind: fault.Invalid, Public: strings.Join(lines, " "), Fields: d.faults}
}

// Node is one value of a file; the zero value is one that is missing.
type Node struct {
	d    *Doc
	n    *yaml.Node
	key  *yaml.Node // the key that it stands under
	in   *yaml.Node // what it is missing from
	path string
}

// Here reports whether the value is there; null counts as missing.
func (n Node) Here() bool { return n.n != nil && n.raw().ShortTag() != "!!null" }

// Path is the field's dotted path.
func (n Node) Path() string { return n.path }

// Line is where the value stands, 0 when it is missing.
func (n Node) Line() int {
	if n.n == nil {
		return 0
	}
	return n.n.Line
}

// Fail notes a fault of this value.
func (n Node) Fail(code, format string, args ...any) {
	at := n.n
	if at == nil {
		at = n.in
	}
	n.d.add(n.path, code, at, n.name()+fmt.Sprintf(format, args...))
}

func (n Node) name() string {
	if n.path == "" {
		return ""
	}
	return n.path + ": "
}

func (n Node) raw() *yaml.Node {
	if n.n != nil && n.n.Kind == yaml.AliasNode {
		return n.n.Alias
	}
	return n.n
}

// Raw is the YAML node, nil when missing.
func (n Node) Raw() *yaml.Node { return n.raw() }

// Object says which keys an object may have. Unknown keys, keys that stand
// twice and what is no object are faults; false means that it is no object.
func (n Node) Object(keys ...string) bool {
	if !n.isMap() {
		return false
	}
	for _, p := range n.Pairs() {
		if !contains(keys, p.Key) {
			more := ""
			if s := expr.Nearest(p.Key, keys); s != "" {
				more = fmt.Sprintf(" Did you mean %s?", s)
			}
			n.d.add(p.path, "unknown", p.key, p.name()+"There is no such field."+more)
		}
	}
	return true
}

func contains(keys []string, key string) bool {
	for _, k := range keys {
		if k == key {
			return true
		}
	}
	return false
}

func (n Node) isMap() bool {
	if !n.Here() {
		n.Fail("required", "An object is needed here.")
		return false
	}
	if n.raw().Kind != yaml.MappingNode {
		n.Fail("type", "An object is needed here.")
		return false
	}
	return true
}

// Pair is one key of an object with its value.
type Pair struct {
	Key string
	Node
}

// Pairs are the keys of an object in the order of the file, each once.
func (n Node) Pairs() []Pair {
	if n.raw() == nil || n.raw().Kind != yaml.MappingNode {
		return nil
	}
	var out []Pair
	seen := map[string]bool{}
	c := n.raw().Content
	for i := 0; i+1 < len(c); i += 2 {
		k := c[i]
		if k.ShortTag() == "!!merge" {
			out = append(out, n.merged(c[i+1], seen)...)
			continue
		}
		p := Pair{Key: k.Value, Node: Node{d: n.d, n: c[i+1], key: k, path: strings.TrimPrefix(n.path+"."+k.Value, ".")}}
		if seen[k.Value] {
			n.d.add(p.path, "twice", k, p.name()+"This field stands here twice.")
			continue
		}
		seen[k.Value] = true
		out = append(out, p)
	}
	return out
}

// merged are the keys of `<<:` that the object does not set itself.
func (n Node) merged(from *yaml.Node, seen map[string]bool) []Pair {
	own := map[string]bool{}
	for i := 0; i+1 < len(n.raw().Content); i += 2 {
		own[n.raw().Content[i].Value] = true
	}
	var out []Pair
	for _, p := range (Node{d: n.d, n: from, path: n.path}).Pairs() {
		if !own[p.Key] && !seen[p.Key] {
			seen[p.Key] = true
			out = append(out, p)
		}
	}
	return out
}

// Get is the value of a key, a missing one when it is not there.
func (n Node) Get(key string) Node {
	for _, p := range n.Pairs() {
		if p.Key == key {
			return p.Node
		}
	}
	return Node{d: n.d, in: n.n, path: strings.TrimPrefix(n.path+"."+key, ".")}
}

// List are the items of a list, none when it is missing.
func (n Node) List() []Node {
	if !n.Here() {
		return nil
	}
	if n.raw().Kind != yaml.SequenceNode {
		n.Fail("type", "A list is needed here.")
		return nil
	}
	var out []Node
	for i, c := range n.raw().Content {
		out = append(out, Node{d: n.d, n: c, in: n.n, path: fmt.Sprintf("%s[%d]", n.path, i)})
	}
	return out
}
