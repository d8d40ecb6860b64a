package cost

import (
	"maps"
	"slices"
	"strings"
)

// Definition says how a report's amounts are made, for pages and the API.
func Definition(q Query) string {
	measure := map[Measure]string{
		Effective: "Effective cost: what was used, with commitments and discounts spread over their time.",
		Billed:    "Billed cost: what the invoices say.",
		List:      "List cost: what it would cost without any discount.",
	}[q.Measure]
	return measure + " A charge counts on the day on which it begins; credits are negative. A charge belongs to what its resource is mapped to, " +
		"else to its tags owner or team, else to the owner of its tagged service, else to what its account is mapped to; the rest is unallocated. " +
		"The parts add up to the total exactly."
}

// ShortName is the name in a reference, or the key itself.
func ShortName(key string) string {
	return key[strings.LastIndexByte(key, '/')+1:]
}

// SortedKeys returns the keys in order.
func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// IsReference reports whether a key is an entity reference.
func IsReference(key string) bool {
	return strings.Contains(key, ":") && strings.Contains(key, "/")
}
