package query

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// maxDepth bounds how deep predicates may be nested.
const maxDepth = 40

// ParsePredicate reads the predicate language of request bodies. Absent (no
// bytes) gives nil; what is no predicate is fault Invalid and says where.
func ParsePredicate(raw json.RawMessage) (Predicate, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	return parsePredicate(raw, 0)
}

func invalid(format string, args ...any) error {
	return fault.Newf(fault.Invalid, "Invalid query: "+format, args...)
}

func parsePredicate(raw json.RawMessage, depth int) (Predicate, error) {
	if depth > maxDepth {
		return nil, invalid("it is nested more than %d levels deep", maxDepth)
	}
	object, ok := objectOf(raw)
	if !ok {
		return nil, invalid("a predicate must be an object")
	}
	set := All{}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(key, "$") {
			if len(object) > 1 {
				return nil, invalid("%s must not have other keys beside it; wrap them in $all", short(key))
			}
			return parseOperator(key, object[key], depth)
		}
		p, err := parseField(key, object[key])
		if err != nil {
			return nil, err
		}
		set = append(set, p)
	}
	return simple(set), nil
}

func parseOperator(key string, raw json.RawMessage, depth int) (Predicate, error) {
	if key == "$not" {
		of, err := parsePredicate(raw, depth+1)
		return Not{of}, err
	}
	if key != "$all" && key != "$any" {
		return nil, invalid("there is no operator %s", short(key))
	}
	var parts []json.RawMessage
	if !isList(raw) || json.Unmarshal(raw, &parts) != nil {
		return nil, invalid("%s must be a list of predicates", key)
	}
	list := make([]Predicate, len(parts))
	for i, part := range parts {
		var err error
		if list[i], err = parsePredicate(part, depth+1); err != nil {
			return nil, err
		}
	}
	if key == "$any" {
		return Any(list), nil
	}
	return All(list), nil
}

// parseField reads the value of a field: a primitive, or the first operator
// that can be read.
func parseField(field string, raw json.RawMessage) (Predicate, error) {
	if field == "" {
		return nil, invalid("a field must have a name")
	}
	if text, ok := primitive(raw); ok {
		return In{field, []string{text}}, nil
	}
	object, ok := objectOf(raw)
	if !ok {
		return nil, invalid("the value of %s must be a text, a number, a boolean or an operator", short(field))
	}
	if want, ok := object["$exists"]; ok {
		var b bool
		if json.Unmarshal(want, &b) == nil && !isNull(want) {
			return Exists{field, b}, nil
		}
	}
	if in, ok := object["$in"]; ok {
		if values, ok := primitives(in); ok {
			return In{field, values}, nil
		}
	}
	if what, ok := object["$contains"]; ok {
		if p, ok := contains(field, what); ok {
			return p, nil
		}
	}
	if prefix, ok := object["$hasPrefix"]; ok {
		var s string
		if json.Unmarshal(prefix, &s) == nil && !isNull(prefix) {
			return HasPrefix{field, s}, nil
		}
	}
	return nil, invalid("%s needs one of $exists (true or false), $in (a list), $contains (a value; for relations an object with type and targetRef) or $hasPrefix (a text)", short(field))
}

// contains reads the operand of $contains.
func contains(field string, raw json.RawMessage) (Predicate, bool) {
	if text, ok := primitive(raw); ok {
		return In{field, []string{text}}, true
	}
	object, ok := objectOf(raw)
	if !ok || !strings.EqualFold(field, "relations") {
		return nil, false
	}
	var r Related
	for key, value := range object {
		switch {
		case key == "type" && json.Unmarshal(value, &r.Type) == nil:
		case key == "targetRef":
			if r.Targets, ok = targets(value); !ok {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	if r.Targets != nil && len(r.Targets) == 0 {
		return Any{}, true // one of no targets
	}
	return r, r.Type != ""
}

func targets(raw json.RawMessage) ([]string, bool) {
	if text, ok := primitive(raw); ok {
		return []string{text}, true
	}
	object, ok := objectOf(raw)
	if !ok || len(object) != 1 {
		return nil, false
	}
	return primitives(object["$in"])
}

// primitives reads a list of primitives; it is never nil.
func primitives(raw json.RawMessage) ([]string, bool) {
	var list []json.RawMessage
	if !isList(raw) || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	out := make([]string, len(list))
	for i, item := range list {
		var ok bool
		if out[i], ok = primitive(item); !ok {
			return nil, false
		}
	}
	return out, true
}

// primitive is the text with which a text, number or boolean is compared.
func primitive(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "", false
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		return s, json.Unmarshal(raw, &s) == nil
	case c == 't' || c == 'f':
		return string(raw), true
	case c == '-' || c >= '0' && c <= '9':
		return number(string(raw)), true
	}
	return "", false
}

// number writes a number as programs in the browser do: 1.0 is 1.
func number(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	out, err := json.Marshal(f)
	if err != nil {
		return text // beyond all numbers
	}
	return string(out)
}

func objectOf(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(raw, &m) == nil
}

func isList(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && raw[0] == '['
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }
