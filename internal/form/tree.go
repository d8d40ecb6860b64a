package form

import (
	"strconv"
	"strings"
)

// part is one field, group or list as it counts for certain values.
type part struct {
	path     string // dotted, without the form's prefix
	name     string // last of path
	node     *node  // decided: see solver.effect
	required bool
	kind     Kind
	input    string // type of the input element
	parts    []part // of a group, or the rows of a list
	choice   *choice
}

// tree is the whole form for a value. around are values of other pages, on
// which conditions may stand too.
func (x *solver) tree(value, around map[string]any) part {
	seen := map[string]any{}
	for k, v := range around {
		seen[k] = v
	}
	for k, v := range value {
		seen[k] = v
	}
	root := part{kind: Group}
	root.node, root.choice = x.effect(x.s.root, seen, "")
	root.parts = x.properties(root, value, []string{"#"})
	return root
}

func (x *solver) properties(p part, value map[string]any, refs []string) []part {
	var out []part
	for _, prop := range p.node.Properties {
		if prop.node.never != nil && !*prop.node.never {
			continue
		}
		q := part{path: join(p.path, prop.name), name: prop.name, required: contains(p.node.Required, prop.name)}
		x.part(&q, prop.node, value[prop.name], refs)
		out = append(out, q)
	}
	return ordered(out, p.node.Order)
}

// part decides what a schema is shown as. A schema that holds itself is
// written as JSON from there on.
func (x *solver) part(p *part, n *node, value any, refs []string) {
	if x.fields++; x.fields > maxFields {
		p.node, p.kind = n, JSON
		return
	}
	again := n.Ref != "" && contains(refs, n.Ref)
	if n.Ref != "" {
		refs = append(refs[:len(refs):len(refs)], n.Ref)
	}
	p.node, p.choice = x.effect(n, value, p.path)
	p.kind, p.input = p.node.kind()
	if again || len(refs) > maxDepth {
		p.kind, p.choice = JSON, nil
		return
	}
	switch p.kind {
	case Group:
		o, _ := value.(map[string]any)
		p.parts = x.properties(*p, o, refs)
	case Rows:
		x.rows(p, value, refs)
	}
}

// rows makes the parts of a list, one for each of its values.
func (x *solver) rows(p *part, value any, refs []string) {
	list, _ := value.([]any)
	n := len(list)
	if at := x.sent.Get(join(x.name(p.path), rowsName)); x.sent != nil && at != "" {
		n, _ = strconv.Atoi(at)
	} else if x.sent != nil {
		n = x.highest(p.path)
	}
	for i := range max(0, min(n, maxRows)) {
		var v any
		if i < len(list) {
			v = list[i]
		}
		item := p.node.Items
		if i < len(p.node.Prefix) {
			item = p.node.Prefix[i]
		}
		q := part{path: join(p.path, strconv.Itoa(i)), name: strconv.Itoa(i), required: true}
		x.part(&q, item, v, refs)
		p.parts = append(p.parts, q)
	}
}

func (x *solver) name(path string) string { return join(x.prefix, path) }

// highest is how many rows the names that were sent speak of.
func (x *solver) highest(path string) int {
	n := 0
	for name := range x.sent {
		rest, ok := strings.CutPrefix(name, x.name(path)+".")
		if !ok {
			continue
		}
		index, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(index); err == nil && i >= n {
			n = i + 1
		}
	}
	return n
}

// ordered follows ui:order: named first, "*" stands for the rest.
func ordered(parts []part, order []string) []part {
	if len(order) == 0 {
		return parts
	}
	rank := map[string]int{}
	for i, name := range order {
		rank[name] = i + 1
	}
	rest := rank["*"]
	if rest == 0 {
		rest = len(order) + 1
	}
	out := make([]part, 0, len(parts))
	for at := range len(order) + 2 {
		for _, p := range parts {
			r := rank[p.name]
			if r == 0 {
				r = rest
			}
			if r == at {
				out = append(out, p)
			}
		}
	}
	return out
}
