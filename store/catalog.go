package store

import (
	"context"
	"errors"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// Entity returns one entity with its relations. It returns
// catalog.ErrNotFound, or catalog.ErrGone when a tombstone is left of it.
func (s *Store) Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	return catalog.Entity{}, errors.New("not yet")
}

// Entities returns one page of entities.
func (s *Store) Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error) {
	return catalog.Page{}, errors.New("not yet")
}

// EntityOptions returns entities of the kinds whose name or title holds q, for
// pickers.
func (s *Store) EntityOptions(ctx context.Context, v access.Viewer, kinds []string, q string, limit int) ([]catalog.Summary, error) {
	return nil, errors.New("not yet")
}

// GroupsOf returns the groups, from trusted sources only, of which the user is
// a direct member, and these with all their parents.
func (s *Store) GroupsOf(ctx context.Context, user string) (direct, withParents []string, err error) {
	return nil, nil, errors.New("not yet")
}

// UserByEmail returns the reference of the User of a trusted source with this
// address in spec.profile.email.
func (s *Store) UserByEmail(ctx context.Context, email string) (ref string, ok bool, err error) {
	return "", false, errors.New("not yet")
}
