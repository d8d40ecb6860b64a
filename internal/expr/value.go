package expr

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// undefined is a value that is not there. It knows where it was looked up.
type undefined struct {
	t     *Template
	at    int
	name  string
	names []string // what was there instead, for the suggestion
}

func (u *undefined) err() *Error {
	return u.t.fail(u.at, "`%s` is undefined.", u.name).suggest(lastPart(u.name), u.names)
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// safe is text that is not to be escaped; nothing is escaped here, so it
// only remembers that safe or escape was used.
type safe string

// callable is a function of the language.
type callable func(m *machine, c call) (any, error)

// Func makes a function of two lists, positional and named, callable from a
// template when it is put among the variables.
func Func(f func(args []any, named map[string]any) (any, error)) any {
	return callable(func(_ *machine, c call) (any, error) { return f(c.args, c.named) })
}

type call struct {
	at    int
	in    any
	args  []any
	named map[string]any
}

// arg returns the positional or named argument, nil when neither is given.
func (c call) arg(i int, name string) any {
	if i < len(c.args) {
		return c.args[i]
	}
	return c.named[name]
}

func (c call) has(i int, name string) bool {
	if i < len(c.args) {
		return true
	}
	_, ok := c.named[name]
	return ok
}

func (c call) text(i int, name, otherwise string) string {
	if v := c.arg(i, name); v != nil {
		return toText(v)
	}
	return otherwise
}

func (c call) int(i int, name string, otherwise int) int {
	if v := c.arg(i, name); v != nil {
		if n, ok := toNumber(v); ok && !math.IsNaN(n) {
			return int(min(max(n, -1e9), 1e9))
		}
	}
	return otherwise
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// normal brings what comes from outside (YAML, JSON, Go) to the few types of
// the language: nil, bool, float64, string, []any, map[string]any.
func normal(v any) any {
	switch v := v.(type) {
	case nil, bool, float64, string, []any, map[string]any, safe, *undefined, callable, *macro, *pattern:
		return v
	case int:
		return float64(v)
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	case map[string]string:
		out := make(map[string]any, len(v))
		for k, s := range v {
			out[k] = s
		}
		return out
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[fmt.Sprint(k)] = x
		}
		return out
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case fmt.Stringer:
		return v.String()
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return float64(r.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return float64(r.Uint())
	case reflect.Float32:
		return r.Float()
	case reflect.String:
		return r.String()
	}
	return fmt.Sprint(v)
}

// Truthy reports whether v counts as true: not false, "", 0, null, undefined.
func Truthy(v any) bool {
	switch v := normal(v).(type) {
	case nil, *undefined:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	case safe:
		return v != ""
	}
	return true
}

// maxText is where printing a value stops; it is beyond every output limit,
// so that what was cut is refused and never seen. A list may hold itself many
// times over and print without end otherwise.
const maxText = 32 << 20

// toText is how a value is printed.
func toText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b strings.Builder
	left := maxText
	writeText(&b, v, &left)
	return b.String()
}

func writeText(b *strings.Builder, v any, left *int) {
	put := func(s string) {
		*left -= len(s) + 1
		if *left > 0 {
			b.WriteString(s)
		}
	}
	switch v := normal(v).(type) {
	case string:
		put(v)
	case safe:
		put(string(v))
	case bool:
		put(strconv.FormatBool(v))
	case float64:
		put(numberText(v))
	case []any:
		for i, x := range v {
			if *left <= 0 {
				return
			}
			if i > 0 {
				put(",")
			}
			writeText(b, x, left)
		}
	case map[string]any:
		put("[object Object]")
	case *pattern:
		put(v.text)
	default:
		put("")
	}
}

func numberText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0" // and not -0
	case f == math.Trunc(f) && math.Abs(f) < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return exponent(strconv.FormatFloat(f, 'e', -1, 64))
}

// exponent writes 1e-07 as JavaScript does, 1e-7.
func exponent(s string) string {
	digits, power, _ := strings.Cut(s, "e")
	return digits + "e" + power[:1] + strings.TrimLeft(power[1:len(power)-1], "0") + power[len(power)-1:]
}

// toNumber reads a value as a number; false when it is none.
func toNumber(v any) (float64, bool) {
	switch v := normal(v).(type) {
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case nil:
		return 0, true
	case string:
		s := strings.TrimSpace(v)
		if s == "" {
			return 0, true
		}
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil
	case safe:
		return toNumber(string(v))
	}
	return math.NaN(), false
}

// asText is how a value joins a text: as JavaScript does it, null is "null".
func asText(v any) string {
	switch v := normal(v).(type) {
	case nil:
		return "null"
	case *undefined:
		return "undefined"
	default:
		return toText(v)
	}
}

// identical is ===: what is undefined is not null.
func identical(a, b any) bool {
	_, gone := a.(*undefined)
	_, gone2 := b.(*undefined)
	return gone == gone2 && strictEqual(a, b)
}

// units are a text's UTF-16 code units, by which JavaScript counts.
func units(s string) []uint16 { return utf16.Encode([]rune(s)) }

func fromUnits(u []uint16) string { return string(utf16.Decode(u)) }

// strictEqual is === of two values; lists and objects are equal to
// themselves alone.
func strictEqual(a, b any) bool {
	a, b = plain(a), plain(b)
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y) && cap(x) > 0 && cap(y) > 0 && &x[:1][0] == &y[:1][0]
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && reflect.ValueOf(x).Pointer() == reflect.ValueOf(y).Pointer()
	case callable, *macro, *pattern:
		return false
	}
	switch b.(type) {
	case []any, map[string]any, callable, *macro, *pattern:
		return false
	}
	return a == b
}

// looseEqual is ==: numbers and text are compared as numbers.
func looseEqual(a, b any) bool {
	a, b = plain(a), plain(b)
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	_, an := a.(float64)
	_, bn := b.(float64)
	_, ab := a.(bool)
	_, bb := b.(bool)
	if an != bn || ab != bb {
		x, ok := toNumber(a)
		y, ok2 := toNumber(b)
		return ok && ok2 && x == y
	}
	return strictEqual(a, b)
}

// plain is normal without the marks: safe is text, undefined is nil.
func plain(v any) any {
	switch v := normal(v).(type) {
	case safe:
		return string(v)
	case *undefined:
		return nil
	default:
		return v
	}
}

// compare orders text as text and everything else as numbers.
func compare(a, b any) (int, bool) {
	a, b = plain(a), plain(b)
	s, ok := a.(string)
	u, ok2 := b.(string)
	if ok && ok2 {
		return strings.Compare(s, u), true
	}
	x, ok := toNumber(a)
	y, ok2 := toNumber(b)
	if !ok || !ok2 || math.IsNaN(x) || math.IsNaN(y) {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}
