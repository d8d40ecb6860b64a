package expr

import "strings"

func (m *machine) renderAll(nodes []node) error {
	for _, n := range nodes {
		if err := m.step(n.place()); err != nil {
			return err
		}
		if err := m.render(n); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) render(n node) error {
	switch n := n.(type) {
	case *textNode:
		return m.write(n.place(), n.text)
	case *outputNode:
		return m.output(n)
	case *ifNode:
		return m.ifBlock(n)
	case *forNode:
		return m.forBlock(n)
	case *setNode:
		return m.setBlock(n)
	case *macroNode:
		made := *n.macro
		made.scope = m.scope
		m.scope.set(made.name, &made)
	case *callNode:
		return m.callBlock(n)
	case *filterNode:
		s, err := m.capture(n.place(), n.body)
		if err != nil {
			return err
		}
		v, err := m.apply(n.filter, s)
		if err != nil {
			return err
		}
		return m.write(n.place(), toText(v))
	case *blockNode:
		m.push(false)
		defer m.pop()
		return m.renderAll(n.body)
	case *switchNode:
		return m.switchBlock(n)
	}
	return nil
}

func (m *machine) output(n *outputNode) error {
	v, err := m.value(n.x)
	if err != nil {
		return err
	}
	if m.asJSON {
		return m.write(n.place(), jsonText(v, ""))
	}
	if u, ok := v.(*undefined); ok {
		m.warn(u)
		return nil
	}
	if _, object := v.(map[string]any); object && m.t.opts.Strict {
		return m.t.fail(n.x.place(), "an object cannot be printed; use `| dump` for JSON.")
	}
	return m.write(n.place(), toText(v))
}

func (m *machine) ifBlock(n *ifNode) error {
	for i, cond := range n.conds {
		v, err := m.value(cond)
		if err != nil {
			return err
		}
		if Truthy(v) {
			return m.renderAll(n.bodies[i])
		}
	}
	return m.renderAll(n.otherw)
}

// pair is one turn of a loop over an object or a list of lists.
type pair struct {
	value any
	parts []any
}

// turns lists what a loop goes over.
func turns(v any, names int) []pair {
	var out []pair
	switch v := plain(v).(type) {
	case []any:
		for _, x := range v {
			p := pair{value: normal(x)}
			if list, ok := p.value.([]any); ok && names > 1 {
				p.parts = list
			}
			out = append(out, p)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			out = append(out, pair{value: k, parts: []any{k, normal(v[k])}})
		}
	case string:
		for _, r := range v {
			out = append(out, pair{value: string(r)})
		}
	}
	return out
}

func (m *machine) forBlock(n *forNode) error {
	over, err := m.value(n.over)
	if err != nil {
		return err
	}
	if u, ok := over.(*undefined); ok {
		m.warn(u)
	}
	list := turns(over, len(n.names))
	if _, object := over.(map[string]any); object && len(n.names) == 1 {
		fault := m.t.fail(n.over.place(), "a loop over an object needs two names: for key, value in …")
		if m.t.opts.Strict {
			return fault
		}
		m.complain(n.place(), fault)
		list = nil
	}
	if len(list) == 0 {
		return m.renderAll(n.otherw)
	}
	if err := m.spend(n.place(), len(list)); err != nil {
		return err
	}
	for i, p := range list {
		if err := m.step(n.place()); err != nil {
			return err
		}
		m.push(false)
		for j, name := range n.names {
			switch {
			case len(n.names) == 1:
				m.scope.names[name] = p.value
			case j < len(p.parts):
				m.scope.names[name] = p.parts[j]
			default:
				m.scope.names[name] = nil
			}
		}
		m.scope.names["loop"] = map[string]any{
			"index": float64(i + 1), "index0": float64(i), "revindex": float64(len(list) - i), "revindex0": float64(len(list) - i - 1),
			"first": i == 0, "last": i == len(list)-1, "length": float64(len(list)),
		}
		err := m.renderAll(n.body)
		m.pop()
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) setBlock(n *setNode) error {
	var v any
	var err error
	if n.value != nil {
		v, err = m.eval(n.value)
	} else {
		v, err = m.capture(n.place(), n.body)
	}
	if err != nil {
		return err
	}
	for _, name := range n.names {
		m.scope.set(name, v)
	}
	return nil
}

func (m *machine) switchBlock(n *switchNode) error {
	on, err := m.value(n.on)
	if err != nil {
		return err
	}
	matched := false
	for i, c := range n.cases {
		if !matched {
			v, err := m.value(c)
			if err != nil {
				return err
			}
			matched = strictEqual(on, v)
		}
		// An empty case falls through to the next, as in JavaScript.
		if matched && len(n.bodies[i]) > 0 {
			return m.renderAll(n.bodies[i])
		}
	}
	return m.renderAll(n.otherw)
}

// runMacro renders a macro's body with its arguments in a scope that sees
// where it was made.
func (m *machine) runMacro(f *macro, c call) (any, error) {
	m.depth += 20 // a call weighs more than an operator
	defer func() { m.depth -= 20 }()
	if m.depth > 20*m.t.opts.Limits.Depth {
		return nil, m.t.fail(c.at, "macros call each other more than %d deep", m.t.opts.Limits.Depth)
	}
	outer := m.scope
	defer func() { m.scope = outer }()
	m.scope = &scope{names: map[string]any{}, parent: f.scope, wall: true}
	for i, name := range f.params {
		switch {
		case c.has(i, name):
			m.scope.names[name] = c.arg(i, name)
		case f.defaults[name] != nil:
			v, err := m.value(f.defaults[name])
			if err != nil {
				return nil, err
			}
			m.scope.names[name] = v
		default:
			m.scope.names[name] = nil
		}
	}
	if body, ok := c.named["caller"]; ok {
		m.scope.names["caller"] = body
	}
	s, err := m.capture(c.at, f.body)
	return safe(s), err
}

func (m *machine) callBlock(n *callNode) error {
	body := *n.body
	body.scope = m.scope
	f, err := m.eval(n.call.fn)
	if err != nil {
		return err
	}
	target, ok := f.(*macro)
	if !ok {
		return m.t.fail(n.place(), "`%s` is not a macro", path(n.call.fn))
	}
	c, err := m.arguments(n.call.args)
	if err != nil {
		return err
	}
	if c.named == nil {
		c.named = map[string]any{}
	}
	c.at, c.named["caller"] = n.place(), &body
	v, err := m.runMacro(target, c)
	if err != nil {
		return err
	}
	return m.write(n.place(), toText(v))
}

func joined(list []any, by string) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = toText(v)
	}
	return strings.Join(parts, by)
}
