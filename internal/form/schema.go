// Package form makes forms of JSON Schema and JSON of forms. It knows JSON
// Schema 2020-12 and what older drafts call differently, with the ui: words
// that Backstage templates use. Which fields count is worked out on the server
// from the values (see effect.go), so a form is the same with and without
// scripts. It does not judge values: Effect says what they are judged by.
package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrSchema means that a schema cannot be shown as a form.
var ErrSchema = errors.New("schema is not an object with properties")

// The bounds of a schema. A template is anybody's file.
const (
	maxNodes  = 20_000
	maxDepth  = 40
	maxEnum   = 20_000
	maxFields = 1_000 // that a form shows
	maxRows   = 200   // of a list of objects
)

// Schema is a parsed schema, ready to be shown and to read what was sent.
type Schema struct {
	Title       string
	Description string
	root        *node
	targets     map[string]*node // of $ref, by pointer
	raw         json.RawMessage
	nodes       int
	problems    []string
	secrets     map[string]bool // see Secret
}

// Parse reads a schema. It fails with ErrSchema when there is nothing to show,
// or too much. A word of the schema that has the wrong type is left out and
// told by Problems.
func Parse(schema []byte) (*Schema, error) {
	s := &Schema{raw: schema, targets: map[string]*node{}}
	root, err := s.parse(schema, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	if root.never != nil || !root.isObject() {
		return nil, ErrSchema
	}
	s.root, s.Title, s.Description = root, root.Title, root.Description
	return s, nil
}

// Problems are words of the schema that were left out, each a sentence.
func (s *Schema) Problems() []string { return s.problems }

func (s *Schema) problem(format string, args ...any) {
	if p := fmt.Sprintf(format, args...); len(s.problems) < 20 {
		s.problems = append(s.problems, p)
	}
}

// node is one schema of a property.
type node struct {
	never                *bool // the schemas true and false
	Ref                  string
	Type                 []string
	Title                string
	Description          string
	Default              json.RawMessage
	Const                json.RawMessage
	Enum                 []any
	EnumNames            []string
	Examples             []any
	Format               string
	Pattern              string
	Required             []string
	Properties           []property
	Items                *node
	Prefix               []*node // items of a tuple
	OneOf, AnyOf, AllOf  []*node
	Not, If, Then, Else  *node
	Depends              []dependency
	AdditionalProperties *node
	UI                   map[string]any             // ui: words without the prefix, and those of ui:options
	Options              map[string]any             // ui:options
	Order                []string                   // ui:order
	words                map[string]json.RawMessage // what values are judged by
	also                 []map[string]json.RawMessage
}

// property is a named schema; the order is that of the file.
type property struct {
	name   string
	node   *node
	behind string // the property on which it depends
}

// dependency is what counts when a property has a value.
type dependency struct {
	name  string
	names []string // are needed then
	node  *node    // counts then
}

// judged are the words that values are judged by and that a form leaves to the
// validator.
var judged = map[string]bool{"type": true, "const": true, "enum": true, "format": true, "pattern": true, "minimum": true, "maximum": true,
	"exclusiveMinimum": true, "exclusiveMaximum": true, "multipleOf": true, "minLength": true, "maxLength": true, "minItems": true, "maxItems": true,
	"uniqueItems": true, "contains": true, "minContains": true, "maxContains": true, "minProperties": true, "maxProperties": true, "propertyNames": true, "patternProperties": true, "not": true}

func (s *Schema) parse(raw []byte, depth int) (*node, error) {
	if s.nodes++; s.nodes > maxNodes || depth > maxDepth {
		return nil, fmt.Errorf("it has more than %d parts, or is more than %d deep", maxNodes, maxDepth)
	}
	n := &node{UI: map[string]any{}, words: map[string]json.RawMessage{}}
	raw = bytes.TrimSpace(raw)
	switch {
	case string(raw) == "true", string(raw) == "null":
		return n, nil
	case string(raw) == "false":
		n.never = new(bool)
		return n, nil
	}
	err := eachKey(raw, func(key string, v json.RawMessage) error { return s.word(n, key, v, depth) })
	return n, err
}

// word reads one key of a schema.
func (s *Schema) word(n *node, key string, v json.RawMessage, depth int) error {
	if name, ok := strings.CutPrefix(key, "ui:"); ok {
		s.uiWord(n, name, v)
		return nil
	}
	if strings.HasPrefix(key, "backstage:") {
		n.UI[key] = anyOf(v)
		return nil
	}
	if err := s.inner(n, key, v, depth); err != nil {
		return err
	}
	if judged[key] && !bytes.Contains(v, []byte(`"$ref"`)) {
		n.words[key] = v
	}
	if !s.plain(n, key, v) {
		s.problem("%q of %q is not as JSON Schema has it, and left out.", key, first(n.Title, "a field"))
		delete(n.words, key)
	}
	if len(n.Enum) > maxEnum {
		return fmt.Errorf("a list of choices has more than %d", maxEnum)
	}
	return nil
}

// plain reads the keys that hold no schemas; false when one cannot be read.
func (s *Schema) plain(n *node, key string, v json.RawMessage) bool {
	into := map[string]any{"title": &n.Title, "description": &n.Description, "$ref": &n.Ref, "format": &n.Format, "enum": &n.Enum, "examples": &n.Examples}[key]
	switch key {
	case "type":
		return texts(v, &n.Type)
	case "required":
		var yes bool
		return texts(v, &n.Required) || json.Unmarshal(v, &yes) == nil // draft 3 says it of the field itself
	case "enumNames":
		var list []any
		if json.Unmarshal(v, &list) != nil {
			return false
		}
		for _, x := range list {
			n.EnumNames = append(n.EnumNames, text(x))
		}
		return true
	case "pattern":
		return json.Unmarshal(v, &n.Pattern) == nil && knownPattern(n.Pattern)
	case "default":
		n.Default = v
	case "readOnly":
		n.UI["readonly"] = anyOf(v)
	case "const":
		n.Const = v
	case "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "exclusiveMinimum", "exclusiveMaximum":
		var x float64
		return json.Unmarshal(v, &x) == nil
	case "enum":
		return json.Unmarshal(v, into) == nil && len(n.Enum) > 0
	case "format":
		return json.Unmarshal(v, into) == nil
	}
	return into == nil || json.Unmarshal(v, into) == nil
}

// inner reads the keys that hold schemas.
func (s *Schema) inner(n *node, key string, v json.RawMessage, depth int) error {
	var err error
	one := map[string]**node{"not": &n.Not, "if": &n.If, "then": &n.Then, "else": &n.Else, "additionalProperties": &n.AdditionalProperties}[key]
	list := map[string]*[]*node{"oneOf": &n.OneOf, "anyOf": &n.AnyOf, "allOf": &n.AllOf, "prefixItems": &n.Prefix}[key]
	switch {
	case one != nil:
		*one, err = s.parse(v, depth+1)
	case list != nil:
		*list, err = s.list(v, depth)
	case key == "items" && isList(v):
		n.Prefix, err = s.list(v, depth)
	case key == "items":
		n.Items, err = s.parse(v, depth+1)
	case key == "properties":
		err = eachKey(v, func(name string, raw json.RawMessage) error {
			p, err := s.parse(raw, depth+1)
			n.Properties = append(n.Properties, property{name: name, node: p})
			return err
		})
	case key == "dependencies", key == "dependentSchemas", key == "dependentRequired":
		err = s.depends(n, v, depth)
	}
	return err
}

func (s *Schema) depends(n *node, v json.RawMessage, depth int) error {
	return eachKey(v, func(name string, raw json.RawMessage) error {
		d := dependency{name: name}
		if texts(raw, &d.names) {
			n.Depends = append(n.Depends, d)
			return nil
		}
		var err error
		d.node, err = s.parse(raw, depth+1)
		n.Depends = append(n.Depends, d)
		return err
	})
}

func (s *Schema) list(v json.RawMessage, depth int) ([]*node, error) {
	var raws []json.RawMessage
	if json.Unmarshal(v, &raws) != nil {
		s.problem("A list of schemas is not a list, and left out.")
		return nil, nil
	}
	var out []*node
	for _, raw := range raws {
		n, err := s.parse(raw, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// uiWord reads a ui: key; those of ui:options count as if they stood alone.
func (s *Schema) uiWord(n *node, name string, v json.RawMessage) {
	value := anyOf(v)
	switch name {
	case "options":
		n.Options, _ = value.(map[string]any)
		for k, x := range n.Options {
			if _, set := n.UI[k]; !set {
				n.UI[k] = x
			}
		}
	case "order":
		texts(v, &n.Order)
	default:
		n.UI[name] = value
	}
}

// ui is a ui: word that is text.
func (n *node) ui(name string) string {
	s, _ := n.UI[name].(string)
	return s
}

func (n *node) uiTrue(name string) bool {
	b, _ := n.UI[name].(bool)
	return b
}

// one is the type that a form shows: the first that is not null, else what the
// other words mean.
func (n *node) one() string {
	for _, t := range n.Type {
		if t != "null" {
			return strings.ToLower(t)
		}
	}
	switch {
	case n.isObject():
		return "object"
	case n.Items != nil:
		return "array"
	default:
		return "string"
	}
}

func (n *node) isObject() bool {
	if len(n.Type) > 0 {
		return contains(n.Type, "object")
	}
	return len(n.Properties) > 0 || len(n.Depends) > 0 || n.If != nil || len(n.AllOf) > 0 || n.branches() != nil || n.Ref != ""
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

// texts reads one text or a list of them.
func texts(v json.RawMessage, into *[]string) bool {
	var one string
	if json.Unmarshal(v, &one) == nil {
		*into = []string{one}
		return true
	}
	return json.Unmarshal(v, into) == nil
}

func anyOf(v json.RawMessage) any {
	var x any
	if json.Unmarshal(v, &x) != nil {
		return nil
	}
	return x
}

func isList(v json.RawMessage) bool { return bytes.HasPrefix(bytes.TrimSpace(v), []byte("[")) }

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
