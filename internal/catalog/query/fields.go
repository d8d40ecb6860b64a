package query

import (
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Fields are the paths to which an answer is pruned. Empty: nothing is pruned.
type Fields []string

// ParseFields reads `fields` parameters, each a list with commas. A path with
// a bracket is fault Invalid.
func ParseFields(values []string) (Fields, error) {
	return nil, fault.New(fault.Unavailable, "Fields are not there yet.")
}

// Prune returns the entity with nothing but the fields.
func (f Fields) Prune(raw json.RawMessage) (json.RawMessage, error) {
	return nil, fault.New(fault.Unavailable, "Fields are not there yet.")
}
