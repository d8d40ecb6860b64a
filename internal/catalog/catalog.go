// Package catalog knows what exists: entities read from files in Backstage's
// format, their references, validation and relations, and the sources that
// they come from. The store implements its ports.
package catalog

import (
	"github.com/waymark-portal/waymark/internal/fault"
)

// The refusals of the catalog.
var (
	// ErrNotFound means that no entity has the reference, or that it is hidden.
	ErrNotFound = fault.New(fault.NotFound, "The catalog holds nothing under this name.")
	// ErrGone means that the entity existed and was removed; its tombstone
	// still tells what it was.
	ErrGone = fault.New(fault.Gone, "This was removed from the catalog.")
)
