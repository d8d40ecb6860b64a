package expr

import (
	"maps"
	"slices"
)

// Filters are the names of all filters, in order.
func Filters() []string { return slices.Sorted(maps.Keys(filters)) }

// Functions are the names of the functions that every template has, in order.
func Functions() []string { return slices.Sorted(maps.Keys(globals)) }
