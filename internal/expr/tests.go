package expr

import (
	"math"
	"strings"
)

// tests answer `x is NAME`.
var tests = map[string]func(v any, c call) bool{
	"defined":     func(v any, _ call) bool { _, gone := v.(*undefined); return !gone },
	"undefined":   func(v any, _ call) bool { _, gone := v.(*undefined); return gone },
	"null":        func(v any, _ call) bool { return v == nil },
	"none":        func(v any, _ call) bool { return v == nil },
	"truthy":      func(v any, _ call) bool { return Truthy(v) },
	"falsy":       func(v any, _ call) bool { return !Truthy(v) },
	"string":      func(v any, _ call) bool { _, ok := plain(v).(string); return ok },
	"number":      func(v any, _ call) bool { _, ok := v.(float64); return ok },
	"boolean":     func(v any, _ call) bool { _, ok := v.(bool); return ok },
	"mapping":     func(v any, _ call) bool { _, ok := v.(map[string]any); return ok },
	"iterable":    isIterable,
	"sequence":    isIterable,
	"callable":    func(v any, _ call) bool { _, f := v.(callable); _, m := v.(*macro); return f || m },
	"escaped":     func(v any, _ call) bool { _, ok := v.(safe); return ok },
	"lower":       func(v any, _ call) bool { s, ok := plain(v).(string); return ok && s == strings.ToLower(s) },
	"upper":       func(v any, _ call) bool { s, ok := plain(v).(string); return ok && s == strings.ToUpper(s) },
	"even":        func(v any, _ call) bool { n, ok := toNumber(v); return ok && math.Mod(n, 2) == 0 },
	"odd":         func(v any, _ call) bool { n, ok := toNumber(v); return ok && math.Mod(n, 2) == 1 },
	"divisibleby": isDivisible,
	"in":          func(v any, c call) bool { return contains(plain(c.arg(0, "")), plain(v)) },
	"eq":          isEqual, "equalto": isEqual, "sameas": isEqual,
	"ne": func(v any, c call) bool { return !isEqual(v, c) },
	"gt": isOrdered(">"), "greaterthan": isOrdered(">"), "ge": isOrdered(">="),
	"lt": isOrdered("<"), "lessthan": isOrdered("<"), "le": isOrdered("<="),
}

// needsArgument are tests that may be written as `x is NAME y`.
var needsArgument = map[string]bool{"divisibleby": true, "in": true, "eq": true, "equalto": true, "sameas": true, "ne": true,
	"gt": true, "greaterthan": true, "ge": true, "lt": true, "lessthan": true, "le": true}

func isIterable(v any, _ call) bool {
	switch plain(v).(type) {
	case string, []any:
		return true
	}
	return false
}

func isEqual(v any, c call) bool { return strictEqual(v, c.arg(0, "")) }

func isOrdered(op string) func(any, call) bool {
	return func(v any, c call) bool { return ordered(op, v, c.arg(0, "")) }
}

func isDivisible(v any, c call) bool {
	n, ok := toNumber(v)
	d, ok2 := toNumber(c.arg(0, ""))
	return ok && ok2 && d != 0 && math.Mod(n, d) == 0
}
