// Package expr is the language of templates: `${{ }}` for values, `{% %}` for
// blocks, `{# #}` for comments, the subset of nunjucks that golden paths use.
// It is a closed interpreter: a template sees what it is given and nothing
// else, and it stops at limits on steps, output and depth.
package expr

import (
	"context"
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

// Value renders the text; a text that is exactly one `${{ }}` keeps the type
// of its value.
func (t *Template) Value(ctx context.Context, vars map[string]any) (Value, error) {
	sole := t.sole()
	if sole == nil {
		r, err := t.Render(ctx, vars)
		return Value{Value: r.Text, Defined: true, Warnings: r.Warnings}, err
	}
	m := newMachine(ctx, t, vars)
	v, err := m.eval(sole.x)
	if err == nil {
		v, err = m.used(v)
	}
	if err != nil {
		return Value{Warnings: m.warnings}, err
	}
	if u, ok := v.(*undefined); ok {
		m.warn(u)
		return Value{Warnings: m.warnings}, nil
	}
	if s, ok := v.(safe); ok {
		v = string(s)
	}
	return Value{Value: v, Defined: true, Warnings: m.warnings}, nil
}

// sole returns the only output of a text that has nothing but blanks around
// it, else nil.
func (t *Template) sole() *outputNode {
	var found *outputNode
	for _, n := range t.nodes {
		switch n := n.(type) {
		case *outputNode:
			if found != nil {
				return nil
			}
			found = n
		case *textNode:
			if strings.TrimSpace(n.text) != "" {
				return nil
			}
		default:
			return nil
		}
	}
	return found
}

// HasTags reports whether rendering src could change it.
func HasTags(src string, cookiecutter bool) bool {
	return strings.Contains(src, "{%") || strings.Contains(src, "{#") || strings.Contains(src, "{{") && (cookiecutter || strings.Contains(src, "${{"))
}
