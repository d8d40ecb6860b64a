// Package form makes forms of JSON Schema and JSON of forms. It knows the part
// of JSON Schema 2020-12 that people write for forms, with the ui: words that
// Backstage templates use. It does not validate: the action does, once.
package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrSchema means that a schema cannot be shown as a form.
var ErrSchema = errors.New("schema is not an object with properties")

// node is one schema of a property, as written.
type node struct {
	Type                 kinds           `json:"type"`
	Title                string          `json:"title"`
	Description          string          `json:"description"`
	Default              json.RawMessage `json:"default"`
	Const                json.RawMessage `json:"const"`
	Enum                 []any           `json:"enum"`
	EnumNames            []string        `json:"enumNames"`
	Examples             []any           `json:"examples"`
	Format               string          `json:"format"`
	Pattern              string          `json:"pattern"`
	Minimum              *json.Number    `json:"minimum"`
	Maximum              *json.Number    `json:"maximum"`
	MultipleOf           *json.Number    `json:"multipleOf"`
	MinLength            *int            `json:"minLength"`
	MaxLength            *int            `json:"maxLength"`
	ReadOnly             bool            `json:"readOnly"`
	Properties           properties      `json:"properties"`
	Required             []string        `json:"required"`
	Items                *node           `json:"items"`
	OneOf                []*node         `json:"oneOf"`
	AnyOf                []*node         `json:"anyOf"`
	AllOf                []*node         `json:"allOf"`
	If                   *node           `json:"if"`
	Then                 *node           `json:"then"`
	Else                 *node           `json:"else"`
	Dependencies         dependencies    `json:"dependencies"`
	DependentSchemas     dependencies    `json:"dependentSchemas"`
	Widget               string          `json:"ui:widget"`
	Field                string          `json:"ui:field"`
	Help                 string          `json:"ui:help"`
	UITitle              string          `json:"ui:title"`
	UIDescription        string          `json:"ui:description"`
	Placeholder          string          `json:"ui:placeholder"`
	Order                []string        `json:"ui:order"`
	Autofocus            bool            `json:"ui:autofocus"`
	Disabled             bool            `json:"ui:disabled"`
	Options              map[string]any  `json:"ui:options"`
	Backstage            map[string]any  `json:"ui:backstage"`
	AdditionalProperties any             `json:"additionalProperties"`
}

// kinds is "type", which may be one word or a list.
type kinds []string

// UnmarshalJSON reads both ways of writing a type.
func (k *kinds) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*k = make(kinds, 1)
		return json.Unmarshal(b, &(*k)[0])
	}
	return json.Unmarshal(b, (*[]string)(k))
}

// one is the type that a form shows: the first that is not null.
func (n *node) one() string {
	for _, t := range n.Type {
		if t != "null" {
			return t
		}
	}
	switch {
	case len(n.Properties) > 0:
		return "object"
	case n.Items != nil:
		return "array"
	default:
		return "string"
	}
}

// property is a named schema; the order is that of the file.
type property struct {
	name string
	node *node
}

type properties []property

// UnmarshalJSON keeps the order of the keys.
func (p *properties) UnmarshalJSON(b []byte) error {
	return eachKey(b, func(key string, raw json.RawMessage) error {
		n := &node{}
		if string(raw) != "true" { // a property that may be anything
			if err := json.Unmarshal(raw, n); err != nil {
				return fmt.Errorf("property %q: %w", key, err)
			}
		}
		*p = append(*p, property{key, n})
		return nil
	})
}

// dependencies are schemas that count when a property has a value.
type dependencies []property

// UnmarshalJSON reads schemas; lists of names only make fields required, which
// the action's own validation says.
func (d *dependencies) UnmarshalJSON(b []byte) error {
	return eachKey(b, func(key string, raw json.RawMessage) error {
		if len(raw) == 0 || raw[0] != '{' {
			return nil
		}
		n := &node{}
		if err := json.Unmarshal(raw, n); err != nil {
			return fmt.Errorf("dependency %q: %w", key, err)
		}
		*d = append(*d, property{key, n})
		return nil
	})
}

