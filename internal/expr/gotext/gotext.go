// Package gotext renders Go-template text, as ServiceTemplate files use it,
// over plain data: objects, lists, texts, numbers. Only the parser is the
// standard library's; the evaluator is closed, has no methods to call, and
// stops at the limits of package expr.
package gotext

import (
	"context"
	"strings"
	"text/template/parse"

	"github.com/waymark-portal/waymark/internal/expr"
)

// Template is a compiled text or condition; it may be rendered by many at
// once.
type Template struct {
	src   string
	opts  expr.Options
	root  *parse.ListNode
	named map[string]*parse.Tree
	cond  condition // of CompileCondition
	shift int       // bytes put before a condition
}

// maxActions bounds what the parser, which recurses, is given.
const maxActions = 20_000

// Compile reads a text with {{ }} actions. The error is an *expr.Error.
func Compile(src string, o expr.Options) (*Template, error) {
	o.Limits = o.Limits.WithDefaults()
	t := &Template{src: src, opts: o}
	if strings.Count(src, "{{") > maxActions || len(src) > o.Limits.Output {
		return nil, t.fail(0, "this text is too long: at most %d actions and %d bytes", maxActions, o.Limits.Output)
	}
	var err error
	if t.root, t.named, err = t.parse(src); err != nil {
		return nil, err
	}
	return t, t.check()
}

// CompileCondition reads a condition such as `.database != "none"`; `==`,
// `<`, `&&`, `||` and `!` are understood beside Go's own `ne .database "none"`,
// with or without {{ }} around it. The error is an *expr.Error.
func CompileCondition(src string, o expr.Options) (*Template, error) {
	o.Limits = o.Limits.WithDefaults()
	t := &Template{src: src, opts: o}
	if len(src) > maxCondition {
		return nil, t.fail(0, "this condition is longer than %d bytes", maxCondition)
	}
	var err error
	t.cond, err = t.condition()
	return t, err
}

// Render renders the whole text. In strict mode an undefined value is an
// error, otherwise it prints "<no value>", as Go does, and is a warning. The
// error is an *expr.Error or the context's.
func (t *Template) Render(ctx context.Context, vars map[string]any) (expr.Result, error) {
	m := newMachine(ctx, t, vars)
	var err error
	if t.root != nil {
		err = m.walk(m.data, t.root)
	}
	return expr.Result{Text: m.out.String(), Warnings: m.warnings}, err
}

// Truth works a condition out. A text of Compile without actions is read as a
// condition; one with actions is true unless it renders to nothing, "false",
// "0", "no" or "<no value>". The error is an *expr.Error or the context's.
func (t *Template) Truth(ctx context.Context, vars map[string]any) (bool, error) {
	if t.cond == nil && !strings.Contains(t.src, "{{") {
		c, err := CompileCondition(t.src, t.opts)
		if err != nil {
			return false, err
		}
		return c.Truth(ctx, vars)
	}
	if t.cond != nil {
		return t.cond.holds(newMachine(ctx, t, vars))
	}
	r, err := t.Render(ctx, vars)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(r.Text)) {
	case "", "false", "0", "no", noValue:
		return false, nil
	}
	return true, nil
}

func (t *Template) fail(at int, format string, args ...any) *expr.Error {
	e := expr.Fault(t.src, t.opts, at, format, args...)
	if e.Line == max(t.opts.Line, 1) {
		e.Column = max(e.Column-t.shift, 1)
	}
	return e
}
