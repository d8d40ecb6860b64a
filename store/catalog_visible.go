package store

import (
	"sync/atomic"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// An entity that a visibility rule covers is, for everybody whom the rule does
// not name, as if it had never been. Each entity, tombstone and document of
// the search index carries the bits of the rules that cover it in hidden_by; a
// read on somebody's behalf leaves out what has a bit of hiddenFrom.
//
// Relations are kept with the entity that states them. What a hidden entity
// states of others is left out by its source's bits. What a visible one
// states of a hidden target must look like a target that never existed, or
// the relation would tell the two apart: see mayName.

// visibleRules holds the rules in force.
type visibleRules struct {
	rules atomic.Pointer[access.Visibility]
}

// hiddenFrom are the visibility rules that hide what they cover from v, one
// bit a rule as in entities.hidden_by. Zero: v may see every entity.
func (s *Store) hiddenFrom(v access.Viewer) int64 { return s.hidden.rules.Load().HiddenFrom(v) }

// coveredBy are the visibility rules that cover an entity: its hidden_by.
func (s *Store) coveredBy(e catalog.Entity) int64 {
	x := s.hidden.rules.Load()
	if x == nil {
		return 0
	}
	ref := e.Ref.Canonical()
	return x.Covers(access.Facts{Kind: ref.Kind, Namespace: ref.Namespace, Owner: e.Owner().String(), Tags: e.Metadata.Tags})
}

// mayName reports whether a reference to nothing may be shown to whom mask
// hides entities from: not when one of these rules might cover such an
// entity, for then it could as well be hidden. So a relation to a hidden
// entity and one to an entity that never was are left out alike.
func (s *Store) mayName(mask int64, ref catalog.Ref) bool {
	return mask == 0 || !s.hidden.rules.Load().MayCover(mask, ref.Kind, ref.Namespace)
}
