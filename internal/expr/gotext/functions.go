package gotext

import (
	"fmt"
	"maps"
	"slices"
)

// function is one that texts may call.
type function struct {
	min, max int // of arguments; max < 0: any number
	gaps     bool
	stop     func(any) bool // and, or: the argument that decides
	do       func(m *machine, args []any) (any, error)
}

func (f *function) count() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("%d or more", f.min)
	case f.min == f.max:
		return fmt.Sprint(f.min)
	}
	return fmt.Sprintf("%d to %d", f.min, f.max)
}

// functions are all there are: those of Go's templates but call, since data
// hold no functions, and helpers that people know from sprig.
var (
	functions     map[string]*function
	functionNames []string
)

func init() {
	functions = map[string]*function{}
	for _, group := range []map[string]function{builtins, textFunctions, listFunctions, numberFunctions, dataFunctions} {
		for name, f := range group {
			functions[name] = &f
		}
	}
	functionNames = slices.Sorted(maps.Keys(functions))
}

var builtins = map[string]function{
	"and":      {min: 1, max: -1, stop: func(v any) bool { return !truth(v) }, do: lastOf},
	"or":       {min: 1, max: -1, stop: truth, do: lastOf},
	"not":      {min: 1, max: 1, do: func(_ *machine, a []any) (any, error) { return !truth(a[0]), nil }},
	"eq":       {min: 2, max: -1, do: equal},
	"ne":       {min: 2, max: 2, do: notEqual},
	"lt":       {min: 2, max: 2, do: ordered(func(c int) bool { return c < 0 })},
	"le":       {min: 2, max: 2, do: ordered(func(c int) bool { return c <= 0 })},
	"gt":       {min: 2, max: 2, do: ordered(func(c int) bool { return c > 0 })},
	"ge":       {min: 2, max: 2, do: ordered(func(c int) bool { return c >= 0 })},
	"len":      {min: 1, max: 1, do: length},
	"index":    {min: 1, max: -1, do: index},
	"slice":    {min: 1, max: 4, do: slice},
	"print":    {min: 0, max: -1, do: printed},
	"println":  {min: 0, max: -1, do: printedLine},
	"printf":   {min: 1, max: -1, do: formatted},
	"html":     {min: 0, max: -1, do: escaped(escapeHTML)},
	"js":       {min: 0, max: -1, do: escaped(escapeJS)},
	"urlquery": {min: 0, max: -1, do: escaped(escapeQuery)},
}

func lastOf(_ *machine, args []any) (any, error) { return args[len(args)-1], nil }

func length(_ *machine, args []any) (any, error) {
	switch v := bare(args[0]).(type) {
	case string:
		return int64(len(v)), nil
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	}
	return nil, fmt.Errorf("%s has no length", kindOf(args[0]))
}

// index follows keys and positions: index .list 0 "name".
func index(_ *machine, args []any) (any, error) {
	v := bare(args[0])
	for _, key := range args[1:] {
		switch of := v.(type) {
		case map[string]any:
			s, ok := bare(key).(string)
			if !ok {
				return nil, fmt.Errorf("an object is read by a text, not by %s", kindOf(key))
			}
			v = plain(of[s])
		case []any:
			i, ok := bare(key).(int64)
			if !ok || i < 0 || i >= int64(len(of)) {
				return nil, fmt.Errorf("the list has %d items; there is no item %v", len(of), bare(key))
			}
			v = plain(of[i])
		case string:
			i, ok := bare(key).(int64)
			if !ok || i < 0 || i >= int64(len(of)) {
				return nil, fmt.Errorf("the text has %d bytes; there is no byte %v", len(of), bare(key))
			}
			v = int64(of[i])
		default:
			return nil, fmt.Errorf("%s cannot be indexed", kindOf(v))
		}
	}
	return v, nil
}

// slice is x[i:j] of a text or list; a third bound is accepted for lists.
func slice(_ *machine, args []any) (any, error) {
	list, isList := bare(args[0]).([]any)
	s, isText := bare(args[0]).(string)
	size := int64(len(list) + len(s))
	if !isList && !isText {
		return nil, fmt.Errorf("%s cannot be sliced", kindOf(args[0]))
	}
	bounds := []int64{0, size, size}
	for i, a := range args[1:] {
		n, ok := bare(a).(int64)
		if !ok || n < 0 || n > size {
			return nil, fmt.Errorf("the bound %v is outside of 0 to %d", bare(a), size)
		}
		bounds[i] = n
	}
	if bounds[0] > bounds[1] || bounds[1] > bounds[2] {
		return nil, fmt.Errorf("the bounds %d and %d are the wrong way round", bounds[0], bounds[1])
	}
	if isText {
		if len(args) > 3 {
			return nil, fmt.Errorf("a text takes two bounds")
		}
		return s[bounds[0]:bounds[1]], nil
	}
	return slices.Clone(list[bounds[0]:bounds[1]]), nil
}
