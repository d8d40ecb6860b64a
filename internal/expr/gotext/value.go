package gotext

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// undefined is a value that is not there, with where it was looked up.
type undefined struct {
	at    int
	name  string
	names []string // what was there instead
}

func errTooMuch(limit int) error { return fmt.Errorf("this makes more than %d bytes", limit) }

func keysOf(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// plain brings what comes from outside to the few types of the language: nil,
// bool, int64, float64, string, []any, map[string]any. Whole numbers of JSON
// are whole here.
func plain(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, string, []any, map[string]any, *undefined:
		return v
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
		return v
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
	case fmt.Stringer:
		return v.String()
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int64(min(r.Uint(), math.MaxInt64))
	case reflect.Float32:
		return plain(r.Float())
	case reflect.String:
		return r.String()
	case reflect.Bool:
		return r.Bool()
	}
	return fmt.Sprint(v)
}

// truth is Go's: false, 0, "", nothing, and what is empty do not hold.
func truth(v any) bool {
	switch v := plain(v).(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}

func kindOf(v any) string {
	switch plain(v).(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "undefined"
}

// text is how a value is printed; lists and objects as Go prints them. It
// stops at the limit of the output.
func (m *machine) text(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	w := textWriter{left: m.t.opts.Limits.Output}
	w.value(v, 0)
	if w.left < 0 {
		return "", errTooMuch(m.t.opts.Limits.Output)
	}
	return w.b.String(), m.fits(w.b.Len())
}

type textWriter struct {
	b    strings.Builder
	left int
}

func (w *textWriter) put(s string) {
	if w.left -= len(s) + 1; w.left >= 0 {
		w.b.WriteString(s)
	}
}

func (w *textWriter) value(v any, depth int) {
	if w.left < 0 || depth > 1000 {
		w.left = -1
		return
	}
	switch v := plain(v).(type) {
	case nil:
		w.put(nilText(depth))
	case *undefined:
		w.put(noValue)
	case string:
		w.put(v)
	case bool:
		w.put(strconv.FormatBool(v))
	case int64:
		w.put(strconv.FormatInt(v, 10))
	case float64:
		w.put(fmt.Sprint(v))
	case []any:
		w.put("[")
		for i, x := range v {
			if i > 0 {
				w.put(" ")
			}
			if w.value(x, depth+1); w.left < 0 {
				return
			}
		}
		w.put("]")
	case map[string]any:
		w.object(v, depth)
	}
}

// nilText is how Go's templates print null: on its own, and inside something.
func nilText(depth int) string {
	if depth == 0 {
		return noValue
	}
	return "<nil>"
}

func (w *textWriter) object(v map[string]any, depth int) {
	w.put("map[")
	for i, k := range keysOf(v) {
		if i > 0 {
			w.put(" ")
		}
		w.put(k + ":")
		if w.value(v[k], depth+1); w.left < 0 {
			return
		}
	}
	w.put("]")
}
