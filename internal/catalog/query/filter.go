package query

import "github.com/waymark-portal/waymark/internal/fault"

// ParseFilters reads the filter parameters of a request: the parameters are
// alternatives, the parts of one (between commas) must all hold, parts with
// the same key are alternatives. `key` alone asks that the key exists, `key=`
// for the empty text. No parameter at all gives nil. An empty key is fault
// Invalid.
func ParseFilters(values []string) (Predicate, error) {
	return nil, fault.New(fault.Unavailable, "Filters are not there yet.")
}
