package store

import (
	"context"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Stars returns the references that v starred, in order, also of what is gone
// or hidden by now.
func (s *Store) Stars(ctx context.Context, v access.Viewer) ([]string, error) {
	rows, err := s.query(ctx, `SELECT ref FROM stars WHERE person = ?`, v.ID)
	return collect(rows, err, scanText)
}

// Star writes a star; a second one changes nothing.
func (s *Store) Star(ctx context.Context, t tx.Tx, person, ref string) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO stars (person, ref, created_at) VALUES (?, ?, ?)
		ON CONFLICT (person, ref) DO NOTHING`, person, ref, tx.Format(t.Now()))
	return err
}

// Unstar takes a star away, if there is one.
func (s *Store) Unstar(ctx context.Context, t tx.Tx, person, ref string) error {
	_, err := s.exec(ctx, t, `DELETE FROM stars WHERE person = ? AND ref = ?`, person, ref)
	return err
}
