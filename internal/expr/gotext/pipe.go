package gotext

import (
	"errors"
	"text/template/parse"

	"github.com/waymark-portal/waymark/internal/expr"
)

// pipe works a pipeline out and sets its variables; the value may be
// undefined.
func (m *machine) pipe(dot any, p *parse.PipeNode) (any, error) {
	v, err := m.commands(dot, p)
	if err != nil {
		return nil, err
	}
	for _, d := range p.Decl {
		if !p.IsAssign {
			m.vars = append(m.vars, variable{d.Ident[0], v})
		} else if err := m.assign(d, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (m *machine) commands(dot any, p *parse.PipeNode) (any, error) {
	var piped []any
	for _, c := range p.Cmds {
		v, err := m.command(dot, c, piped)
		if err != nil {
			return nil, err
		}
		piped = []any{v}
	}
	if piped == nil {
		return nil, nil
	}
	return piped[0], nil
}

// command works one command out; piped is the value before it, if any.
func (m *machine) command(dot any, c *parse.CommandNode, piped []any) (any, error) {
	if err := m.step(c.Pos); err != nil {
		return nil, err
	}
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		return m.call(dot, id, c.Args[1:], piped)
	}
	if len(c.Args) > 1 || piped != nil {
		return nil, m.t.fail(int(c.Args[0].Position()), "%s is not a function, so it takes no arguments", describe(c.Args[0]))
	}
	return m.argument(dot, c.Args[0])
}

// argument works out one operand.
func (m *machine) argument(dot any, n parse.Node) (any, error) {
	if err := m.step(n.Position()); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *parse.DotNode:
		return plain(dot), nil
	case *parse.FieldNode:
		return m.fields(dot, n.Ident, "", n)
	case *parse.VariableNode:
		return m.variable(n)
	case *parse.ChainNode:
		v, err := m.argument(dot, n.Node)
		if err != nil {
			return nil, err
		}
		return m.fields(v, n.Field, "(…)", n)
	case *parse.PipeNode:
		return m.pipe(dot, n)
	case *parse.IdentifierNode:
		return m.call(dot, n, nil, nil)
	case *parse.BoolNode:
		return n.True, nil
	case *parse.StringNode:
		return n.Text, nil
	case *parse.NumberNode:
		return number(n), nil
	case *parse.NilNode:
		return nil, nil
	}
	return nil, m.t.fail(int(n.Position()), "%s cannot be worked out", describe(n))
}

func number(n *parse.NumberNode) any {
	switch {
	case n.IsInt:
		return n.Int64
	case n.IsFloat:
		return n.Float64
	}
	return int64(0)
}

func (m *machine) variable(n *parse.VariableNode) (any, error) {
	for i := len(m.vars) - 1; i >= 0; i-- {
		if m.vars[i].name == n.Ident[0] {
			return m.fields(m.vars[i].value, n.Ident[1:], n.Ident[0], n)
		}
	}
	return nil, m.t.fail(int(n.Pos), "there is no variable %s", n.Ident[0])
}

// fields follows .a.b from v. In what is undefined or null everything is
// undefined.
func (m *machine) fields(v any, names []string, path string, n parse.Node) (any, error) {
	for _, name := range names {
		path += "." + name
		switch of := v.(type) {
		case map[string]any:
			x, ok := of[name]
			if !ok {
				v = &undefined{at: int(n.Position()), name: path, names: keysOf(of)}
				continue
			}
			v = plain(x)
		case *undefined:
			return of, nil
		case nil:
			v = &undefined{at: int(n.Position()), name: path}
		default:
			return nil, m.t.fail(int(n.Position()), "%s has no field %q: it is %s", path[:len(path)-len(name)-1], name, kindOf(of))
		}
	}
	return plain(v), nil
}

// call calls a function with its arguments and, last, the piped value.
func (m *machine) call(dot any, id *parse.IdentifierNode, nodes []parse.Node, piped []any) (any, error) {
	f := functions[id.Ident]
	if f == nil {
		return nil, m.t.fail(int(id.Pos), "there is no function %q", id.Ident).Suggest(id.Ident, functionNames)
	}
	if m.depth++; m.depth > 4*m.t.opts.Limits.Depth {
		return nil, m.t.fail(int(id.Pos), "this is nested too deep")
	}
	defer func() { m.depth-- }()
	if n := len(nodes) + len(piped); n < f.min || f.max >= 0 && n > f.max {
		return nil, m.t.fail(int(id.Pos), "%s has %d arguments; it takes %s", id.Ident, n, f.count())
	}
	var args []any
	for i := range len(nodes) + len(piped) {
		v, err := any(nil), error(nil)
		if i < len(nodes) {
			v, err = m.argument(dot, nodes[i])
		} else {
			v = piped[0]
		}
		if err == nil && !f.gaps {
			err = m.defined(v)
		}
		if err != nil {
			return nil, err
		}
		args = append(args, v)
		if f.stop != nil && f.stop(v) { // and, or: the rest is not looked at
			return v, nil
		}
	}
	if err := m.late(id.Pos); err != nil {
		return nil, err
	}
	v, err := f.do(m, args)
	if err != nil {
		return nil, m.placed(id, err)
	}
	return v, nil
}

// placed gives an error of a function its place.
func (m *machine) placed(id *parse.IdentifierNode, err error) error {
	var known *expr.Error
	if errors.As(err, &known) || m.ctx.Err() != nil {
		return err
	}
	return m.t.fail(int(id.Pos), "%s: %v", id.Ident, err)
}
