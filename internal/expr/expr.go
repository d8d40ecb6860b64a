// Package expr is the language of templates: `${{ }}` for values, `{% %}` for
// blocks, `{# #}` for comments, the subset of nunjucks that golden paths use.
// It is a closed interpreter: a template sees what it is given and nothing
// else, and it stops at limits on steps, output and depth.
package expr

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// Limits bound what one rendering may use. Zero fields take the default.
type Limits struct {
	Steps  int           // evaluated nodes, default 1,000,000
	Output int           // bytes of any text that is made, default 8 MiB
	Depth  int           // of nesting and calls, default 100
	Time   time.Duration // of one rendering, default 10 s
}

// WithDefaults is l with every zero field set.
func (l Limits) WithDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = 1_000_000
	}
	if l.Output == 0 {
		l.Output = 8 << 20
	}
	if l.Depth == 0 {
		l.Depth = 100
	}
	if l.Time == 0 {
		l.Time = 10 * time.Second
	}
	return l
}

// Options say how a text is read and rendered.
type Options struct {
	File   string // for messages
	Line   int    // line of the file on which the text begins; 0 means 1
	Column int    // column on that line; 0 means 1
	// Strict makes every undefined value an error. Otherwise it renders as
	// nothing and is reported as a warning.
	Strict       bool
	TrimBlocks   bool // cut the first line break after a block
	LstripBlocks bool // cut blanks before a block at the start of a line
	Cookiecutter bool // `{{ }}` for values instead of `${{ }}`
	Limits       Limits
}

// Template is a compiled text; it may be rendered by many at once.
type Template struct {
	src   string
	opts  Options
	nodes []node
	notes []*Error // found while reading, told with the warnings
}

// Compile reads a text. The error is an *Error.
func Compile(src string, o Options) (*Template, error) {
	o.Limits = o.Limits.WithDefaults()
	t := &Template{src: src, opts: o}
	pieces, err := t.lex()
	if err != nil {
		return nil, err
	}
	p := &parser{t: t, pieces: pieces}
	t.nodes, err = p.body()
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Result is a rendered text with what was undefined in it.
type Result struct {
	Text     string
	Warnings []*Error
}

// Render renders the whole text. The error is an *Error or the context's.
func (t *Template) Render(ctx context.Context, vars map[string]any) (Result, error) {
	m := newMachine(ctx, t, vars)
	err := m.renderAll(t.nodes)
	return Result{Text: m.out.String(), Warnings: m.warnings}, err
}

// Value is a rendered value with what was undefined in it. Defined is false
// when the text is one expression whose value is undefined.
type Value struct {
	Value    any
	Defined  bool
	Warnings []*Error
}

// Value renders the text as the value of an input. A text that is exactly one
// `${{ }}` keeps the type of its value; one that is exactly one block is read
// as JSON when it is some; one that renders to nothing is undefined.
func (t *Template) Value(ctx context.Context, vars map[string]any) (Value, error) {
	if len(t.nodes) == 1 {
		if sole, ok := t.nodes[0].(*outputNode); ok {
			return t.sole(ctx, sole, vars)
		}
	}
	r, err := t.Render(ctx, vars)
	v := Value{Value: r.Text, Defined: r.Text != "", Warnings: r.Warnings}
	if err != nil || len(t.nodes) != 1 {
		return v, err
	}
	if _, text := t.nodes[0].(*textNode); text {
		return v, nil
	}
	m := newMachine(ctx, t, vars)
	m.asJSON = true
	var read any
	for _, text := range []string{m.attempt(), r.Text} {
		if text != "" && json.Unmarshal([]byte(text), &read) == nil {
			v.Value = read
			break
		}
	}
	return v, nil
}

// attempt renders and gives nothing when that fails.
func (m *machine) attempt() string {
	if m.renderAll(m.t.nodes) != nil {
		return ""
	}
	return m.out.String()
}

func (t *Template) sole(ctx context.Context, n *outputNode, vars map[string]any) (Value, error) {
	m := newMachine(ctx, t, vars)
	v, err := m.eval(n.x)
	if err == nil {
		v, err = m.used(v)
	}
	if err != nil {
		return Value{Warnings: m.warnings}, err
	}
	switch x := v.(type) {
	case *undefined:
		m.warn(x)
		return Value{Warnings: m.warnings}, nil
	case safe:
		v = string(x)
	case callable, *macro:
		return Value{Warnings: m.warnings}, t.fail(n.place(), "a function is not a value; call it with ( )")
	case *pattern:
		v = x.text
	case []any, map[string]any:
		c := copier{left: t.opts.Limits.Steps}
		if v = c.copy(x); c.left < 0 {
			return Value{Warnings: m.warnings}, t.fail(n.place(), "this value has more than %d parts", t.opts.Limits.Steps)
		}
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			v = nil
		}
	}
	return Value{Value: v, Defined: true, Warnings: m.warnings}, nil
}

// HasTags reports whether rendering src could change it.
func HasTags(src string, cookiecutter bool) bool {
	return strings.Contains(src, "{%") || strings.Contains(src, "{#") || strings.Contains(src, "{{") && (cookiecutter || strings.Contains(src, "${{"))
}
