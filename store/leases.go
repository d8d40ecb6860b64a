package store

import (
	"context"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// TakeLease gives name to holder for d and reports whether it has it: true
// when nobody has, when the other's time is over, or when holder has it
// already.
func (s *Store) TakeLease(ctx context.Context, name, holder string, d time.Duration) (bool, error) {
	taken := false
	err := s.Write(ctx, func(t tx.Tx) error {
		now, until := tx.Format(t.Now()), tx.Format(t.Now().Add(d))
		res, err := s.exec(ctx, t, `
			INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE leases.holder = excluded.holder OR leases.until < ?`, name, holder, until, now)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		taken = n == 1
		return err
	})
	return taken, err
}

// HoldsLease reports whether holder has name, inside t.
func (s *Store) HoldsLease(ctx context.Context, t tx.Tx, name, holder string) (bool, error) {
	var n int
	err := s.txRow(ctx, t, `SELECT COUNT(*) FROM leases WHERE name = ? AND holder = ?`, name, holder).Scan(&n)
	return n == 1, err
}

// Shared reports whether other processes may use the database too.
func (s *Store) Shared() bool { return s.IsPostgres() }

// DropLease gives name back if holder has it.
func (s *Store) DropLease(ctx context.Context, name, holder string) error {
	return s.Write(ctx, func(t tx.Tx) error {
		_, err := s.exec(ctx, t, `DELETE FROM leases WHERE name = ? AND holder = ?`, name, holder)
		return err
	})
}
