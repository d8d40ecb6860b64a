package expr

import (
	"fmt"
	"slices"
)

// method returns the method of a value, bound to it; nil when it has none of
// that name.
func method(of any, name string, cookiecutter bool) any {
	switch of := of.(type) {
	case string:
		if f := textMethods[name]; f != nil && (cookiecutter || !pythonText[name]) {
			return callable(func(m *machine, c call) (any, error) { return f(m, of, c) })
		}
	case safe:
		return method(string(of), name, cookiecutter)
	case float64:
		if f := numberMethods[name]; f != nil {
			return callable(func(_ *machine, c call) (any, error) { return f(of, c) })
		}
	case *pattern:
		if name == "test" {
			return callable(func(_ *machine, c call) (any, error) { return of.re.MatchString(asText(c.arg(0, ""))), nil })
		}
	case []any:
		f := listMethods[name]
		if f == nil && cookiecutter {
			f = jinjaList[name]
		}
		if f != nil {
			return callable(func(m *machine, c call) (any, error) { return f(m, of, c) })
		}
		if changes[name] != nil && (cookiecutter || !jinjaChanges[name]) { // called as name["push"](…): of no name
			return callable(func(m *machine, c call) (any, error) {
				_, answer, err := changes[name](m, slices.Clone(of), c)
				return answer, err
			})
		}
	case map[string]any:
		if f := objectMethods[name]; f != nil && cookiecutter {
			return callable(func(_ *machine, c call) (any, error) { return f(of, c) })
		}
	}
	return nil
}

// objectMethods are those of Jinja, for cookiecutter templates.
var objectMethods = map[string]func(o map[string]any, c call) (any, error){
	"keys":    func(o map[string]any, _ call) (any, error) { return toList(sortedKeys(o)), nil },
	"has_key": func(o map[string]any, c call) (any, error) { _, ok := o[c.text(0, "key", "")]; return ok, nil },
	"values":  func(o map[string]any, _ call) (any, error) { return items(o), nil },
	"items":   pairs, "iteritems": pairs,
	"get": func(o map[string]any, c call) (any, error) {
		if v, ok := o[c.text(0, "key", "")]; ok {
			return normal(v), nil
		}
		return c.arg(1, "default"), nil
	},
}

func pairs(o map[string]any, _ call) (any, error) {
	out := make([]any, 0, len(o))
	for _, k := range sortedKeys(o) {
		out = append(out, []any{k, normal(o[k])})
	}
	return out, nil
}

// cut is list[from:to:step].
func cut(list []any, part [3]*int) ([]any, error) {
	step := 1
	if part[2] != nil {
		step = *part[2]
	}
	if step == 0 {
		return nil, fmt.Errorf("a slice cannot step by 0")
	}
	n := len(list)
	from, to := 0, n
	if step < 0 {
		from, to = n-1, -1
	}
	low, high := 0, n
	if step < 0 {
		low, high = -1, n-1
	}
	place := func(p *int, otherwise int) int {
		if p == nil {
			return otherwise
		}
		i := *p
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	from, to = place(part[0], from), place(part[1], to)
	out := []any{}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		out = append(out, list[i])
	}
	return out, nil
}
