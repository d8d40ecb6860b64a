package expr

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// method returns the method of a value, bound to it; nil when it has none of
// that name.
func method(of any, name string, cookiecutter bool) any {
	switch of := of.(type) {
	case string:
		if f := textMethods[name]; f != nil {
			return callable(func(m *machine, c call) (any, error) { return f(m, of, c) })
		}
	case safe:
		return method(string(of), name, cookiecutter)
	case float64:
		if f := numberMethods[name]; f != nil {
			return callable(func(_ *machine, c call) (any, error) { return f(of, c) })
		}
	case []any:
		if f := listMethods[name]; f != nil {
			return callable(func(m *machine, c call) (any, error) { return f(m, of, c) })
		}
	case map[string]any:
		if f := objectMethods[name]; f != nil && cookiecutter {
			return callable(func(_ *machine, c call) (any, error) { return f(of, c) })
		}
	}
	return nil
}

var textMethods map[string]func(m *machine, s string, c call) (any, error)

func init() {
	plainText := func(f func(string) string) func(*machine, string, call) (any, error) {
		return func(_ *machine, s string, _ call) (any, error) { return f(s), nil }
	}
	textMethods = map[string]func(*machine, string, call) (any, error){
		"toLowerCase": plainText(strings.ToLower), "lower": plainText(strings.ToLower),
		"toUpperCase": plainText(strings.ToUpper), "upper": plainText(strings.ToUpper),
		"trim": plainText(strings.TrimSpace), "strip": plainText(strings.TrimSpace), "toString": plainText(same),
		"trimStart":  plainText(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }),
		"trimEnd":    plainText(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }),
		"capitalize": plainText(capitalize), "title": plainText(title),
		"includes": func(_ *machine, s string, c call) (any, error) {
			return strings.Contains(s, c.text(0, "", "undefined")), nil
		},
		"startsWith": func(_ *machine, s string, c call) (any, error) {
			return strings.HasPrefix(s, c.text(0, "", "undefined")), nil
		},
		"startswith": func(_ *machine, s string, c call) (any, error) { return strings.HasPrefix(s, c.text(0, "", "")), nil },
		"endsWith": func(_ *machine, s string, c call) (any, error) {
			return strings.HasSuffix(s, c.text(0, "", "undefined")), nil
		},
		"endswith": func(_ *machine, s string, c call) (any, error) { return strings.HasSuffix(s, c.text(0, "", "")), nil },
		"indexOf": func(_ *machine, s string, c call) (any, error) {
			return runeIndex(s, strings.Index(s, c.text(0, "", ""))), nil
		},
		"lastIndexOf": func(_ *machine, s string, c call) (any, error) {
			return runeIndex(s, strings.LastIndex(s, c.text(0, "", ""))), nil
		},
		"charAt": charAt, "concat": concatText, "slice": sliceText, "substring": substring, "split": split, "replace": replaceText,
		"replaceAll": replaceAllText, "repeat": repeat, "padStart": padStart, "padEnd": padEnd,
	}
}

func runeIndex(s string, at int) float64 {
	if at < 0 {
		return -1
	}
	return float64(len([]rune(s[:at])))
}

func charAt(_ *machine, s string, c call) (any, error) {
	if r, i := []rune(s), c.int(0, "", 0); i >= 0 && i < len(r) {
		return string(r[i]), nil
	}
	return "", nil
}

func concatText(m *machine, s string, c call) (any, error) {
	for _, a := range c.args {
		t := toText(a)
		if err := m.spend(c.at, len(s)+len(t)); err != nil {
			return nil, err
		}
		s += t
	}
	return s, nil
}

func sliceText(_ *machine, s string, c call) (any, error) {
	r := []rune(s)
	from, to := bounds(c, len(r))
	return string(r[from:max(from, to)]), nil
}

// bounds reads from and to of slice(); negative ones count from the end.
func bounds(c call, n int) (int, int) {
	at := func(i, otherwise int) int {
		v := c.int(i, "", otherwise)
		if v < 0 {
			v += n
		}
		return min(max(v, 0), n)
	}
	return at(0, 0), at(1, n)
}

func substring(_ *machine, s string, c call) (any, error) {
	r := []rune(s)
	from, to := min(max(c.int(0, "", 0), 0), len(r)), min(max(c.int(1, "", len(r)), 0), len(r))
	return string(r[min(from, to):max(from, to)]), nil
}

func split(m *machine, s string, c call) (any, error) {
	if len(c.args) == 0 {
		if m.t.opts.Cookiecutter {
			return toList(strings.Fields(s)), nil
		}
		return []any{s}, nil
	}
	var parts []string
	if p, ok := c.args[0].(*pattern); ok {
		parts = p.re.Split(s, -1)
	} else {
		parts = strings.Split(s, toText(c.args[0]))
	}
	if n := c.int(1, "", -1); n >= 0 && n < len(parts) {
		parts = parts[:n]
	}
	return toList(parts), m.spend(c.at, len(s))
}

