package form

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// matches reports whether a value fits a schema: the conditions of a form are
// decided by it. It knows what conditions are written with; words that it does
// not know hold.
func (s *Schema) matches(n *node, v any, budget *int) bool {
	if *budget--; *budget < 0 {
		return false
	}
	if n.never != nil {
		return *n.never
	}
	if t, ok := s.targetOf(n); ok && !s.matches(t, v, budget) {
		return false
	}
	if !typed(n.Type, v) || !equals(n, v) || !inRange(n, v) {
		return false
	}
	if o, ok := v.(map[string]any); ok && !s.matchesObject(n, o, budget) {
		return false
	}
	if list, ok := v.([]any); ok && !s.matchesList(n, list, budget) {
		return false
	}
	return s.matchesAll(n, v, budget)
}

// targetOf is what a reference leads to.
func (s *Schema) targetOf(n *node) (*node, bool) {
	if n.Ref == "" {
		return nil, false
	}
	t := s.target(n.Ref)
	return t, t != nil
}

func (s *Schema) matchesAll(n *node, v any, budget *int) bool {
	for _, a := range n.AllOf {
		if !s.matches(a, v, budget) {
			return false
		}
	}
	fits := func(m *node) bool { return s.matches(m, v, budget) }
	if len(n.AnyOf) > 0 && !slices.ContainsFunc(n.AnyOf, fits) {
		return false
	}
	if len(n.OneOf) > 0 {
		count := 0
		for _, m := range n.OneOf {
			if fits(m) {
				count++
			}
		}
		if count != 1 {
			return false
		}
	}
	if n.If != nil {
		if fits(n.If) {
			return n.Then == nil || fits(n.Then)
		}
		return n.Else == nil || fits(n.Else)
	}
	return n.Not == nil || !fits(n.Not)
}

func (s *Schema) matchesObject(n *node, o map[string]any, budget *int) bool {
	for _, name := range n.Required {
		if _, ok := o[name]; !ok {
			return false
		}
	}
	for _, p := range n.Properties {
		if v, ok := o[p.name]; ok && !s.matches(p.node, v, budget) {
			return false
		}
	}
	for _, d := range n.Depends {
		if _, ok := o[d.name]; !ok {
			continue
		}
		for _, name := range d.names {
			if _, ok := o[name]; !ok {
				return false
			}
		}
		if d.node != nil && !s.matches(d.node, o, budget) {
			return false
		}
	}
	return true
}

func (s *Schema) matchesList(n *node, list []any, budget *int) bool {
	for _, v := range list {
		if n.Items != nil && !s.matches(n.Items, v, budget) {
			return false
		}
	}
	if raw := n.words["contains"]; raw != nil {
		c, err := s.parse(raw, maxDepth-4)
		return err == nil && slices.ContainsFunc(list, func(v any) bool { return s.matches(c, v, budget) })
	}
	return bound(n, "minItems", len(list), 1) && bound(n, "maxItems", len(list), -1)
}

func typed(types []string, v any) bool {
	return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool { return hasType(t, v) })
}

func hasType(t string, v any) bool {
	switch v := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case []any:
		return t == "array"
	case map[string]any:
		return t == "object"
	default:
		f, ok := float(v)
		return ok && (t == "number" || t == "integer" && f == float64(int64(f)))
	}
}

func equals(n *node, v any) bool {
	if len(n.Const) > 0 && !same(anyOf(n.Const), v) {
		return false
	}
	return len(n.Enum) == 0 || slices.ContainsFunc(n.Enum, func(x any) bool { return same(x, v) })
}

// same compares values as JSON does: 1 and 1.0 are one number.
func same(a, b any) bool {
	fa, oka := float(a)
	fb, okb := float(b)
	if oka || okb {
		return oka && okb && fa == fb
	}
	return reflect.DeepEqual(a, b)
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

func inRange(n *node, v any) bool {
	if s, ok := v.(string); ok {
		length := utf8.RuneCountInString(s)
		return bound(n, "minLength", length, 1) && bound(n, "maxLength", length, -1) && (n.Pattern == "" || fits(n.Pattern, s))
	}
	f, ok := float(v)
	if !ok {
		return true
	}
	for word, holds := range map[string]func(limit float64) bool{
		"minimum":          func(l float64) bool { return f >= l },
		"maximum":          func(l float64) bool { return f <= l },
		"exclusiveMinimum": func(l float64) bool { return f > l },
		"exclusiveMaximum": func(l float64) bool { return f < l },
	} {
		var limit float64
		if raw := n.words[word]; raw != nil && json.Unmarshal(raw, &limit) == nil && !holds(limit) {
			return false
		}
	}
	return true
}

// bound compares a length with a limit; sign 1 for a least one, -1 for a most one.
func bound(n *node, word string, length, sign int) bool {
	raw := n.words[word]
	if raw == nil {
		return true
	}
	limit, err := strconv.ParseFloat(string(raw), 64)
	return err != nil || (float64(length)-limit)*float64(sign) >= 0
}

// Patterns are written for JavaScript. What Go's engine does not know, such as
// looking ahead, another one tries, for patternTime at most.
const patternTime = 20 * time.Millisecond

func plainPattern(pattern string) (*regexp.Regexp, bool) {
	re, err := regexp.Compile(pattern)
	return re, err == nil
}

func scriptPattern(pattern string) (*regexp2.Regexp, error) {
	re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
	if err == nil {
		re.MatchTimeout = patternTime
	}
	return re, err
}

func knownPattern(pattern string) bool {
	if len(pattern) > 5000 {
		return false
	}
	if _, ok := plainPattern(pattern); ok {
		return true
	}
	_, err := scriptPattern(pattern)
	return err == nil
}

// fits reports whether a text has a pattern. One that takes too long fits
// nothing: what cannot be checked is not let through.
func fits(pattern, text string) bool {
	if re, ok := plainPattern(pattern); ok {
		return re.MatchString(text)
	}
	re, err := scriptPattern(pattern)
	if err != nil {
		return true // told as a problem of the schema
	}
	ok, err := re.MatchString(text)
	return ok && err == nil
}

// target is the schema that a local reference names, nil when there is none.
// Only what stands in the same document can be named.
func (s *Schema) target(ref string) *node {
	if n, ok := s.targets[ref]; ok {
		return n
	}
	s.targets[ref] = nil
	pointer, local := strings.CutPrefix(ref, "#")
	if !local {
		s.problem("The reference %q leads out of the template, and is left out.", ref)
		return nil
	}
	raw := s.raw
	for _, key := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		raw = step(raw, strings.NewReplacer("~1", "/", "~0", "~").Replace(key))
	}
	if raw == nil {
		s.problem("The reference %q leads nowhere, and is left out.", ref)
		return nil
	}
	if n, err := s.parse(raw, 1); err == nil {
		s.targets[ref] = n
	}
	return s.targets[ref]
}

func step(raw json.RawMessage, key string) json.RawMessage {
	if isList(raw) {
		var list []json.RawMessage
		i, err := strconv.Atoi(key)
		if err != nil || json.Unmarshal(raw, &list) != nil || i < 0 || i >= len(list) {
			return nil
		}
		return list[i]
	}
	var found json.RawMessage
	if eachKey(raw, func(name string, v json.RawMessage) error {
		if name == key {
			found = v
		}
		return nil
	}) != nil {
		return nil
	}
	return found
}
