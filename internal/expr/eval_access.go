package expr

import (
	"strconv"
	"unicode/utf16"
)

// attr reads a.b and a[b]. What is looked up in something undefined is
// undefined; in null as well.
func (m *machine) attr(x *attrExpr) (any, error) {
	of, err := m.eval(x.of)
	if err != nil {
		return nil, err
	}
	if u, ok := of.(*undefined); ok {
		return u, nil
	}
	key, err := m.value(x.key)
	if err != nil {
		return nil, err
	}
	of = normal(of)
	name := toText(key)
	if v, ok := member(of, key, name); ok {
		return v, nil
	}
	if f := method(of, name, m.t.opts.Cookiecutter); f != nil {
		return f, nil
	}
	u := &undefined{t: m.t, at: x.place(), name: path(x)}
	if object, ok := of.(map[string]any); ok {
		u.names = sortedKeys(object)
	}
	return u, nil
}

// member reads a key of an object, an index or the length of a list or text.
func member(of, key any, name string) (any, bool) {
	switch of := of.(type) {
	case map[string]any:
		v, ok := of[name]
		return normal(v), ok
	case []any:
		if name == "length" {
			return float64(len(of)), true
		}
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(of) {
			return normal(of[i]), true
		}
	case string:
		return textMember(of, name)
	case safe:
		return textMember(string(of), name)
	}
	return nil, false
}

func textMember(s, name string) (any, bool) {
	if name == "length" {
		return float64(textLen(s)), true
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 {
		if u := units(s); i < len(u) {
			return fromUnits(u[i : i+1]), true
		}
	}
	return nil, false
}

// textLen is a text's length as JavaScript counts it.
func textLen(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// path is how an attribute was written, for messages.
func path(x expression) string {
	switch x := x.(type) {
	case *nameExpr:
		return x.name
	case *attrExpr:
		if k, ok := x.key.(*literal); ok {
			return path(x.of) + "." + toText(k.value)
		}
		return path(x.of) + "[…]"
	case *callExpr:
		return path(x.fn) + "()"
	}
	return "…"
}

func (m *machine) slice(x *sliceExpr) (any, error) {
	of, err := m.value(x.of)
	if err != nil {
		return nil, err
	}
	var bounds [3]*int
	for i, part := range []expression{x.from, x.to, x.step} {
		if part == nil {
			continue
		}
		v, err := m.value(part)
		if err != nil {
			return nil, err
		}
		n := call{args: []any{v}}.int(0, "", 0)
		bounds[i] = &n
	}
	list, isText := []any(nil), false
	switch of := plain(of).(type) {
	case []any:
		list = of
	case string:
		isText = true
		for _, u := range units(of) {
			list = append(list, fromUnits([]uint16{u}))
		}
	default:
		return nil, m.t.fail(x.place(), "only a list or a text can be sliced")
	}
	out, err := cut(list, bounds)
	if err != nil {
		return nil, m.t.fail(x.place(), "%v", err)
	}
	if isText {
		return joined(out, ""), nil
	}
	return out, nil
}

func (m *machine) arguments(a arguments) (call, error) {
	var c call
	var err error
	if c.args, err = m.values(a.list); err != nil {
		return c, err
	}
	if len(a.names) > 0 {
		c.named = make(map[string]any, len(a.names))
	}
	for i, name := range a.names {
		if c.named[name], err = m.value(a.named[i]); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (m *machine) call(x *callExpr) (any, error) {
	f, err := m.eval(x.fn)
	if err != nil {
		return nil, err
	}
	c, err := m.arguments(x.args)
	if err != nil {
		return nil, err
	}
	c.at = x.place()
	if err := m.late(c.at); err != nil {
		return nil, err
	}
	if v, ok, err := m.change(x, c); ok {
		return v, m.placed(err, c.at)
	}
	switch f := f.(type) {
	case callable:
		v, err := f(m, c)
		return v, m.placed(err, x.place())
	case *macro:
		return m.runMacro(f, c)
	case *undefined:
		return nil, m.t.fail(x.place(), "there is no function `%s`.", path(x.fn)).suggest(lastPart(path(x.fn)), f.names)
	}
	return nil, m.t.fail(x.place(), "`%s` is not a function", path(x.fn))
}

// placed gives an error of a function its place.
func (m *machine) placed(err error, at int) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		return e
	}
	if m.ctx.Err() != nil {
		return m.ctx.Err()
	}
	return m.t.fail(at, "%v", err)
}

func (m *machine) filter(x *filterExpr) (any, error) {
	in, err := m.eval(x.in)
	if err != nil {
		return nil, err
	}
	return m.apply(x, in)
}

func (m *machine) apply(x *filterExpr, in any) (any, error) {
	if x.name != "default" && x.name != "d" {
		if _, err := m.used(in); err != nil {
			return nil, err
		}
		if u, ok := in.(*undefined); ok {
			m.warn(u)
		}
	}
	c, err := m.arguments(x.args)
	if err != nil {
		return nil, err
	}
	c.at, c.in = x.place(), normal(in)
	f := filters[x.name]
	if f == nil {
		f = dump // jsonify of cookiecutter
	}
	if err := m.late(c.at); err != nil {
		return nil, err
	}
	v, err := f(m, c)
	if err == nil {
		if s, ok := v.(string); ok {
			err = m.spend(x.place(), len(s))
		}
	}
	return v, m.placed(err, x.place())
}

func (m *machine) test(x *testExpr) (any, error) {
	in, err := m.eval(x.in)
	if err != nil {
		return nil, err
	}
	if x.name != "defined" && x.name != "undefined" {
		if in, err = m.used(in); err != nil {
			return nil, err
		}
	}
	c, err := m.arguments(x.args)
	if err != nil {
		return nil, err
	}
	return tests[x.name](normal(in), c) != x.not, nil
}
