package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/internal/tx"
)

// viewColumns must match scanView.
const viewColumns = `id, owner, name, query, created_by, changed_at`

func scanView(r scanner) (keep.View, error) {
	var v keep.View
	var at string
	err := r.Scan(&v.ID, &v.Owner, &v.Name, &v.Query, &v.By, &at)
	if err != nil {
		return v, err
	}
	v.ChangedAt, err = tx.Parse(at)
	return v, err
}

// viewOwners are those whose views v sees: itself and its groups. The number
// of arguments is rounded up, so that few statements are kept.
func viewOwners(v access.Viewer) []any {
	const most = 64
	owners := append(append([]string{v.ID}, v.Groups...), v.Reads...)
	n := 4
	for n < len(owners) && n < most {
		n *= 4
	}
	owners = owners[:min(len(owners), n)]
	for len(owners) < n {
		owners = append(owners, v.ID)
	}
	return anys(owners)
}

// SavedViews returns the views of v and of the groups as whose member it
// reads, by name.
func (s *Store) SavedViews(ctx context.Context, v access.Viewer) ([]keep.View, error) {
	owners := viewOwners(v)
	rows, err := s.query(ctx, `SELECT `+viewColumns+` FROM catalog_views WHERE owner IN (`+marks(len(owners))+`)`, owners...)
	list, err := collect(rows, err, scanView)
	slices.SortFunc(list, func(a, b keep.View) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return list, err
}

// SavedView returns one view that v sees, else keep.ErrNoView.
func (s *Store) SavedView(ctx context.Context, v access.Viewer, id string) (keep.View, error) {
	owners := viewOwners(v)
	view, err := scanView(s.row(ctx, `SELECT `+viewColumns+` FROM catalog_views WHERE owner IN (`+marks(len(owners))+`) AND id = ?`, append(owners, id)...))
	if isNone(err) {
		return view, keep.ErrNoView
	}
	return view, err
}

// CountViews returns how many views the owner has beside the one of the name.
func (s *Store) CountViews(ctx context.Context, t tx.Tx, owner, name string) (int, error) {
	var n int
	err := s.txRow(ctx, t, `SELECT COUNT(*) FROM catalog_views WHERE owner = ? AND name_key <> ?`, owner, strings.ToLower(name)).Scan(&n)
	return n, err
}

// SaveView writes a view. One of the same owner and name is replaced and keeps
// its id.
func (s *Store) SaveView(ctx context.Context, t tx.Tx, v keep.View) (keep.View, error) {
	return scanView(s.txRow(ctx, t, `
		INSERT INTO catalog_views (id, owner, name, name_key, query, created_by, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (owner, name_key) DO UPDATE SET name = excluded.name, query = excluded.query,
			created_by = excluded.created_by, changed_at = excluded.changed_at
		RETURNING `+viewColumns,
		v.ID, v.Owner, v.Name, strings.ToLower(v.Name), v.Query, v.By, tx.Format(v.ChangedAt)))
}

// DeleteView removes a view; a second time changes nothing.
func (s *Store) DeleteView(ctx context.Context, t tx.Tx, id string) error {
	_, err := s.exec(ctx, t, `DELETE FROM catalog_views WHERE id = ?`, id)
	return err
}
