package form

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Effect is what values are judged by: the schema with all its conditions
// decided by the values themselves, so that what is wrong can be told at the
// field where it is.
type Effect struct {
	Schema  json.RawMessage // JSON Schema 2020-12 without references and conditions
	Names   []string        // the top-level fields that count
	Dormant []string        // those that would count with other values
	Faults  []fault.Field   // of patterns that Schema cannot hold
	Picks   []Picked        // what was entered in the fields that count
}

// Picked is what a field with a picker holds.
type Picked struct {
	Name    string // with the prefix
	Field   string // ui:field
	Options map[string]any
	Many    bool
	Values  []string
}

// Effect decides the schema for values. around are those of other pages;
// prefix is of the names in Faults.
func (s *Schema) Effect(values, around map[string]any, prefix string) (Effect, error) {
	x := &solver{s: s, left: maxWork}
	tree := x.tree(values, around)
	j := judge{}
	root := j.group(tree, values, prefix)
	delete(root, "additionalProperties") // of several pages each sees only its own
	delete(root, "type")
	e := Effect{Faults: j.faults, Picks: j.picks}
	for _, p := range tree.parts {
		e.Names = append(e.Names, p.name)
	}
	for _, name := range s.Names() {
		if !slices.Contains(e.Names, name) {
			e.Dormant = append(e.Dormant, name)
		}
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["type"] = "object"
	var err error
	e.Schema, err = json.Marshal(root)
	return e, err
}

// Names are the top-level properties of the schema, wherever in its conditions
// they stand.
func (s *Schema) Names() []string {
	var out []string
	left := maxNodes
	var visit func(n *node, depth int)
	visit = func(n *node, depth int) {
		if left--; n == nil || left < 0 || depth > maxDepth {
			return
		}
		for _, p := range n.Properties {
			if !slices.Contains(out, p.name) {
				out = append(out, p.name)
			}
		}
		if t, ok := s.targetOf(n); ok {
			visit(t, depth+1)
		}
		for _, list := range [][]*node{n.AllOf, n.OneOf, n.AnyOf, {n.Then, n.Else}} {
			for _, m := range list {
				visit(m, depth+1)
			}
		}
		for _, d := range n.Depends {
			visit(d.node, depth+1)
		}
	}
	visit(s.root, 0)
	return out
}

type judge struct {
	faults []fault.Field
	picks  []Picked
}

// picked notes what a field with a picker holds.
func (j *judge) picked(p part, value any, path string) {
	field := p.node.ui("field")
	if field == "" || value == nil {
		return
	}
	q := Picked{Name: path, Field: field, Options: p.node.Options}
	if list, ok := value.([]any); ok {
		q.Many = true
		for _, v := range list {
			q.Values = append(q.Values, text(v))
		}
	} else {
		q.Values = []string{text(value)}
	}
	j.picks = append(j.picks, q)
}

// group is the schema of an object.
func (j *judge) group(p part, values map[string]any, path string) map[string]any {
	out := j.words(p.node)
	properties := map[string]any{}
	for _, q := range p.parts {
		properties[q.name] = j.part(q, values[q.name], join(path, q.name))
	}
	out["properties"] = properties
	if len(p.node.Required) > 0 {
		out["required"] = p.node.Required
	}
	if a := p.node.AdditionalProperties; a != nil && a.never != nil && !*a.never {
		out["additionalProperties"] = false
	}
	return out
}

func (j *judge) part(p part, value any, path string) any {
	switch p.kind {
	case Group:
		o, _ := value.(map[string]any)
		return j.group(p, o, path)
	case Rows:
		out := j.words(p.node)
		list, _ := value.([]any)
		var rows []any
		for i, q := range p.parts {
			if i < len(list) {
				rows = append(rows, j.part(q, list[i], join(path, strconv.Itoa(i))))
			}
		}
		if len(rows) > 0 {
			out["prefixItems"] = rows
		}
		return out
	}
	return j.leaf(p, value, path)
}

func (j *judge) leaf(p part, value any, path string) any {
	n := p.node
	j.picked(p, value, path)
	if s, ok := value.(string); ok && s != "" && p.kind == Password && strings.Trim(s, "*") == "" {
		return map[string]any{"type": "string"} // stands for a secret that is kept elsewhere
	}
	out := j.words(n)
	if s, ok := value.(string); ok && n.Pattern != "" {
		if _, plain := plainPattern(n.Pattern); !plain {
			delete(out, "pattern")
			if !fits(n.Pattern, s) {
				j.faults = append(j.faults, fault.Field{Field: path, Code: "pattern", Message: first(n.ui("patternMessage"), "This must match the pattern "+n.Pattern+".")})
			}
		}
	}
	for word, list := range map[string][]*node{"oneOf": n.OneOf, "anyOf": n.AnyOf} {
		var options []any
		for _, one := range list {
			options = append(options, one.options()...)
		}
		if len(options) > 0 && len(options) >= len(list) {
			out["enum"] = options // told better than "exactly one of"
		} else if len(list) > 0 {
			out[word] = j.several(list)
		}
	}
	if n.Items != nil && p.kind != Rows && n.Items.Ref == "" {
		out["items"] = j.words(n.Items)
		if options := n.Items.choices(); len(n.Items.OneOf)+len(n.Items.AnyOf) > 0 && len(options) > 0 {
			var values []any
			for _, one := range append(append([]*node{}, n.Items.OneOf...), n.Items.AnyOf...) {
				values = append(values, one.options()...)
			}
			out["items"] = map[string]any{"enum": values}
		}
	}
	return out
}

func (j *judge) several(list []*node) []any {
	var out []any
	for _, n := range list {
		w := j.words(n)
		if len(n.Required) > 0 {
			w["required"] = n.Required
		}
		out = append(out, w)
	}
	return out
}

// words are what a decided schema says of values.
func (j *judge) words(n *node) map[string]any {
	out := map[string]any{}
	for word, v := range n.words {
		out[word] = v
	}
	if m := n.ui("patternMessage"); m != "" {
		out["patternMessage"] = m
	}
	if n.never != nil && !*n.never {
		out["not"] = map[string]any{}
	}
	writable(out)
	if len(n.also) > 0 {
		var also []any
		for _, m := range n.also {
			w := map[string]any{}
			for word, v := range m {
				w[word] = v
			}
			writable(w)
			also = append(also, w)
		}
		out["allOf"] = also
	}
	return out
}

// writable takes a pattern out that the validator's engine does not know.
func writable(words map[string]any) {
	raw, ok := words["pattern"].(json.RawMessage)
	if !ok {
		return
	}
	var pattern string
	if json.Unmarshal(raw, &pattern) != nil {
		delete(words, "pattern")
	} else if _, plain := plainPattern(pattern); !plain {
		delete(words, "pattern")
	}
}
