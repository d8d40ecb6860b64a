package expr

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
)

// maxWarnings bounds what one rendering reports.
const maxWarnings = 100

// machine renders one template once.
type machine struct {
	ctx      context.Context
	t        *Template
	vars     map[string]any
	scope    *scope
	out      *strings.Builder
	steps    int
	made     int
	depth    int
	deadline time.Time
	warnings []*Error
	warned   map[int]bool
	asJSON   bool // what is put out, for Value
}

// scope holds names that the template itself has set.
type scope struct {
	names  map[string]any
	parent *scope
	wall   bool // of a macro: set does not reach through
}

func newMachine(ctx context.Context, t *Template, vars map[string]any) *machine {
	return &machine{ctx: ctx, t: t, vars: vars, scope: &scope{names: map[string]any{}}, out: &strings.Builder{}, warned: map[int]bool{}, warnings: slices.Clone(t.notes),
		deadline: time.Now().Add(t.opts.Limits.Time)}
}

func (s *scope) find(name string) (any, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

// set changes the name where it is already set, or sets it here.
func (s *scope) set(name string, v any) {
	for at := s; at != nil; at = at.parent {
		if _, ok := at.names[name]; ok {
			at.names[name] = v
			return
		}
		if at.wall {
			break
		}
	}
	s.names[name] = v
}

func (m *machine) push(wall bool) {
	m.scope = &scope{names: map[string]any{}, parent: m.scope, wall: wall}
}
func (m *machine) pop() { m.scope = m.scope.parent }

// step counts one evaluated node at offset at.
func (m *machine) step(at int) error {
	m.steps++
	if m.steps > m.t.opts.Limits.Steps {
		return m.t.fail(at, "this takes more than %d steps", m.t.opts.Limits.Steps)
	}
	if m.steps&255 == 0 {
		return m.late(at)
	}
	return nil
}

// late stops what takes too long or is no longer wanted.
func (m *machine) late(at int) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if time.Now().After(m.deadline) {
		return m.t.fail(at, "this takes longer than %s", m.t.opts.Limits.Time)
	}
	return nil
}

// spend counts n bytes of text or list that are about to be made.
func (m *machine) spend(at, n int) error {
	m.made += n
	if n < 0 || m.made > 8*m.t.opts.Limits.Output || n > m.t.opts.Limits.Output {
		return m.t.fail(at, "this makes more than %d bytes", m.t.opts.Limits.Output)
	}
	return nil
}

func (m *machine) write(at int, s string) error {
	if m.out.Len()+len(s) > m.t.opts.Limits.Output {
		return m.t.fail(at, "this makes more than %d bytes", m.t.opts.Limits.Output)
	}
	m.out.WriteString(s)
	return nil
}

// capture renders nodes into a text of their own.
func (m *machine) capture(at int, nodes []node) (string, error) {
	outer := m.out
	m.out = &strings.Builder{}
	err := m.renderAll(nodes)
	s := m.out.String()
	m.out = outer
	if err == nil {
		err = m.spend(at, len(s))
	}
	return s, err
}

func (m *machine) warn(u *undefined) { m.complain(u.at, u.err()) }

// complain keeps one warning for each place.
func (m *machine) complain(at int, e *Error) {
	if !m.warned[at] && len(m.warnings) < maxWarnings {
		m.warned[at] = true
		m.warnings = append(m.warnings, e)
	}
}

// used refuses an undefined value in strict mode.
func (m *machine) used(v any) (any, error) {
	if u, ok := v.(*undefined); ok && m.t.opts.Strict {
		return nil, u.err()
	}
	return v, nil
}

// value evaluates x for use: in strict mode it must be defined.
func (m *machine) value(x expression) (any, error) {
	v, err := m.eval(x)
	if err != nil {
		return nil, err
	}
	return m.used(v)
}

// maxChain bounds how deep evaluation goes; operators that follow each other
// nest too, so it is larger than the depth of a text.
const maxChain = 5000

// eval works x out; the value may be undefined.
func (m *machine) eval(x expression) (any, error) {
	if err := m.step(x.place()); err != nil {
		return nil, err
	}
	m.depth++
	defer func() { m.depth-- }()
	if m.depth > maxChain {
		return nil, m.t.fail(x.place(), "this is nested too deep")
	}
	switch x := x.(type) {
	case *literal:
		return x.value, nil
	case *nameExpr:
		return m.lookup(x), nil
	case *attrExpr:
		return m.attr(x)
	case *sliceExpr:
		return m.slice(x)
	case *listExpr:
		return m.values(x.items)
	case *dictExpr:
		return m.dict(x)
	case *callExpr:
		return m.call(x)
	case *filterExpr:
		return m.filter(x)
	case *testExpr:
		return m.test(x)
	case *unaryExpr:
		return m.unary(x)
	case *binaryExpr:
		return m.binary(x)
	case *inlineIf:
		return m.inline(x)
	}
	return nil, m.t.fail(x.place(), "this cannot be worked out")
}