// eachKey calls f for each key of an object, in the order written.
func eachKey(b []byte, f func(string, json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("not an object (%v)", t)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		name, _ := key.(string) // keys of an object are strings
		if err := f(name, raw); err != nil {
			return err
		}
	}
	return nil
}

// Schema is a parsed schema, ready to be shown and to read what was sent.
type Schema struct {
	Title       string
	Description string
	items       []item
}

// Parse reads a schema. It fails with ErrSchema when there is nothing to show.
func Parse(schema []byte) (*Schema, error) {
	var n node
	if err := json.Unmarshal(schema, &n); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	if n.one() != "object" {
		return nil, ErrSchema
	}
	return &Schema{Title: n.Title, Description: n.Description, items: flatten(&n, "", nil)}, nil
}

// item is one field, or a group of them, with the conditions under which it counts.
type item struct {
	path     string
	node     *node
	required bool
	when     []When
	items    []item // of a nested object
}

// flatten lists the properties of an object in the order in which they are
// shown, those under a condition right after the field that it asks about.
func flatten(n *node, prefix string, when []When) []item {
	seen := map[string]bool{}
	list := func(from *node, when []When) []item {
		var out []item
		for _, p := range from.Properties {
			if seen[p.name] {
				continue
			}
			seen[p.name] = true
			required := slices.Contains(from.Required, p.name) || slices.Contains(n.Required, p.name)
			it := item{path: join(prefix, p.name), node: p.node, required: required, when: when}
			if p.node.one() == "object" && len(p.node.Properties) > 0 {
				it.items = flatten(p.node, it.path, when)
			}
			out = append(out, it)
		}
		return out
	}
	out := list(n, when)
	for _, b := range branches(n, prefix) {
		for _, p := range b.node.Properties {
			widen(out, join(prefix, p.name), b.when)
		}
		more := list(b.node, append(slices.Clone(when), b.when))
		out = slices.Insert(out, after(out, b.when), more...)
	}
	return ordered(out, n.Order, prefix)
}

// widen lets a field count under one more condition, when another branch brings
// it again: more values of the same field, or else always.
func widen(items []item, path string, w When) {
	for i, it := range items {
		if it.path != path || len(it.when) == 0 {
			continue
		}
		last := it.when[len(it.when)-1]
		same := !last.Not && !w.Not && len(last.All) == 1 && len(w.All) == 1 && last.All[0].Field == w.All[0].Field && len(w.All[0].Values) > 0
		rest := slices.Clone(it.when[:len(it.when)-1])
		if same {
			e := Equal{Field: w.All[0].Field, Values: append(slices.Clone(last.All[0].Values), w.All[0].Values...)}
			rest = append(rest, When{All: []Equal{e}})
		}
		items[i].when = rest
	}
}

// after is where fields under a condition stand: behind the field it asks
// about and behind those that already hang on it.
func after(items []item, w When) int {
	if len(w.All) == 0 {
		return len(items)
	}
	trigger := w.All[len(w.All)-1].Field
	at := len(items)
	for i, it := range items {
		if it.path == trigger || at == i && hangsOn(it, trigger) {
			at = i + 1
		}
	}
	return at
}

func hangsOn(it item, trigger string) bool {
	return slices.ContainsFunc(it.when, func(w When) bool {
		return slices.ContainsFunc(w.All, func(e Equal) bool { return e.Field == trigger })
	})
}

// ordered follows ui:order: named first, "*" stands for the rest.
func ordered(items []item, order []string, prefix string) []item {
	if len(order) == 0 {
		return items
	}
	rest := slices.Index(order, "*")
	if rest < 0 {
		rest = len(order)
	}
	rank := func(it item) int {
		if i := slices.Index(order, strings.TrimPrefix(strings.TrimPrefix(it.path, prefix), ".")); i >= 0 {
			return i
		}
		return rest
	}
	slices.SortStableFunc(items, func(a, b item) int { return rank(a) - rank(b) })
	return items
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
