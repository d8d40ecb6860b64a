package form

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// maxWork bounds the steps in which the conditions of one form are decided.
const maxWork = 200_000

// optionName is the last part of the name under which a form sends the branch
// that was chosen, rowsName of that under which it sends how many rows a list has.
const (
	optionName = "_option"
	rowsName   = "_rows"
)

// solver works out which parts of a schema count for a value.
type solver struct {
	s      *Schema
	left   int        // of maxWork
	fields int        // of maxFields
	sent   url.Values // what a form sent, nil when there is only data
	prefix string
}

// effect is n with everything decided by value: no references, conditions or
// choices are left in it, only properties and words. path names n. The
// branches among which a person chooses are returned as a choice.
func (x *solver) effect(n *node, value any, path string) (*node, *choice) {
	out := n.bare()
	var c *choice
	x.fold(out, n, value, path, &c, 0)
	return out, c
}

// choice is a choice among the branches of oneOf or anyOf that no field decides.
type choice struct {
	titles []string
	at     int
}

// bare is n without anything that is to be decided.
func (n *node) bare() *node {
	out := *n
	out.Ref, out.AllOf, out.If, out.Then, out.Else, out.Depends, out.Not = "", nil, nil, nil, nil, nil, nil
	if n.branches() != nil {
		out.OneOf, out.AnyOf = nil, nil
	}
	out.Properties = slices.Clone(n.Properties)
	out.Required = slices.Clone(n.Required)
	out.UI, out.words = maps.Clone(n.UI), maps.Clone(n.words)
	return &out
}

// branches are the schemas of oneOf or anyOf that bring fields; nil when they
// only list values or say what is needed.
func (n *node) branches() []*node {
	for _, list := range [][]*node{n.OneOf, n.AnyOf} {
		if slices.ContainsFunc(list, (*node).bringsFields) {
			return list
		}
	}
	return nil
}

func (n *node) bringsFields() bool {
	return len(n.Properties) > 0 || n.Ref != "" || slices.ContainsFunc(n.AllOf, (*node).bringsFields)
}

// fold adds to out what of n counts for value.
func (x *solver) fold(out, n *node, value any, path string, c **choice, depth int) {
	if x.left--; x.left < 0 || depth > maxDepth {
		return
	}
	add := func(m *node, behind string) {
		before := len(out.Properties)
		out.merge(m.bare())
		x.fold(out, m, value, path, c, depth+1)
		out.behind(behind, before)
	}
	if t, ok := x.s.targetOf(n); ok {
		add(t, "")
	}
	for _, a := range n.AllOf {
		add(a, "")
	}
	if n.If != nil {
		m := n.Else
		if x.s.matches(n.If, value, &x.left) {
			m = n.Then
		}
		if m != nil {
			add(m, n.If.lastName())
		}
	}
	for _, d := range n.Depends {
		x.depend(out, d, value, func(m *node) { add(m, d.name) })
	}
	if list := n.branches(); list != nil {
		if b := x.branch(list, value, path, c); b != nil {
			add(b, "")
		}
	}
}

// lastName is the last property that a condition asks about.
func (n *node) lastName() string {
	if len(n.Properties) == 0 {
		return ""
	}
	return n.Properties[len(n.Properties)-1].name
}

// behind moves the properties from the place before on to right behind the one
// that they depend on, and behind those that already hang on it.
func (n *node) behind(name string, before int) {
	at := slices.IndexFunc(n.Properties[:before], func(p property) bool { return p.name == name })
	if name == "" || at < 0 {
		return
	}
	for at++; at < before && n.Properties[at].behind == name; at++ {
	}
	fresh := slices.Clone(n.Properties[before:])
	for i := range fresh {
		fresh[i].behind = name
	}
	n.Properties = append(slices.Clone(n.Properties[:at]), append(fresh, n.Properties[at:before]...)...)
}

// depend adds what counts when a property has a value. A box that is not
// ticked has none.
func (x *solver) depend(out *node, d dependency, value any, add func(*node)) {
	o, _ := value.(map[string]any)
	v, there := o[d.name]
	if !there || v == nil || v == false && (d.node == nil || len(d.node.OneOf) == 0) {
		return
	}
	for _, name := range d.names {
		if !contains(out.Required, name) {
			out.Required = append(out.Required, name)
		}
	}
	if d.node == nil {
		return
	}
	rest := *d.node
	rest.OneOf = nil
	add(&rest)
	for _, one := range d.node.OneOf {
		p := one.property(d.name)
		if p == nil || !x.s.matches(p, v, &x.left) {
			continue
		}
		m := *one
		m.Properties = slices.DeleteFunc(slices.Clone(one.Properties), func(p property) bool { return p.name == d.name })
		add(&m)
		return
	}
}

