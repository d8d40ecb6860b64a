package expr

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// items reads a value as a list: a text gives its characters, an object its
// values.
func items(v any) []any {
	switch v := plain(v).(type) {
	case []any:
		return v
	case string:
		out := make([]any, 0, len(v))
		for _, r := range v {
			out = append(out, string(r))
		}
		return out
	case map[string]any:
		out := make([]any, 0, len(v))
		for _, k := range sortedKeys(v) {
			out = append(out, v[k])
		}
		return out
	}
	return nil
}

func list(_ *machine, c call) (any, error) {
	object, ok := c.in.(map[string]any)
	if !ok {
		return slices.Clone(items(c.in)), nil
	}
	out := make([]any, 0, len(object))
	for _, k := range sortedKeys(object) {
		out = append(out, map[string]any{"key": k, "value": object[k]})
	}
	return out, nil
}

func first(m *machine, c call) (any, error) {
	if l := items(c.in); len(l) > 0 {
		return normal(l[0]), nil
	}
	return &undefined{t: m.t, at: c.at, name: "the first of nothing"}, nil
}

func last(m *machine, c call) (any, error) {
	if l := items(c.in); len(l) > 0 {
		return normal(l[len(l)-1]), nil
	}
	return &undefined{t: m.t, at: c.at, name: "the last of nothing"}, nil
}

func random(_ *machine, c call) (any, error) {
	l := items(c.in)
	if len(l) == 0 {
		return nil, nil
	}
	return normal(l[rand.IntN(len(l))]), nil
}

func length(m *machine, c call) (any, error) {
	switch v := plain(c.in).(type) {
	case []any:
		return float64(len(v)), nil
	case map[string]any:
		return float64(len(v)), nil
	case string:
		return float64(textLen(v)), nil
	case nil:
		return 0.0, nil
	}
	return &undefined{t: m.t, at: c.at, name: "the length of what is no list, object or text"}, nil
}

func join(m *machine, c call) (any, error) {
	by, key := c.text(0, "del", ""), c.text(1, "attr", "")
	l, size := slices.Clone(items(c.in)), 0
	for i, v := range l {
		if key != "" {
			v = dig(v, key)
		}
		s := toText(v)
		if size += len(s) + len(by); m.fits(size) != nil {
			return nil, m.fits(size)
		}
		l[i] = s
	}
	return joined(l, by), nil
}

func reverse(_ *machine, c call) (any, error) {
	l := slices.Clone(items(c.in))
	slices.Reverse(l)
	if s, ok := plain(c.in).(string); ok && utf8.ValidString(s) {
		return joined(l, ""), nil
	}
	return l, nil
}

// sorted sorts by reverse, case sensitivity and attribute.
func sorted(_ *machine, c call) (any, error) {
	l := slices.Clone(items(c.in))
	attr := c.text(2, "attribute", "")
	fold := !Truthy(c.arg(1, "case_sensitive"))
	slices.SortStableFunc(l, func(a, b any) int {
		if attr != "" {
			a, b = dig(a, attr), dig(b, attr)
		}
		return orderOf(a, b, fold)
	})
	if Truthy(c.arg(0, "reverse")) {
		slices.Reverse(l)
	}
	return l, nil
}

func orderOf(a, b any, fold bool) int {
	s, ok := plain(a).(string)
	t, ok2 := plain(b).(string)
	if ok && ok2 && fold {
		return strings.Compare(strings.ToLower(s), strings.ToLower(t))
	}
	n, _ := compare(a, b)
	return n
}

func dictsort(_ *machine, c call) (any, error) {
	object, ok := c.in.(map[string]any)
	if !ok {
		return nil, errors.New("dictsort needs an object")
	}
	by := 0
	if c.text(1, "by", "key") == "value" {
		by = 1
	}
	out := make([]any, 0, len(object))
	for _, k := range sortedKeys(object) {
		out = append(out, []any{k, normal(object[k])})
	}
	fold := !Truthy(c.arg(0, "case_sensitive"))
	slices.SortStableFunc(out, func(a, b any) int { return orderOf(a.([]any)[by], b.([]any)[by], fold) })
	return out, nil
}

func batch(m *machine, c call) (any, error) {
	l, n := items(c.in), c.int(0, "linecount", 1)
	if n < 1 {
		return nil, errors.New("batch needs a size of 1 or more")
	}
	if err := m.fits(n); err != nil {
		return nil, err
	}
	var out []any
	for chunk := range slices.Chunk(l, n) {
		row := slices.Clone(chunk)
		for fill := c.arg(1, "fill_with"); fill != nil && len(row) < n; {
			row = append(row, fill)
		}
		out = append(out, row)
	}
	return out, nil
}

// slices3 cuts a list into n columns of nearly equal length.
func slices3(m *machine, c call) (any, error) {
	l, n := items(c.in), c.int(0, "slices", 1)
	if n < 1 {
		return nil, errors.New("slice needs a number of 1 or more")
	}
	if err := m.fits(n); err != nil {
		return nil, err
	}
	out, each, extra, at := []any{}, len(l)/n, len(l)%n, 0
	for i := range n {
		end := at + each
		if i < extra {
			end++
		}
		col := slices.Clone(l[at:end])
		if fill := c.arg(1, "fill_with"); fill != nil && i >= extra && extra > 0 {
			col = append(col, fill)
		}
		out, at = append(out, col), end
	}
	return out, nil
}

func groupby(_ *machine, c call) (any, error) {
	attr, out := c.text(0, "attribute", ""), map[string]any{}
	for _, v := range items(c.in) {
		k := toText(dig(v, attr))
		group, _ := out[k].([]any)
		out[k] = append(group, v)
	}
	return out, nil
}

// chosen keeps the items for which the test's answer is want.
func chosen(c call, of func(any) any, want bool, rest []any) (any, error) {
	name := "truthy"
	if len(rest) > 0 {
		name = toText(rest[0])
		rest = rest[1:]
	}
	test := tests[name]
	if test == nil {
		return nil, fmt.Errorf("there is no test %q", name)
	}
	out := []any{}
	for _, v := range items(c.in) {
		if test(normal(of(v)), call{args: rest}) == want {
			out = append(out, v)
		}
	}
	return out, nil
}

func itself(v any) any { return v }

func selected(_ *machine, c call) (any, error) { return chosen(c, itself, true, c.args) }
func reject(_ *machine, c call) (any, error)   { return chosen(c, itself, false, c.args) }

func attrOf(c call) (func(any) any, []any) {
	if len(c.args) == 0 {
		return itself, nil
	}
	name := toText(c.args[0])
	return func(v any) any { return dig(v, name) }, c.args[1:]
}

func selectattr(_ *machine, c call) (any, error) {
	of, rest := attrOf(c)
	return chosen(c, of, true, rest)
}

func rejectattr(_ *machine, c call) (any, error) {
	of, rest := attrOf(c)
	return chosen(c, of, false, rest)
}

func sum(_ *machine, c call) (any, error) {
	attr := c.text(0, "attribute", "")
	total := 0.0
	if n, ok := toNumber(c.arg(1, "start")); ok {
		total = n
	}
	for _, v := range items(c.in) {
		if attr != "" {
			v = dig(v, attr)
		}
		n, ok := toNumber(v)
		if !ok {
			return nil, fmt.Errorf("sum needs numbers; %q is none", toText(v))
		}
		total += n
	}
	return total, nil
}
