package gotext

import (
	"errors"
	"text/template/parse"
)

// turn is one round of a loop.
type turn struct{ key, value any }

// rangeOver loops over a list, an object in the order of its keys, or the
// numbers below n.
func (m *machine) rangeOver(dot any, n *parse.RangeNode) error {
	mark := len(m.vars)
	defer func() { m.vars = m.vars[:mark] }()
	v, err := m.commands(dot, n.Pipe)
	if err != nil {
		return err
	}
	if err := m.defined(v); err != nil {
		return err
	}
	turns, err := m.turns(n, v)
	if err != nil {
		return err
	}
	if len(turns) == 0 && n.ElseList != nil {
		return m.walk(dot, n.ElseList)
	}
	inner := len(m.vars)
	for _, x := range turns {
		if err := m.step(n.Pos); err != nil {
			return err
		}
		m.vars = m.vars[:inner]
		if err := m.loopVars(n.Pipe, x); err != nil {
			return err
		}
		err := m.walk(x.value, n.List)
		if errors.Is(err, errBreak) {
			break
		}
		if err != nil && !errors.Is(err, errContinue) {
			return err
		}
	}
	return nil
}

func (m *machine) turns(n *parse.RangeNode, v any) ([]turn, error) {
	var out []turn
	switch v := bare(v).(type) {
	case nil:
	case []any:
		for i, x := range v {
			out = append(out, turn{int64(i), x})
		}
	case map[string]any:
		for _, k := range keysOf(v) {
			out = append(out, turn{k, v[k]})
		}
	case int64:
		if err := m.fits(int(min(max(v, 0), 1<<40))); err != nil {
			return nil, m.t.fail(int(n.Pos), "%v", err)
		}
		for i := range v {
			out = append(out, turn{i, i})
		}
	default:
		return nil, m.t.fail(int(n.Pos), "range needs a list or an object; %s is %s", describe(n.Pipe), kindOf(v))
	}
	return out, nil
}

// loopVars sets {{range $v := …}} and {{range $k, $v := …}}.
func (m *machine) loopVars(p *parse.PipeNode, x turn) error {
	values := []any{x.value}
	if len(p.Decl) > 1 {
		values = []any{x.key, x.value}
	}
	for i, d := range p.Decl {
		if !p.IsAssign {
			m.vars = append(m.vars, variable{d.Ident[0], values[i]})
		} else if err := m.assign(d, values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) assign(d *parse.VariableNode, v any) error {
	for i := len(m.vars) - 1; i >= 0; i-- {
		if m.vars[i].name == d.Ident[0] {
			m.vars[i].value = v
			return nil
		}
	}
	return m.t.fail(int(d.Pos), "there is no variable %s", d.Ident[0])
}
