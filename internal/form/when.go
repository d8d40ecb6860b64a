package form

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
)

// When is a condition on other fields: a field under it counts, and is shown,
// only while it holds.
type When struct {
	All []Equal
	Not bool // the opposite: "else"
}

// Equal says that a field has one of the values; without values: any value.
type Equal struct {
	Field  string   // dotted path
	Values []string // as they are sent by a form
}

type branch struct {
	node *node
	when When
}

// branches are the schemas inside a schema that count under a condition.
func branches(n *node, prefix string) []branch {
	var out []branch
	if n.If != nil {
		all := conditions(n.If, prefix)
		if n.Then != nil {
			out = append(out, branch{n.Then, When{All: all}})
		}
		if n.Else != nil {
			out = append(out, branch{n.Else, When{All: all, Not: true}})
		}
	}
	for _, a := range n.AllOf {
		if len(a.Properties) > 0 {
			out = append(out, branch{a, When{}})
		}
		out = append(out, branches(a, prefix)...)
	}
	for _, d := range append(slices.Clone(n.Dependencies), n.DependentSchemas...) {
		out = append(out, dependent(d, prefix)...)
	}
	return out
}

// dependent reads one dependency: either a schema that counts when the
// property has a value, or one of several that name its values.
func dependent(d property, prefix string) []branch {
	path := join(prefix, d.name)
	out := []branch{}
	if len(d.node.Properties) > 0 {
		out = append(out, branch{d.node, When{All: []Equal{{Field: path}}}})
	}
	for _, one := range d.node.OneOf {
		when := When{}
		rest := *one
		rest.Properties = nil
		for _, p := range one.Properties {
			if p.name == d.name {
				when.All = append(when.All, Equal{Field: path, Values: p.node.values()})
				continue
			}
			rest.Properties = append(rest.Properties, p)
		}
		out = append(out, branch{&rest, when})
	}
	return out
}

func conditions(n *node, prefix string) []Equal {
	var out []Equal
	for _, p := range n.Properties {
		out = append(out, Equal{Field: join(prefix, p.name), Values: p.node.values()})
	}
	return out
}

// values are what const and enum allow, as a form sends them.
func (n *node) values() []string {
	var out []string
	if len(n.Const) > 0 {
		var v any
		if json.Unmarshal(n.Const, &v) == nil { // it was part of a document that parsed
			out = append(out, text(v))
		}
	}
	for _, v := range n.Enum {
		out = append(out, text(v))
	}
	return out
}

// Holds says whether the condition is met by what was sent.
func (w When) Holds(values url.Values, prefix string) bool {
	all := true
	for _, e := range w.All {
		got := values[join(prefix, e.Field)]
		if len(e.Values) == 0 {
			all = all && len(got) > 0 && got[0] != "" && got[0] != "false"
			continue
		}
		unset := len(got) == 0 && slices.Contains(e.Values, "false") // a box that is not ticked
		all = all && (unset || slices.ContainsFunc(got, func(v string) bool { return slices.Contains(e.Values, v) }))
	}
	return all != w.Not
}

func holds(when []When, values url.Values, prefix string) bool {
	for _, w := range when {
		if !w.Holds(values, prefix) {
			return false
		}
	}
	return true
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
