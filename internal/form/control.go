package form

import (
	"strings"
	"unicode"
)

// kind is the control of a schema and the type of its input element.
func (n *node) kind() (Kind, string) {
	if n.Widget == "hidden" || len(n.Const) > 0 {
		return Hidden, "hidden"
	}
	if n.Field == "Secret" || n.Widget == "password" || n.Format == "password" {
		return Password, "password"
	}
	switch n.one() {
	case "boolean":
		return n.boolKind(), ""
	case "integer", "number":
		if len(n.Enum) == 0 {
			return Number, "number"
		}
		return n.choiceKind(), ""
	case "array":
		return n.listKind(), ""
	case "object":
		return JSON, ""
	}
	if len(n.choices()) > 0 {
		return n.choiceKind(), ""
	}
	if n.Widget == "textarea" || n.Field == "MultiLine" {
		return TextArea, ""
	}
	return Text, inputType(n.Format)
}

func (n *node) boolKind() Kind {
	if n.Widget == "radio" || n.Widget == "select" {
		return Kind(n.Widget)
	}
	return Checkbox
}

func (n *node) choiceKind() Kind {
	if n.Widget == "radio" {
		return Radio
	}
	return Select
}

func (n *node) listKind() Kind {
	if n.Items != nil {
		if len(n.Items.choices()) > 0 {
			return Checkboxes
		}
		if n.Items.one() == "object" || n.Items.one() == "array" {
			return JSON
		}
	}
	return Lines
}

func inputType(format string) string {
	switch format {
	case "email", "idn-email":
		return "email"
	case "uri", "url":
		return "url"
	case "date", "time":
		return format
	case "date-time":
		return "datetime-local"
	case "color":
		return "text"
	default:
		return "text"
	}
}

// choices are what enum, or oneOf and anyOf of constants, allow.
func (n *node) choices() []Option {
	if n.one() == "array" && n.Items != nil {
		return n.Items.choices()
	}
	var out []Option
	for i, v := range n.Enum {
		o := Option{Value: text(v), Label: text(v)}
		if i < len(n.EnumNames) {
			o.Label = n.EnumNames[i]
		}
		out = append(out, o)
	}
	for _, one := range append(append([]*node{}, n.OneOf...), n.AnyOf...) {
		if v := one.values(); len(v) == 1 {
			out = append(out, Option{Value: v[0], Label: first(one.Title, v[0]), Help: one.Description})
		}
	}
	if len(out) == 0 && n.one() == "boolean" && (n.Widget == "radio" || n.Widget == "select") {
		out = []Option{{Value: "true", Label: "Yes"}, {Value: "false", Label: "No"}}
	}
	return out
}

func rows(n *node) int {
	if r, ok := n.Options["rows"].(float64); ok && r > 0 && r <= 40 {
		return int(r)
	}
	return 4
}

func example(n *node) string {
	if len(n.Examples) == 0 {
		return ""
	}
	return text(n.Examples[0])
}

// words makes a label of a name: "costCenter" and "cost_center" are "Cost center".
func words(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	var b strings.Builder
	for i, r := range name {
		switch {
		case r == '_' || r == '-':
			b.WriteByte(' ')
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
