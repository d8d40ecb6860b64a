package form

import (
	"strings"
	"unicode"
)

// The fields of Backstage that take one text and those that take a list. The
// form knows how they are drawn; what they offer a Resolver knows.
var (
	onePickers  = []string{"EntityPicker", "OwnedEntityPicker", "OwnerPicker", "MyGroupsPicker", "EntityNamePicker", "RepoBranchPicker", "RepoOwnerPicker"}
	manyPickers = []string{"MultiEntityPicker", "EntityTagsPicker"}
)

// RepoField is the picker of a repository's address.
const RepoField = "RepoUrlPicker"

// known reports whether Waymark draws a ui:field.
func known(field string) bool {
	return field == "" || field == RepoField || field == "Secret" || field == "MultiLine" || contains(onePickers, field) || contains(manyPickers, field)
}

// widgets are the ui:widget words that Waymark draws.
var widgets = []string{"", "text", "textarea", "radio", "checkbox", "checkboxes", "hidden", "password", "select", "updown", "range", "email", "uri", "url", "date", "time", "date-time", "datetime", "color"}

// kind is the control of a decided schema and the type of its input element.
func (n *node) kind() (Kind, string) {
	widget, field := n.ui("widget"), n.ui("field")
	if widget == "hidden" {
		return Hidden, "hidden"
	}
	if field == "Secret" || widget == "password" || n.Format == "password" {
		return Password, "password"
	}
	switch n.one() {
	case "boolean":
		return n.boolKind(), ""
	case "integer", "number":
		if len(n.choices()) == 0 {
			return Number, "number"
		}
		return n.choiceKind(), ""
	case "array":
		return n.listKind(), ""
	case "object":
		return n.objectKind(), ""
	case "null":
		return Hidden, "hidden"
	}
	switch {
	case field == RepoField:
		return Repo, ""
	case contains(manyPickers, field):
		return Many, ""
	case len(n.Const) > 0:
		return Hidden, "hidden"
	case len(n.choices()) > 0:
		return n.choiceKind(), ""
	case widget == "textarea" || field == "MultiLine":
		return TextArea, ""
	}
	return Text, inputType(n.Format, widget)
}

func (n *node) objectKind() Kind {
	if len(n.Properties) > 0 {
		return Group
	}
	if a := n.AdditionalProperties; a != nil && a.never == nil && len(a.Properties) == 0 && a.one() == "string" {
		return Map
	}
	return JSON
}

func (n *node) boolKind() Kind {
	if w := n.ui("widget"); w == "radio" || w == "select" {
		return Kind(w)
	}
	return Checkbox
}

// maxSelect is how many choices a list to choose from may have; more are
// searched as one types.
const maxSelect = 20

// maxEnumSelect is the same for the choices that a schema lists itself.
const maxEnumSelect = 200

func (n *node) choiceKind() Kind {
	switch {
	case n.ui("widget") == "radio":
		return Radio
	case len(n.choices()) > maxEnumSelect:
		return Combo
	}
	return Select
}

func (n *node) listKind() Kind {
	items := n.Items
	switch {
	case contains(manyPickers, n.ui("field")):
		return Many
	case items == nil && len(n.Prefix) > 0:
		return JSON
	case items == nil:
		return Lines
	case len(items.choices()) > 0:
		return Checkboxes
	}
	if _, deep := map[string]bool{"object": true, "array": true, "boolean": true}[items.one()]; deep || items.ui("field") != "" || items.Ref != "" {
		return Rows
	}
	return Lines
}

func inputType(format, widget string) string {
	switch first(widget, format) {
	case "email", "idn-email":
		return "email"
	case "uri", "url":
		return "url"
	case "date", "time":
		return first(widget, format)
	case "date-time", "datetime":
		return "datetime-local"
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
		if v != nil {
			out = append(out, o)
		}
	}
	for _, list := range [][]*node{n.OneOf, n.AnyOf} {
		for _, one := range list {
			if v := one.values(); len(v) == 1 {
				out = append(out, Option{Value: v[0], Label: first(one.Title, v[0]), Help: one.Description})
			}
		}
	}
	if w := n.ui("widget"); len(out) == 0 && n.one() == "boolean" && (w == "radio" || w == "select") {
		out = []Option{{Value: "true", Label: "Yes"}, {Value: "false", Label: "No"}}
	}
	return out
}

func rows(n *node) int {
	if r, ok := n.UI["rows"].(float64); ok && r > 0 && r <= 40 {
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
