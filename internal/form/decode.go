package form

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Decode makes the JSON object of what a form sent, with the types of the
// schema. What cannot be read as its type becomes a fault and is left out;
// empty text is left out too, so that "required" means what it says. Fields
// whose conditions do not hold are ignored.
func (s *Schema) Decode(values url.Values, prefix string) (json.RawMessage, []fault.Field) {
	d := decoder{values: values, prefix: prefix}
	out, err := json.Marshal(d.object(s.items))
	if err != nil { // values of plain types only
		return nil, []fault.Field{{Code: "invalid", Message: "This form cannot be read."}}
	}
	return out, d.faults
}

// sentence is an error that is shown to people as it is.
type sentence string

func (s sentence) Error() string { return string(s) }

type decoder struct {
	values url.Values
	prefix string
	faults []fault.Field
}

func (d *decoder) object(items []item) map[string]any {
	out := map[string]any{}
	for _, it := range items {
		if !holds(it.when, d.values, d.prefix) {
			continue
		}
		key := it.path[strings.LastIndexByte(it.path, '.')+1:]
		if len(it.items) > 0 {
			if inner := d.object(it.items); len(inner) > 0 {
				out[key] = inner
			}
			continue
		}
		name := join(d.prefix, it.path)
		v, ok, err := it.node.value(d.values[name])
		if err != nil {
			d.faults = append(d.faults, fault.Field{Field: name, Code: "type", Message: err.Error()})
		}
		if ok {
			out[key] = v
		}
	}
	return out
}

// value reads what was sent for one field; false when nothing was.
func (n *node) value(sent []string) (any, bool, error) {
	if len(n.Const) > 0 {
		return n.Const, true, nil
	}
	raw := ""
	if len(sent) > 0 {
		raw = sent[len(sent)-1]
	}
	switch n.one() {
	case "boolean":
		return n.boolean(raw)
	case "array":
		return n.list(sent)
	case "object":
		return deep(raw)
	case "integer", "number":
		return n.number(raw)
	}
	if v, ok := n.chosen(raw); ok {
		return v, true, nil
	}
	if kind, _ := n.kind(); kind == TextArea {
		raw = strings.ReplaceAll(raw, "\r\n", "\n")
	} else if kind != Password {
		raw = strings.TrimSpace(raw)
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
	if err != nil || f != f || f > 1e300 || f < -1e300 {
		return nil, false, sentence("Enter a number, without a unit.")
	}
	return f, true, nil
}

// chosen is the value of the enum, with its own type, that is sent as raw.
func (n *node) chosen(raw string) (any, bool) {
	for _, v := range n.Enum {
		if text(v) == raw && raw != "" {
			return v, true
		}
	}
	return nil, false
}

// list reads boxes, or lines of text; empty ones are left out.
func (n *node) list(sent []string) (any, bool, error) {
	kind := n.listKind()
	if kind == JSON {
		return deep(strings.Join(sent, "\n"))
	}
	if kind == Lines && len(sent) == 1 {
		sent = strings.FieldsFunc(sent[0], func(r rune) bool { return r == '\n' || r == '\r' })
	}
	out := []any{}
	for _, s := range sent {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		item := n.Items
		if item == nil {
			item = &node{}
		}
		v, ok, err := item.value([]string{s})
		if err != nil {
			return nil, false, err
		}
		if ok {
			out = append(out, v)
		}
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
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, false, sentence("This is not JSON.")
	}
	return v, true, nil
}
