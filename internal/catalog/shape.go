package catalog

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shape says what a value must be. It is the part of JSON Schema that the
// kinds of the format need, kept as data so that the same rules speak in two
// voices: ours, which tells everything that is wrong, and Backstage's, which
// stops at the first.
type shape struct {
	types    []string // text, list, object, switch; none: anything
	min      int      // letters of a text, or members of a list
	max      int      // letters of a text; 0: no bound
	oneOf    []string // the texts that are allowed
	required []string
	fields   []field // in the order in which they are checked
	rest     *shape  // of the other members; nil: anything
	named    bool    // rest concerns only members whose name is one line of text
	closed   bool    // no other members
	items    *shape  // of each member of a list
	either   []*shape
}

type field struct {
	name string
	is   *shape
}

// The types of values.
const (
	tText   = "string"
	tList   = "array"
	tObject = "object"
	tSwitch = "boolean"
)

// breach is one rule that a value breaks.
type breach struct {
	path []string
	rule string // type, min, max, oneOf, required, closed, either
	want *shape
	name string // the member that is missing, or too much
	got  any
}

// check calls tell for each breach of s by v, in the order in which
// Backstage's validator finds them: the value itself, what is missing, what is
// too much, then member by member.
func (s *shape) check(v any, path []string, tell func(breach)) {
	fail := func(rule, name string) {
		tell(breach{path: slices.Clone(path), rule: rule, want: s, name: name, got: v})
	}
	if len(s.types) > 0 && !slices.Contains(s.types, typeOf(v)) {
		fail("type", "")
		return
	}
	if len(s.either) > 0 {
		s.oneFits(v, path, tell)
	}
	switch v := v.(type) {
	case string:
		n := utf8.RuneCountInString(v)
		switch {
		case s.max > 0 && n > s.max:
			fail("max", "")
		case n < s.min:
			fail("min", "")
		}
		if len(s.oneOf) > 0 && !slices.Contains(s.oneOf, v) {
			fail("oneOf", "")
		}
	case []any:
		if len(v) < s.min {
			fail("min", "")
		}
		for i, item := range v {
			if s.items != nil {
				s.items.check(item, append(path, strconv.Itoa(i)), tell)
			}
		}
	case map[string]any:
		s.members(v, path, fail, tell)
	}
}

// members checks an object.
func (s *shape) members(m map[string]any, path []string, fail func(rule, name string), tell func(breach)) {
	for _, name := range s.required {
		if _, ok := m[name]; !ok {
			fail("required", name)
		}
	}
	if s.closed || s.rest != nil {
		for _, name := range sortedKeys(m) {
			switch {
			case slices.ContainsFunc(s.fields, func(f field) bool { return f.name == name }):
			case s.closed:
				fail("closed", name)
			case s.named && (name == "" || strings.ContainsAny(name, "\n\r\u2028\u2029")):
			default:
				s.rest.check(m[name], append(path, name), tell)
			}
		}
	}
	for _, f := range s.fields {
		if v, ok := m[f.name]; ok {
			f.is.check(v, append(path, f.name), tell)
		}
	}
}

// oneFits tells the breaches of all alternatives when none fits.
func (s *shape) oneFits(v any, path []string, tell func(breach)) {
	var all []breach
	for _, alternative := range s.either {
		before := len(all)
		alternative.check(v, path, func(b breach) { all = append(all, b) })
		if len(all) == before {
			return
		}
	}
	for _, b := range all {
		tell(b)
	}
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return tText
	case []any:
		return tList
	case map[string]any:
		return tObject
	case bool:
		return tSwitch
	case nil:
		return "null"
	}
	return "number"
}
