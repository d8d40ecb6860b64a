package store

import (
	"context"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/quota"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Claim implements action.Quota with one conditional update per claim, so two
// at once can never both take the last slot. A negative claim gives back.
func (s *Store) Claim(ctx context.Context, t tx.Tx, claims []action.Claim) error {
	for _, c := range claims { // a handful at most, and each may be refused by itself
		if err := s.claim(ctx, t, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) claim(ctx context.Context, t tx.Tx, c action.Claim) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO quotas (quota, owner, used, allowed) VALUES (?, ?, 0, ?)
		ON CONFLICT (quota, owner) DO NOTHING`, c.Quota, c.Owner, quota.Default(c.Quota))
	if err != nil {
		return err
	}
	res, err := s.exec(ctx, t, `
		UPDATE quotas SET used = CASE WHEN used + ? < 0 THEN 0 ELSE used + ? END
		WHERE quota = ? AND owner = ? AND (? < 0 OR used + ? <= allowed)`,
		c.N, c.N, c.Quota, c.Owner, c.N, c.N)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	u := quota.Usage{Quota: c.Quota, Owner: c.Owner}
	if err := s.txRow(ctx, t, `SELECT used, allowed FROM quotas WHERE quota = ? AND owner = ?`, c.Quota, c.Owner).Scan(&u.Used, &u.Allowed); err != nil {
		return err
	}
	f := fault.Newf(fault.Quota, "Quota exceeded: %s has %d of %d %s. Nothing was made; end one, or ask the platform team for more.", c.Owner, u.Used, u.Allowed, c.Quota)
	f.Current, f.Limit = u.Used, u.Allowed
	return f
}

// SetQuota sets what a team may have.
func (s *Store) SetQuota(ctx context.Context, t tx.Tx, u quota.Usage) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO quotas (quota, owner, used, allowed) VALUES (?, ?, 0, ?)
		ON CONFLICT (quota, owner) DO UPDATE SET allowed = excluded.allowed`, u.Quota, u.Owner, u.Allowed)
	return err
}

// Quotas lists what each team has and may have. It is readable by everybody
// signed in.
func (s *Store) Quotas(ctx context.Context, _ access.Viewer) ([]quota.Usage, error) {
	rows, err := s.query(ctx, `SELECT quota, owner, used, allowed FROM quotas ORDER BY quota, owner`)
	return collect(rows, err, func(r scanner) (u quota.Usage, err error) {
		return u, r.Scan(&u.Quota, &u.Owner, &u.Used, &u.Allowed)
	})
}
