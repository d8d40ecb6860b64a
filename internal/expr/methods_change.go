package expr

import (
	"errors"
	"slices"
	"strconv"
)

// change is a list after a method that changes it, with the method's answer.
type change func(m *machine, l []any, c call) (after []any, answer any, err error)

// changes are the methods that change the list they are called on.
var changes = map[string]change{
	"push": push, "append": push, "pop": pop, "shift": shift, "unshift": unshift, "reverse": reverseList, "sort": sortList,
	"splice": splice, "fill": fill, "copyWithin": copyWithin, "insert": insert, "remove": removeFrom,
}

// jinjaChanges are those of them for cookiecutter alone.
var jinjaChanges = map[string]bool{"append": true, "insert": true, "remove": true}

// change calls a method that changes a list. Lists are values here: the
// longer copy is put where the list was read from, so that nobody else's
// data change. ok is false when x is no such call.
func (m *machine) change(x *callExpr, c call) (answer any, ok bool, err error) {
	a, isAttr := x.fn.(*attrExpr)
	if !isAttr {
		return nil, false, nil
	}
	key, isName := a.key.(*literal)
	if !isName {
		return nil, false, nil
	}
	name, _ := key.value.(string)
	f := changes[name]
	if f == nil || jinjaChanges[name] && !m.t.opts.Cookiecutter {
		return nil, false, nil
	}
	of, err := m.eval(a.of)
	if err != nil {
		return nil, true, err
	}
	list, isList := of.([]any)
	if !isList {
		return nil, false, nil
	}
	if err := m.spend(c.at, 16*(len(list)+len(c.args))); err != nil {
		return nil, true, err
	}
	after, answer, err := f(m, slices.Clone(list), c)
	if err == nil {
		err = m.keep(a.of, list, after, 0)
	}
	return answer, true, err
}

// keep puts after in the place that x names, and in every name that holds
// the same list.
func (m *machine) keep(x expression, before, after any, depth int) error {
	switch x := x.(type) {
	case *nameExpr:
		m.scope.renew(before, after)
		m.scope.set(x.name, after)
		return nil
	case *attrExpr:
		if depth > 100 {
			return errors.New("this is nested too deep")
		}
		holder, err := m.eval(x.of)
		if err != nil {
			return err
		}
		key, err := m.value(x.key)
		if err != nil {
			return err
		}
		changed, err := m.with(x.place(), holder, toText(key), after)
		if err != nil || changed == nil {
			return err
		}
		return m.keep(x.of, holder, changed, depth+1)
	}
	return nil // of a literal nobody sees the change
}

// with is a copy of an object or list with one key changed.
func (m *machine) with(at int, holder any, key string, v any) (any, error) {
	switch holder := holder.(type) {
	case map[string]any:
		out := make(map[string]any, len(holder)+1)
		for k, x := range holder {
			out[k] = x
		}
		out[key] = v
		return out, m.spend(at, 32*len(out))
	case []any:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(holder) {
			out := slices.Clone(holder)
			out[i] = v
			return out, m.spend(at, 16*len(out))
		}
	}
	return nil, nil
}

// renew changes every name that the template has set to the same list.
func (s *scope) renew(before, after any) {
	for ; s != nil; s = s.parent {
		for name, v := range s.names {
			switch v.(type) {
			case []any, map[string]any:
				if strictEqual(v, before) {
					s.names[name] = after
				}
			}
		}
	}
}

func push(_ *machine, l []any, c call) ([]any, any, error) {
	l = append(l, c.args...)
	return l, float64(len(l)), nil
}

func pop(m *machine, l []any, c call) ([]any, any, error) {
	i := len(l) - 1
	if m.t.opts.Cookiecutter && c.has(0, "") {
		if i = c.int(0, "", i); i < 0 {
			i += len(l)
		}
	}
	return take(m, l, i, c)
}

func shift(m *machine, l []any, c call) ([]any, any, error) { return take(m, l, 0, c) }

func take(m *machine, l []any, i int, c call) ([]any, any, error) {
	if i < 0 || i >= len(l) {
		return l, &undefined{t: m.t, at: c.at, name: "what an empty list gives"}, nil
	}
	v := normal(l[i])
	return slices.Delete(l, i, i+1), v, nil
}

func unshift(_ *machine, l []any, c call) ([]any, any, error) {
	l = slices.Insert(l, 0, c.args...)
	return l, float64(len(l)), nil
}

func reverseList(_ *machine, l []any, _ call) ([]any, any, error) {
	slices.Reverse(l)
	return l, l, nil
}

func sortList(m *machine, l []any, c call) ([]any, any, error) {
	texts := make(map[int]string, len(l))
	order, size := make([]int, len(l)), 0
	for i, v := range l {
		texts[i], order[i] = asText(v), i
		if size += len(texts[i]); m.fits(size) != nil {
			return l, nil, m.fits(size)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return textOrder(texts[a], texts[b]) })
	out := make([]any, len(l))
	for i, from := range order {
		out[i] = l[from]
	}
	return out, out, m.spend(c.at, size)
}

func splice(_ *machine, l []any, c call) ([]any, any, error) {
	if len(c.args) == 0 {
		return l, []any{}, nil
	}
	start, _ := bounds(call{args: c.args[:1]}, len(l))
	n := min(max(c.int(1, "", len(l)-start), 0), len(l)-start)
	removed := slices.Clone(l[start : start+n])
	var added []any
	if len(c.args) > 2 {
		added = c.args[2:]
	}
	return slices.Concat(l[:start], added, l[start+n:]), removed, nil
}

func fill(_ *machine, l []any, c call) ([]any, any, error) {
	from, to := bounds(call{args: skip(c.args)}, len(l))
	for i := from; i < to; i++ {
		l[i] = c.arg(0, "")
	}
	return l, l, nil
}

func copyWithin(_ *machine, l []any, c call) ([]any, any, error) {
	to, _ := bounds(call{args: c.args[:min(1, len(c.args))]}, len(l))
	from, end := bounds(call{args: skip(c.args)}, len(l))
	copy(l[to:], slices.Clone(l[from:max(from, end)]))
	return l, l, nil
}

func insert(_ *machine, l []any, c call) ([]any, any, error) {
	i, _ := bounds(call{args: c.args[:min(1, len(c.args))]}, len(l))
	return slices.Insert(l, i, c.arg(1, "")), nil, nil
}

func removeFrom(_ *machine, l []any, c call) ([]any, any, error) {
	for i, v := range l {
		if strictEqual(v, c.arg(0, "")) {
			return slices.Delete(l, i, i+1), nil, nil
		}
	}
	return l, nil, errors.New("the list holds no such item")
}
