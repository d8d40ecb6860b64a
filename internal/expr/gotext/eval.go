package gotext

import (
	"context"
	"errors"
	"strings"
	"text/template/parse"
	"time"

	"github.com/waymark-portal/waymark/internal/expr"
)

// noValue is what Go prints for what is not there.
const noValue = "<no value>"

// maxWarnings bounds what one rendering reports.
const maxWarnings = 100

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// variable is one $name; a later one of the same name hides it.
type variable struct {
	name  string
	value any
}

// machine renders one template once.
type machine struct {
	ctx                context.Context
	t                  *Template
	data               any
	out                *strings.Builder
	vars               []variable
	steps, made, depth int
	deadline           time.Time
	warnings           []*expr.Error
	warned             map[int]bool
}

func newMachine(ctx context.Context, t *Template, vars map[string]any) *machine {
	var data any = vars
	if vars == nil {
		data = map[string]any{}
	}
	return &machine{ctx: ctx, t: t, data: data, out: &strings.Builder{}, vars: []variable{{"$", data}},
		deadline: time.Now().Add(t.opts.Limits.Time), warned: map[int]bool{}}
}

// step counts one node at offset at.
func (m *machine) step(at parse.Pos) error {
	m.steps++
	if m.steps > m.t.opts.Limits.Steps {
		return m.t.fail(int(at), "this takes more than %d steps", m.t.opts.Limits.Steps)
	}
	if m.steps&63 != 0 {
		return nil
	}
	return m.late(at)
}

// late stops what takes too long or is no longer wanted.
func (m *machine) late(at parse.Pos) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if time.Now().After(m.deadline) {
		return m.t.fail(int(at), "this takes longer than %s", m.t.opts.Limits.Time)
	}
	return nil
}

// fits refuses n more bytes of text or list when that is too much.
func (m *machine) fits(n int) error {
	limit := m.t.opts.Limits.Output
	if n < 0 || n > limit || m.made+n > 8*limit {
		return errTooMuch(limit)
	}
	m.made += n
	return nil
}

func (m *machine) write(at parse.Pos, s string) error {
	if m.out.Len()+len(s) > m.t.opts.Limits.Output {
		return m.t.fail(int(at), "%v", errTooMuch(m.t.opts.Limits.Output))
	}
	m.out.WriteString(s)
	return nil
}

// defined reports what is undefined: an error in strict mode, else a warning.
func (m *machine) defined(v any) error {
	u, ok := v.(*undefined)
	if !ok {
		return nil
	}
	fault := m.t.fail(u.at, "`%s` is undefined.", u.name).Suggest(u.name[strings.LastIndexByte(u.name, '.')+1:], u.names)
	if m.t.opts.Strict {
		return fault
	}
	if !m.warned[u.at] && len(m.warnings) < maxWarnings {
		m.warned[u.at] = true
		m.warnings = append(m.warnings, fault)
	}
	return nil
}

func (m *machine) walk(dot any, n parse.Node) error {
	if err := m.step(n.Position()); err != nil {
		return err
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, x := range n.Nodes {
			if err := m.walk(dot, x); err != nil {
				return err
			}
		}
	case *parse.TextNode:
		return m.write(n.Pos, string(n.Text))
	case *parse.ActionNode:
		return m.action(dot, n)
	case *parse.IfNode:
		return m.branch(dot, &n.BranchNode, false)
	case *parse.WithNode:
		return m.branch(dot, &n.BranchNode, true)
	case *parse.RangeNode:
		return m.rangeOver(dot, n)
	case *parse.TemplateNode:
		return m.template(dot, n)
	case *parse.BreakNode:
		return errBreak
	case *parse.ContinueNode:
		return errContinue
	}
	return nil
}

func (m *machine) action(dot any, n *parse.ActionNode) error {
	v, err := m.pipe(dot, n.Pipe)
	if err != nil || len(n.Pipe.Decl) > 0 {
		return err
	}
	if err := m.defined(v); err != nil {
		return err
	}
	s, err := m.text(v)
	if err != nil {
		return m.t.fail(int(n.Pos), "%v", err)
	}
	return m.write(n.Pos, s)
}

func (m *machine) branch(dot any, n *parse.BranchNode, with bool) error {
	mark := len(m.vars)
	defer func() { m.vars = m.vars[:mark] }()
	v, err := m.pipe(dot, n.Pipe)
	if err != nil {
		return err
	}
	if err := m.defined(v); err != nil {
		return err
	}
	switch {
	case truth(v) && with:
		return m.walk(v, n.List)
	case truth(v):
		return m.walk(dot, n.List)
	case n.ElseList != nil:
		return m.walk(dot, n.ElseList)
	}
	return nil
}

// template runs a named one, with its own variables.
func (m *machine) template(dot any, n *parse.TemplateNode) error {
	tree := m.t.named[n.Name]
	if tree == nil {
		return m.t.fail(int(n.Pos), "there is no template %q", n.Name)
	}
	if m.depth++; m.depth > m.t.opts.Limits.Depth {
		return m.t.fail(int(n.Pos), "templates use each other more than %d deep", m.t.opts.Limits.Depth)
	}
	defer func() { m.depth-- }()
	var arg any
	var err error
	if n.Pipe != nil {
		if arg, err = m.pipe(dot, n.Pipe); err != nil {
			return err
		}
		if err = m.defined(arg); err != nil {
			return err
		}
	}
	outer := m.vars
	m.vars = []variable{{"$", arg}}
	defer func() { m.vars = outer }()
	if tree.Root == nil {
		return nil
	}
	return m.walk(arg, tree.Root)
}
