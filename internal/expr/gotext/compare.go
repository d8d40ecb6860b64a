package gotext

import (
	"fmt"
	"strings"
)

// floats reads two numbers.
func floats(a, b any) (x, y float64, ok bool) {
	x, ok = toFloat(a)
	if !ok {
		return 0, 0, false
	}
	y, ok = toFloat(b)
	return x, y, ok
}

func toFloat(v any) (float64, bool) {
	switch v := plain(v).(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// same is eq of two values. Go refuses to compare a number with a text; here
// they are different, because the data come from a form.
func same(a, b any) (bool, error) {
	a, b = bare(a), bare(b)
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return x == y, nil
		}
	}
	if x, y, ok := floats(a, b); ok {
		return x == y, nil
	}
	for _, v := range []any{a, b} {
		switch v.(type) {
		case []any, map[string]any:
			return false, fmt.Errorf("%s cannot be compared", kindOf(v))
		}
	}
	return a == b, nil
}

// bare is plain with undefined as nil.
func bare(v any) any {
	if _, gone := v.(*undefined); gone {
		return nil
	}
	return plain(v)
}

// order compares two numbers or two texts.
func order(a, b any) (int, error) {
	a, b = bare(a), bare(b)
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	}
	x, y, ok := floats(a, b)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s and %s have no order", kindOf(a), kindOf(b))
	case x < y:
		return -1, nil
	case x > y:
		return 1, nil
	}
	return 0, nil
}

func ordered(holds func(int) bool) func(*machine, []any) (any, error) {
	return func(_ *machine, args []any) (any, error) {
		c, err := order(args[0], args[1])
		return holds(c), err
	}
}

// equal is true when the first is any of the others.
func equal(_ *machine, args []any) (any, error) {
	for _, v := range args[1:] {
		ok, err := same(args[0], v)
		if err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func notEqual(_ *machine, args []any) (any, error) {
	ok, err := same(args[0], args[1])
	return !ok, err
}
