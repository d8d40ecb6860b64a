package store

import (
	"slices"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// kindsWithoutOwner never name an owner.
var kindsWithoutOwner = []string{"group", "user", "location"}

// in reports whether e is in a state; owners are those that exist.
func (l *entityList) in(e *listEntry, state catalog.State, owners map[uint32]bool) bool {
	owner := e.fields[fieldOwner]
	switch state {
	case catalog.Ownerless:
		return owner == 0 && !slices.Contains(kindsWithoutOwner, splitRef(e.ref).Kind)
	case catalog.OwnerGone:
		return owner != 0 && !owners[owner]
	case catalog.Orphaned:
		return e.orphan
	}
	return true
}

// setOf is nil for nil.
func setOf(list []string) map[string]bool {
	if list == nil {
		return nil
	}
	out := make(map[string]bool, len(list))
	for _, v := range list {
		out[v] = true
	}
	return out
}