func (n *node) property(name string) *node {
	for _, p := range n.Properties {
		if p.name == name {
			return p.node
		}
	}
	return nil
}

// branch is the one of several schemas that counts: the one that was chosen,
// or that a field decides, or that the value fits, else the first.
func (x *solver) branch(list []*node, value any, path string, c **choice) *node {
	solid := make([]*node, len(list))
	for i, b := range list {
		solid[i] = b
		if t, ok := x.s.targetOf(b); ok {
			merged := t.clone()
			merged.merge(b.bare())
			solid[i] = merged
		}
	}
	if name := discriminator(solid); name != "" {
		o, _ := value.(map[string]any)
		at := 0
		for i, b := range solid {
			if v, there := o[name]; there && x.s.matches(b.property(name), v, &x.left) {
				at = i
			}
		}
		return decided(solid, name, at)
	}
	at := x.chosen(solid, value, path)
	if *c == nil {
		*c = &choice{at: at}
		for i, b := range solid {
			(*c).titles = append((*c).titles, first(b.Title, "Choice "+text(float64(i+1))))
		}
	}
	return withoutTitle(solid[at])
}

// withoutTitle keeps a branch from naming what it is a branch of.
func withoutTitle(n *node) *node {
	out := *n
	out.Title, out.Description = "", ""
	return &out
}

func (n *node) clone() *node {
	out := *n
	out.Properties = slices.Clone(n.Properties)
	out.Required = slices.Clone(n.Required)
	out.UI, out.words = maps.Clone(n.UI), maps.Clone(n.words)
	return &out
}

func (x *solver) chosen(list []*node, value any, path string) int {
	if i, err := strconv.Atoi(x.sent.Get(join(join(x.prefix, path), optionName))); err == nil && i >= 0 && i < len(list) {
		return i
	}
	o, _ := value.(map[string]any)
	for i, b := range list {
		own := slices.ContainsFunc(b.Properties, func(p property) bool { _, there := o[p.name]; return there })
		if own && x.s.matches(b, value, &x.left) {
			return i
		}
	}
	return 0
}

// discriminator is the property by whose constant the branches are told
// apart; "" when there is none.
func discriminator(list []*node) string {
	for _, p := range list[0].Properties {
		all := true
		seen := map[string]bool{}
		for _, b := range list {
			q := b.property(p.name)
			if q == nil || len(q.values()) == 0 {
				all = false
				break
			}
			for _, v := range q.values() {
				all = all && !seen[v]
				seen[v] = true
			}
		}
		if all && len(list) > 1 {
			return p.name
		}
	}
	return ""
}

// decided is the branch at, with the property that tells the branches apart as
// a choice among all their values.
func decided(list []*node, name string, at int) *node {
	p := list[at].property(name).clone()
	p.Const, p.Enum, p.EnumNames = nil, nil, nil
	delete(p.words, "const")
	delete(p.words, "enum")
	for _, b := range list {
		q := b.property(name)
		for i, v := range q.options() {
			p.Enum = append(p.Enum, v)
			label := text(v)
			if i < len(q.EnumNames) {
				label = q.EnumNames[i]
			} else if len(q.Enum) == 0 {
				label = first(b.Title, q.Title, label)
			}
			p.EnumNames = append(p.EnumNames, label)
		}
	}
	p.Title = list[at].property(name).Title
	if raw, err := json.Marshal(p.Enum); err == nil {
		p.words["enum"] = raw
	}
	out := *withoutTitle(list[at])
	out.Properties = slices.Clone(out.Properties)
	for i := range out.Properties {
		if out.Properties[i].name == name {
			out.Properties[i].node = p
		}
	}
	if !contains(out.Required, name) {
		out.Required = append(slices.Clone(out.Required), name)
	}
	return &out
}

// options are the values of const and enum with their own types.
func (n *node) options() []any {
	if len(n.Const) > 0 {
		return []any{anyOf(n.Const)}
	}
	return n.Enum
}

// values are what const and enum allow, as a form sends them.
func (n *node) values() []string {
	var out []string
	for _, v := range n.options() {
		out = append(out, text(v))
	}
	return out
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
