package gotext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

var dataFunctions = map[string]function{
	"default":      {min: 2, max: 2, gaps: true, do: byDefault},
	"coalesce":     {min: 1, max: -1, gaps: true, do: coalesce},
	"empty":        {min: 1, max: 1, gaps: true, do: func(_ *machine, a []any) (any, error) { return !truth(a[0]), nil }},
	"ternary":      {min: 3, max: 3, do: ternary},
	"required":     {min: 2, max: 2, gaps: true, do: required},
	"fail":         {min: 1, max: 1, do: func(m *machine, a []any) (any, error) { return required(m, []any{a[0], nil}) }},
	"toJson":       {min: 1, max: 1, do: toJSON("")},
	"toPrettyJson": {min: 1, max: 1, do: toJSON("  ")},
	"toYaml":       {min: 1, max: 1, do: toYAML},
}

func byDefault(_ *machine, a []any) (any, error) {
	if truth(a[1]) {
		return a[1], nil
	}
	return a[0], nil
}

func coalesce(_ *machine, a []any) (any, error) {
	for _, v := range a {
		if truth(v) {
			return v, nil
		}
	}
	return nil, nil
}

func ternary(_ *machine, a []any) (any, error) {
	if truth(a[2]) {
		return a[0], nil
	}
	return a[1], nil
}

func required(m *machine, a []any) (any, error) {
	if v := bare(a[1]); v != nil && v != "" {
		return v, nil
	}
	s, err := m.textArg(a[0])
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%.500s", s)
}

func toJSON(indent string) func(*machine, []any) (any, error) {
	return func(m *machine, a []any) (any, error) {
		if _, err := m.text(a[0]); err != nil { // its size is checked first
			return nil, err
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", indent)
		if err := e.Encode(bare(a[0])); err != nil {
			return nil, err
		}
		return strings.TrimSuffix(b.String(), "\n"), m.fits(b.Len())
	}
}

func toYAML(m *machine, a []any) (any, error) {
	if _, err := m.text(a[0]); err != nil {
		return nil, err
	}
	b, err := yaml.Marshal(bare(a[0]))
	if err != nil {
		return nil, err
	}
	return strings.TrimSuffix(string(b), "\n"), m.fits(len(b))
}

var numberFunctions = map[string]function{
	"add": {min: 1, max: -1, do: fold(func(a, b float64) float64 { return a + b })},
	"mul": {min: 1, max: -1, do: fold(func(a, b float64) float64 { return a * b })},
	"max": {min: 1, max: -1, do: fold(math.Max)},
	"min": {min: 1, max: -1, do: fold(math.Min)},
	"sub": {min: 2, max: 2, do: fold(func(a, b float64) float64 { return a - b })},
	"div": {min: 2, max: 2, do: divided(func(a, b float64) float64 { return math.Trunc(a / b) })},
	"mod": {min: 2, max: 2, do: divided(math.Mod)},
	"int": {min: 1, max: 1, do: toInt},
}

func fold(f func(a, b float64) float64) func(*machine, []any) (any, error) {
	return func(_ *machine, args []any) (any, error) {
		total, ok := toFloat(bare(args[0]))
		if !ok {
			return nil, fmt.Errorf("a number is needed, not %s", kindOf(args[0]))
		}
		for _, a := range args[1:] {
			n, ok := toFloat(bare(a))
			if !ok {
				return nil, fmt.Errorf("a number is needed, not %s", kindOf(a))
			}
			total = f(total, n)
		}
		return plain(total), nil
	}
}

func divided(f func(a, b float64) float64) func(*machine, []any) (any, error) {
	return func(m *machine, args []any) (any, error) {
		if n, ok := toFloat(bare(args[1])); ok && n == 0 {
			return nil, fmt.Errorf("division by zero")
		}
		return fold(f)(m, args)
	}
}

func toInt(_ *machine, a []any) (any, error) {
	if n, ok := toFloat(bare(a[0])); ok {
		return plain(math.Trunc(n)), nil
	}
	if s, ok := bare(a[0]).(string); ok {
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 0, 64); err == nil {
			return n, nil
		}
	}
	return int64(0), nil
}

var listFunctions = map[string]function{
	"list":  {min: 0, max: -1, do: func(m *machine, a []any) (any, error) { return slices.Clone(a), m.fits(16 * len(a)) }},
	"dict":  {min: 0, max: -1, do: dict},
	"join":  {min: 2, max: 2, do: join},
	"first": {min: 1, max: 1, do: func(_ *machine, a []any) (any, error) { return endOf(a[0], true) }},
	"last":  {min: 1, max: 1, do: func(_ *machine, a []any) (any, error) { return endOf(a[0], false) }},
	"keys":  {min: 1, max: 1, do: keys},
	"has":   {min: 2, max: 2, do: has}, "hasKey": {min: 2, max: 2, do: hasKey},
	"get": {min: 2, max: 2, do: get},
}

func dict(m *machine, a []any) (any, error) {
	if len(a)%2 == 1 {
		return nil, fmt.Errorf("the last key has no value")
	}
	out := make(map[string]any, len(a)/2)
	for i := 0; i < len(a); i += 2 {
		k, err := m.textArg(a[i])
		if err != nil {
			return nil, err
		}
		out[k] = bare(a[i+1])
	}
	return out, m.fits(32 * len(a))
}

func join(m *machine, a []any) (any, error) {
	by, err := m.textArg(a[0])
	if err != nil {
		return nil, err
	}
	list, ok := bare(a[1]).([]any)
	if !ok {
		return m.textArg(a[1])
	}
	parts, size := make([]string, len(list)), 0
	for i, v := range list {
		if parts[i], err = m.textArg(v); err != nil {
			return nil, err
		}
		if size += len(parts[i]) + len(by); size > m.t.opts.Limits.Output {
			return nil, m.fits(size)
		}
	}
	return strings.Join(parts, by), m.fits(size)
}

func endOf(v any, front bool) (any, error) {
	list, ok := bare(v).([]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("a list is needed, not %s", kindOf(v))
	case len(list) == 0:
		return nil, nil
	case front:
		return plain(list[0]), nil
	}
	return plain(list[len(list)-1]), nil
}

func object(v any) (map[string]any, error) {
	o, ok := bare(v).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("an object is needed, not %s", kindOf(v))
	}
	return o, nil
}

func keys(_ *machine, a []any) (any, error) {
	o, err := object(a[0])
	out := []any{}
	for _, k := range keysOf(o) {
		out = append(out, k)
	}
	return out, err
}

func has(_ *machine, a []any) (any, error) {
	list, ok := bare(a[1]).([]any)
	if !ok {
		return nil, fmt.Errorf("a list is needed, not %s", kindOf(a[1]))
	}
	for _, v := range list {
		if ok, err := same(a[0], v); err == nil && ok {
			return true, nil
		}
	}
	return false, nil
}

func hasKey(m *machine, a []any) (any, error) {
	o, err := object(a[0])
	if err != nil {
		return nil, err
	}
	k, err := m.textArg(a[1])
	_, ok := o[k]
	return ok, err
}

func get(m *machine, a []any) (any, error) {
	o, err := object(a[0])
	if err != nil {
		return nil, err
	}
	k, err := m.textArg(a[1])
	if v, ok := o[k]; ok {
		return plain(v), err
	}
	return "", err
}
