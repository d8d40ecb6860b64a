package store

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/fault"
)

var errQuery = fault.New(fault.Unavailable, "Catalog queries are not there yet.")

// QueryEntities returns one page of what v may see, in the shape of the
// catalog API, from one moment of the catalog. A cursor that cannot be read is
// fault Invalid.
func (s *Store) QueryEntities(ctx context.Context, v access.Viewer, r query.Request) (query.Page, error) {
	return query.Page{}, errQuery
}

// StreamEntities gives f all entities that v may see and where holds for, by
// the first order, which drops those without that field, else by uid. It holds
// a few hundred at a time. An error of f ends it and is returned.
func (s *Store) StreamEntities(ctx context.Context, v access.Viewer, where query.Predicate, order []query.Order, f func(json.RawMessage) error) error {
	return errQuery
}

// EntitiesByRefs returns the entities under the references, which are compared
// as given, in their order; nil stands for one that is absent, hidden from v,
// or for which where does not hold.
func (s *Store) EntitiesByRefs(ctx context.Context, v access.Viewer, refs []string, where query.Predicate) ([]json.RawMessage, error) {
	return nil, errQuery
}

// EntityFacets counts, for each facet, the values of that field among what v
// may see and where holds for, by value, as written.
func (s *Store) EntityFacets(ctx context.Context, v access.Viewer, where query.Predicate, facets []string) (map[string][]catalog.Count, error) {
	return nil, errQuery
}

// EntityByUID returns one entity in the shape of the catalog API, or
// catalog.ErrNotFound.
func (s *Store) EntityByUID(ctx context.Context, v access.Viewer, uid string) (json.RawMessage, error) {
	return nil, errQuery
}
