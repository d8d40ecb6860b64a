package expr

import (
	"slices"
	"strings"
)

// listMethods are those that leave the list as it is.
var listMethods = map[string]func(m *machine, l []any, c call) (any, error){
	"at": listAt, "concat": concatList, "includes": includesList, "indexOf": indexOfList, "lastIndexOf": lastIndexOfList,
	"flat": flatList, "slice": sliceList,
	"join": func(m *machine, l []any, c call) (any, error) {
		by := ","
		if c.has(0, "") {
			by = asText(c.args[0])
		}
		return join(m, call{in: l, args: []any{by}})
	},
}

// jinjaList are those that lists have for cookiecutter.
var jinjaList = map[string]func(m *machine, l []any, c call) (any, error){
	"count": func(_ *machine, l []any, c call) (any, error) {
		n := 0.0
		for _, v := range l {
			if strictEqual(v, c.arg(0, "")) {
				n++
			}
		}
		return n, nil
	},
	"index": indexOfList, "find": indexOfList,
}

func listAt(m *machine, l []any, c call) (any, error) {
	i := c.int(0, "", 0)
	if i < 0 {
		i += len(l)
	}
	if i < 0 || i >= len(l) {
		return &undefined{t: m.t, at: c.at, name: "at()"}, nil
	}
	return normal(l[i]), nil
}

func concatList(m *machine, l []any, c call) (any, error) {
	out := slices.Clone(l)
	for _, a := range c.args {
		more, ok := a.([]any)
		if !ok {
			more = []any{a}
		}
		if err := m.spend(c.at, 16*(len(out)+len(more))); err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func includesList(_ *machine, l []any, c call) (any, error) {
	start, _ := bounds(call{args: skip(c.args)}, len(l))
	return contains(l[start:], plain(c.arg(0, ""))), nil
}

// skip is the arguments without the first.
func skip(args []any) []any { return args[min(1, len(args)):] }

func indexOfList(_ *machine, l []any, c call) (any, error) {
	start, _ := bounds(call{args: skip(c.args)}, len(l))
	for i := start; i < len(l); i++ {
		if strictEqual(l[i], c.arg(0, "")) {
			return float64(i), nil
		}
	}
	return -1.0, nil
}

func lastIndexOfList(_ *machine, l []any, c call) (any, error) {
	last := c.int(1, "", len(l)-1)
	if last < 0 {
		last += len(l)
	}
	for i := min(last, len(l)-1); i >= 0; i-- {
		if strictEqual(l[i], c.arg(0, "")) {
			return float64(i), nil
		}
	}
	return -1.0, nil
}

func sliceList(m *machine, l []any, c call) (any, error) {
	from, to := bounds(c, len(l))
	return slices.Clone(l[from:max(from, to)]), m.spend(c.at, 16*len(l))
}

func flatList(m *machine, l []any, c call) (any, error) {
	return flatten(m, c.at, l, min(c.int(0, "", 1), 100))
}

func flatten(m *machine, at int, l []any, depth int) ([]any, error) {
	out := []any{}
	for _, v := range l {
		inner, ok := normal(v).([]any)
		if !ok || depth < 1 {
			out = append(out, v)
			continue
		}
		flat, err := flatten(m, at, inner, depth-1)
		if err != nil {
			return nil, err
		}
		out = append(out, flat...)
	}
	return out, m.spend(at, 16*len(out))
}

// textOrder is how JavaScript sorts: by text.
func textOrder(a, b any) int { return strings.Compare(asText(a), asText(b)) }