func (m *machine) inline(x *inlineIf) (any, error) {
	cond, err := m.value(x.cond)
	switch {
	case err != nil:
		return nil, err
	case Truthy(cond):
		return m.eval(x.then)
	case x.otherwise != nil:
		return m.eval(x.otherwise)
	}
	return "", nil
}

func (m *machine) lookup(x *nameExpr) any {
	if v, ok := m.scope.find(x.name); ok {
		return v
	}
	if v, ok := m.vars[x.name]; ok {
		return normal(v)
	}
	if g, ok := globals[x.name]; ok {
		return g
	}
	return &undefined{m.t, x.place(), x.name, append(sortedKeys(m.vars), "range", "cycler", "joiner", "true", "false", "none")}
}

func (m *machine) values(list []expression) ([]any, error) {
	out := make([]any, 0, max(1, len(list))) // an empty one too is one of its own
	for _, x := range list {
		v, err := m.value(x)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (m *machine) dict(x *dictExpr) (any, error) {
	out := make(map[string]any, len(x.keys))
	for i, k := range x.keys {
		key, err := m.value(k)
		if err != nil {
			return nil, err
		}
		if out[toText(key)], err = m.value(x.values[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m *machine) unary(x *unaryExpr) (any, error) {
	v, err := m.value(x.x)
	if err != nil {
		return nil, err
	}
	if x.op == "not" {
		return !Truthy(v), nil
	}
	n, ok := toNumber(v)
	if !ok {
		return m.noNumber(x.place(), "%q needs a number", x.op)
	}
	if x.op == "-" {
		n = -n
	}
	return n, nil
}

func (m *machine) binary(x *binaryExpr) (any, error) {
	a, err := m.value(x.a)
	if err != nil {
		return nil, err
	}
	switch x.op { // these may leave b alone
	case "and":
		if !Truthy(a) {
			return a, nil
		}
		return m.value(x.b)
	case "or":
		if Truthy(a) {
			return a, nil
		}
		return m.value(x.b)
	}
	b, err := m.value(x.b)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "~":
		return m.concat(x.place(), asText(a), asText(b))
	case "+":
		return m.plus(x, a, b)
	case "===":
		return identical(a, b), nil
	case "!==":
		return !identical(a, b), nil
	}
	a, b = plain(a), plain(b)
	switch x.op {
	case "==":
		return looseEqual(a, b), nil
	case "!=":
		return !looseEqual(a, b), nil
	case "<", ">", "<=", ">=":
		return ordered(x.op, a, b), nil
	case "in":
		return contains(b, a), nil
	}
	return m.arithmetic(x, a, b)
}

func ordered(op string, a, b any) bool {
	c, ok := compare(a, b)
	if !ok {
		return false
	}
	switch op {
	case "<":
		return c < 0
	case ">":
		return c > 0
	case "<=":
		return c <= 0
	}
	return c >= 0
}

func contains(in, v any) bool {
	switch in := in.(type) {
	case string:
		return strings.Contains(in, toText(v))
	case []any:
		for _, x := range in {
			if strictEqual(x, v) {
				return true
			}
		}
	case map[string]any:
		_, ok := in[toText(v)]
		return ok
	}
	return false
}

// noNumber is what arithmetic with something else gives: an error in strict
// mode, otherwise NaN with a warning.
func (m *machine) noNumber(at int, format string, args ...any) (any, error) {
	fault := m.t.fail(at, format, args...)
	if m.t.opts.Strict {
		return nil, fault
	}
	m.complain(at, fault)
	return math.NaN(), nil
}

func (m *machine) concat(at int, a, b string) (any, error) {
	if err := m.spend(at, len(a)+len(b)); err != nil {
		return nil, err
	}
	return a + b, nil
}

func (m *machine) plus(x *binaryExpr, a, b any) (any, error) {
	if isText(plain(a)) || isText(plain(b)) {
		return m.concat(x.place(), asText(a), asText(b))
	}
	return m.arithmetic(x, a, b)
}

// isText reports whether + joins v as text.
func isText(v any) bool {
	switch v.(type) {
	case string, []any, map[string]any:
		return true
	}
	return false
}

func (m *machine) arithmetic(x *binaryExpr, a, b any) (any, error) {
	p, ok := toNumber(a)
	q, ok2 := toNumber(b)
	if !ok || !ok2 {
		return m.noNumber(x.place(), "%q needs two numbers", x.op)
	}
	switch x.op {
	case "+":
		return p + q, nil
	case "-":
		return p - q, nil
	case "*":
		return p * q, nil
	case "/":
		return p / q, nil
	case "//":
		return math.Floor(p / q), nil
	case "%":
		return math.Mod(p, q), nil
	}
	return math.Pow(p, q), nil
}
