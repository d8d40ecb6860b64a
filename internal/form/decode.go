package form

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Read is what a form sent.
type Read struct {
	Values  map[string]any    // what counts, with the types of the schema
	Secrets map[string]string // of secret fields, by name; Values has asterisks for them
	Faults  []fault.Field     // what cannot be read as its type, and is left out
}

// maxRounds bounds how often values and the fields that count because of them
// are worked out in turn.
const maxRounds = 12

// Read makes values of what a form sent. Empty text is left out, so that
// "required" means what it says. Fields whose conditions do not hold are
// ignored. around are values of other pages.
func (s *Schema) Read(sent url.Values, prefix string, around map[string]any) Read {
	r, _ := s.read(sent, prefix, around)
	return r
}

func (s *Schema) read(sent url.Values, prefix string, around map[string]any) (Read, part) {
	x := &solver{s: s, left: maxWork, sent: sent, prefix: prefix}
	if sent == nil {
		x.sent = url.Values{}
	}
	var value map[string]any
	for range maxRounds {
		x.fields = 0
		tree := x.tree(value, around)
		d := decoder{solver: x, secrets: map[string]string{}}
		next := d.object(tree.parts)
		if reflect.DeepEqual(next, value) {
			return Read{value, d.secrets, d.faults}, tree
		}
		value = next
	}
	tree := x.tree(value, around)
	d := decoder{solver: x, secrets: map[string]string{}}
	return Read{d.object(tree.parts), d.secrets, d.faults}, tree
}

// Decode is Read for forms without secrets and other pages, as JSON.
func (s *Schema) Decode(sent url.Values, prefix string) (json.RawMessage, []fault.Field) {
	r := s.Read(sent, prefix, nil)
	out, err := json.Marshal(r.Values)
	if err != nil { // values of plain types only
		return nil, []fault.Field{{Code: "invalid", Message: "This form cannot be read."}}
	}
	return out, r.Faults
}

// sentence is an error that is shown to people as it is.
type sentence string

func (s sentence) Error() string { return string(s) }

type decoder struct {
	*solver
	secrets map[string]string
	faults  []fault.Field
}

func (d *decoder) object(parts []part) map[string]any {
	out := map[string]any{}
	for _, p := range parts {
		if v, ok := d.value(p); ok {
			out[p.name] = v
		}
	}
	return out
}

func (d *decoder) value(p part) (any, bool) {
	name := d.name(p.path)
	switch p.kind {
	case Group:
		inner := d.object(p.parts)
		return inner, len(inner) > 0
	case Rows:
		list := []any{}
		for _, q := range p.parts {
			v, ok := d.value(q)
			if !ok && q.kind == Group {
				v, ok = map[string]any{}, true // an empty row is there
			}
			if ok {
				list = append(list, v)
			}
		}
		return list, len(list) > 0
	case Repo:
		return d.repo(p)
	}
	v, ok, err := p.node.value(p.kind, d.sent[name])
	if err != nil {
		d.faults = append(d.faults, fault.Field{Field: name, Code: "type", Message: err.Error()})
	}
	if s, secret := v.(string); ok && secret && p.node.ui("field") == "Secret" {
		d.secrets[p.name], v = s, Masked(s)
	}
	return v, ok
}

// Masked is what stands in values for a secret.
func Masked(s string) string { return strings.Repeat("*", len([]rune(s))) }

// value reads what was sent for one field; false when nothing was.
func (n *node) value(kind Kind, sent []string) (any, bool, error) {
	if len(n.Const) > 0 {
		return anyOf(n.Const), true, nil
	}
	raw := ""
	if len(sent) > 0 {
		raw = sent[len(sent)-1]
	}
	switch kind {
	case JSON:
		return deep(strings.Join(sent, "\n"))
	case Map:
		return pairs(raw)
	case Lines, Checkboxes, Many:
		return n.list(kind, sent)
	}
	switch n.one() {
	case "boolean":
		return n.boolean(raw)
	case "array", "object":
		return deep(raw)
	case "null":
		return nil, false, nil
	case "integer", "number":
		return n.number(raw)
	}
	return n.text(kind, raw)
}

// text reads a text; an empty one is ui:emptyValue, if that is set.
func (n *node) text(kind Kind, raw string) (any, bool, error) {
	if v, ok := n.chosen(raw); ok {
		return v, true, nil
	}
	if kind == TextArea {
		raw = strings.ReplaceAll(raw, "\r\n", "\n")
	} else if kind != Password {
		raw = strings.TrimSpace(raw)
	}
	if empty, set := n.UI["emptyValue"]; raw == "" && set && empty != nil {
		return empty, true, nil
	}
	return raw, raw != "", nil
}

// boolean reads a box, whose absence is a no, or two choices, whose absence is nothing.
func (n *node) boolean(raw string) (any, bool, error) {
	switch raw {
	case "true", "on":
		return true, true, nil
	case "false":
		return false, true, nil
	default:
		return false, n.boolKind() == Checkbox, nil
	}
}

func (n *node) number(raw string) (any, bool, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, false, nil
	}
	if n.one() == "integer" {
		i, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			return nil, false, sentence("Enter a whole number, without a unit.")
		}
		return i, true, nil
	}
	f, err := strconv.ParseFloat(strings.Replace(raw, ",", ".", 1), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e300 {
		return nil, false, sentence("Enter a number, without a unit.")
	}
	return f, true, nil
}

// chosen is the value of the choices, with its own type, that is sent as raw.
func (n *node) chosen(raw string) (any, bool) {
	if raw == "" {
		return nil, false
	}
	for _, v := range n.Enum {
		if text(v) == raw {
			return v, true
		}
	}
	for _, one := range append(append([]*node{}, n.OneOf...), n.AnyOf...) {
		if v := one.options(); len(v) == 1 && text(v[0]) == raw {
			return v[0], true
		}
	}
	return nil, false
}

// list reads boxes, lines of text, or what was picked; empty ones are left
// out, and of the picked ones those that are there twice.
func (n *node) list(kind Kind, sent []string) (any, bool, error) {
	if kind == Lines {
		sent = strings.FieldsFunc(strings.Join(sent, "\n"), func(r rune) bool { return r == '\n' || r == '\r' })
	}
	item := n.Items
	if item == nil {
		item = &node{Type: []string{"string"}}
	}
	out := []any{}
	seen := map[string]bool{}
	for _, s := range sent {
		if s = strings.TrimSpace(s); s == "" || seen[s] && kind != Lines {
			continue
		}
		seen[s] = true
		v, ok, err := item.value(Text, []string{s})
		if err != nil {
			return nil, false, err
		}
		if ok {
			out = append(out, v)
		}
	}
	return out, len(out) > 0, nil
}

// pairs reads lines of "key: value".
func pairs(raw string) (any, bool, error) {
	out := map[string]any{}
	for line := range strings.Lines(raw) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, false, sentence("Write one pair a line, as key: value.")
		}
		out[key] = strings.TrimSpace(value)
	}
	return out, len(out) > 0, nil
}

// deep reads a value that is written as JSON.
func deep(raw string) (any, bool, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, false, nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(raw)))
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return nil, false, sentence("This is not JSON.")
	}
	return v, true, nil
}

// text is a JSON value as a form field holds it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	default:
		b, _ := json.Marshal(v) // it came from JSON
		return string(b)
	}
}
