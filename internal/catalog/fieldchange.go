package catalog

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// FieldChange is what one field was before and after a change, as YAML. An
// empty side was not there. Long values are cut.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// maxValue bounds one side of a FieldChange, in bytes.
const maxValue = 600

// fieldChanges returns the values of fields that changedFields named.
func fieldChanges(was, is []byte, fields []string) []FieldChange {
	var a, b map[string]any
	if json.Unmarshal(was, &a) != nil || json.Unmarshal(is, &b) != nil {
		return nil // both were encoded by us
	}
	out := make([]FieldChange, len(fields))
	for i, f := range fields {
		out[i] = FieldChange{Field: f, Before: valueAt(a, f), After: valueAt(b, f)}
	}
	return out
}

// valueAt writes the value at a path as difference names it: keys may hold
// dots, so the longest key that fits is taken at each level.
func valueAt(m map[string]any, field string) string {
	v, ok := find(m, field)
	if !ok {
		return ""
	}
	if s, ok := v.(string); ok {
		return cutValue(s)
	}
	text, err := yaml.Marshal(v)
	if err != nil {
		return "" // plain values always encode
	}
	return cutValue(strings.TrimSuffix(string(text), "\n"))
}

func find(m map[string]any, field string) (any, bool) {
	if v, ok := m[field]; ok {
		return v, true
	}
	for at := len(field) - 1; at > 0; at-- {
		if field[at] != '.' {
			continue
		}
		if inner, ok := m[field[:at]].(map[string]any); ok {
			return find(inner, field[at+1:])
		}
	}
	return nil, false
}

func cutValue(s string) string {
	if len(s) <= maxValue {
		return s
	}
	s = s[:maxValue]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
