package expr

import (
	"encoding/json"
	"math"
	"strings"
)

// jsonText is v as JSON with sorted keys; functions and undefined are null.
// Like toText it stops at maxText.
func jsonText(v any, indent string) string {
	w := &jsonWriter{indent: indent, left: maxText}
	w.write(v, 0)
	return w.b.String()
}

type jsonWriter struct {
	b      strings.Builder
	indent string
	left   int
}

func (w *jsonWriter) put(s string) {
	w.left -= len(s)
	if w.left > 0 {
		w.b.WriteString(s)
	}
}

func (w *jsonWriter) line(level int) {
	if w.indent != "" {
		w.put("\n" + strings.Repeat(w.indent, level))
	}
}

func (w *jsonWriter) write(v any, level int) {
	if w.left <= 0 {
		return
	}
	switch v := normal(v).(type) {
	case bool:
		w.put(toText(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			w.put("null")
		} else {
			w.put(numberText(v))
		}
	case string:
		w.put(quote(v))
	case safe:
		w.put(quote(string(v)))
	case []any:
		w.list(v, level)
	case map[string]any:
		w.object(v, level)
	default:
		w.put("null")
	}
}

func (w *jsonWriter) list(list []any, level int) {
	if len(list) == 0 {
		w.put("[]")
		return
	}
	w.put("[")
	for i, x := range list {
		if i > 0 {
			w.put(",")
		}
		w.line(level + 1)
		w.write(x, level+1)
	}
	w.line(level)
	w.put("]")
}

func (w *jsonWriter) object(object map[string]any, level int) {
	n := 0
	w.put("{")
	for _, k := range sortedKeys(object) {
		if _, gone := object[k].(*undefined); gone {
			continue
		}
		if n++; n > 1 {
			w.put(",")
		}
		w.line(level + 1)
		w.put(quote(k) + ":")
		if w.indent != "" {
			w.put(" ")
		}
		w.write(object[k], level+1)
	}
	if n > 0 {
		w.line(level)
	}
	w.put("}")
}

// quote is s as a JSON string, with <, > and & as they are.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
