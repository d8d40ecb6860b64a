package query

import (
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/fault"
)

// ParsePredicate reads the predicate language of request bodies. Absent (no
// bytes) gives nil; what is no predicate is fault Invalid and says where.
func ParsePredicate(raw json.RawMessage) (Predicate, error) {
	return nil, fault.New(fault.Unavailable, "Predicates are not there yet.")
}
