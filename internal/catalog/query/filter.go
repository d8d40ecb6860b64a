package query

import (
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// ParseFilters reads the filter parameters of a request: the parameters are
// alternatives, the parts of one (between commas) must all hold, parts with
// the same key are alternatives. `key` alone asks that the key exists, `key=`
// for the empty text. No parameter at all gives nil. An empty key is fault
// Invalid.
func ParseFilters(values []string) (Predicate, error) {
	var sets Any
	for _, v := range values {
		set, err := parseFilter(v)
		if err != nil {
			return nil, err
		}
		if len(set) > 0 {
			sets = append(sets, simple(set))
		}
	}
	switch len(sets) {
	case 0:
		return nil, nil
	case 1:
		return sets[0], nil
	}
	return sets, nil
}

// parseFilter reads one parameter. Empty parts are none.
func parseFilter(text string) (All, error) {
	var set All
	at := map[string]int{}
	for part := range strings.SplitSeq(strings.ToValidUTF8(text, "\uFFFD"), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		key, value, valued := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "" {
			return nil, fault.Newf(fault.Invalid, "Invalid filter, '%s' is not a valid statement (expected a string on the form a=b or a= or a)", short(part))
		}
		i, seen := at[key]
		if !seen {
			i, at[key] = len(set), len(set)
			set = append(set, Exists{Field: key, Want: true})
		}
		if !valued {
			continue // a value asked for beside says more
		}
		in, _ := set[i].(In)
		set[i] = In{Field: key, Values: append(in.Values, value)}
	}
	return set, nil
}

// simple is p, or its only part.
func simple(p All) Predicate {
	if len(p) == 1 {
		return p[0]
	}
	return p
}

// short cuts what is repeated in a message.
func short(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