func toList(parts []string) []any {
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

// replaceText replaces the first occurrence, as in JavaScript.
func replaceText(m *machine, s string, c call) (any, error) {
	if p, ok := c.arg(0, "").(*pattern); ok {
		return replacePattern(m, s, p, c.text(1, "", ""))
	}
	n := 1
	if m.t.opts.Cookiecutter {
		n = -1
	}
	return replace(m, call{in: s, args: []any{c.arg(0, ""), c.text(1, "", ""), float64(n)}})
}

func replaceAllText(m *machine, s string, c call) (any, error) {
	return replace(m, call{in: s, args: []any{c.arg(0, ""), c.text(1, "", "")}})
}

func repeat(m *machine, s string, c call) (any, error) {
	n := max(0, c.int(0, "", 0))
	if err := m.fits(n * max(1, len(s))); err != nil {
		return nil, err
	}
	return strings.Repeat(s, n), m.spend(c.at, n*len(s))
}

func padding(m *machine, s string, c call) (string, error) {
	n, pad := c.int(0, "", 0)-len([]rune(s)), c.text(1, "", " ")
	if n <= 0 || pad == "" {
		return "", nil
	}
	if err := m.fits(n); err != nil {
		return "", err
	}
	return string([]rune(strings.Repeat(pad, n/len([]rune(pad))+1))[:n]), nil
}

func padStart(m *machine, s string, c call) (any, error) {
	p, err := padding(m, s, c)
	return p + s, err
}

func padEnd(m *machine, s string, c call) (any, error) {
	p, err := padding(m, s, c)
	return s + p, err
}

var numberMethods = map[string]func(n float64, c call) (any, error){
	"toFixed": func(n float64, c call) (any, error) {
		digits := c.int(0, "", 0)
		if digits < 0 || digits > 100 {
			return nil, errors.New("toFixed takes 0 to 100 digits")
		}
		return strconv.FormatFloat(n, 'f', digits, 64), nil
	},
	"toString": func(n float64, c call) (any, error) {
		base := c.int(0, "", 10)
		if base == 10 {
			return numberText(n), nil
		}
		if base < 2 || base > 36 || n != float64(int64(n)) {
			return nil, errors.New("toString takes a base of 2 to 36 and a whole number")
		}
		return strconv.FormatInt(int64(n), base), nil
	},
	"toPrecision": func(n float64, c call) (any, error) {
		return strconv.FormatFloat(n, 'g', min(max(c.int(0, "", 6), 1), 100), 64), nil
	},
}

var listMethods = map[string]func(m *machine, l []any, c call) (any, error){
	"at": func(_ *machine, l []any, c call) (any, error) {
		i := c.int(0, "", 0)
		if i < 0 {
			i += len(l)
		}
		if i < 0 || i >= len(l) {
			return nil, nil
		}
		return normal(l[i]), nil
	},
	"concat": func(m *machine, l []any, c call) (any, error) {
		out := slices.Clone(l)
		for _, a := range c.args {
			if more, ok := a.([]any); ok {
				out = append(out, more...)
			} else {
				out = append(out, a)
			}
		}
		return out, m.spend(c.at, len(out))
	},
	"includes": func(_ *machine, l []any, c call) (any, error) { return contains(l, plain(c.arg(0, ""))), nil },
	"indexOf": func(_ *machine, l []any, c call) (any, error) {
		return float64(slices.IndexFunc(l, func(v any) bool { return strictEqual(v, c.arg(0, "")) })), nil
	},
	"lastIndexOf": func(_ *machine, l []any, c call) (any, error) {
		for i := len(l) - 1; i >= 0; i-- {
			if strictEqual(l[i], c.arg(0, "")) {
				return float64(i), nil
			}
		}
		return -1.0, nil
	},
	"join": func(m *machine, l []any, c call) (any, error) {
		return join(m, call{in: l, args: []any{c.text(0, "", ",")}})
	},
	"slice": func(m *machine, l []any, c call) (any, error) {
		from, to := bounds(c, len(l))
		return slices.Clone(l[from:max(from, to)]), m.spend(c.at, len(l))
	},
	"push": func(_ *machine, l []any, c call) (any, error) { return float64(len(l) + len(c.args)), nil },
	"reverse": func(m *machine, l []any, c call) (any, error) {
		return reverse(m, call{in: l})
	},
	"sort": func(m *machine, l []any, _ call) (any, error) {
		out := slices.Clone(l)
		slices.SortStableFunc(out, func(a, b any) int { return strings.Compare(toText(a), toText(b)) })
		return out, nil
	},
	"count": func(_ *machine, l []any, c call) (any, error) {
		n := 0.0
		for _, v := range l {
			if strictEqual(v, c.arg(0, "")) {
				n++
			}
		}
		return n, nil
	},
}

// objectMethods are those of Jinja, for cookiecutter templates.
var objectMethods = map[string]func(o map[string]any, c call) (any, error){
	"keys":   func(o map[string]any, _ call) (any, error) { return toList(sortedKeys(o)), nil },
	"values": func(o map[string]any, _ call) (any, error) { return items(o), nil },
	"items": func(o map[string]any, _ call) (any, error) {
		out := make([]any, 0, len(o))
		for _, k := range sortedKeys(o) {
			out = append(out, []any{k, normal(o[k])})
		}
		return out, nil
	},
	"get": func(o map[string]any, c call) (any, error) {
		if v, ok := o[c.text(0, "key", "")]; ok {
			return normal(v), nil
		}
		return c.arg(1, "default"), nil
	},
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
