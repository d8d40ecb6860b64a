package store

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// AdoptServices records entities that name a template and were not made here,
// each once; what was made here is left as it is.
func (s *Store) AdoptServices(ctx context.Context, t tx.Tx, list []fleet.Adopted) error {
	now := tx.Format(t.Now())
	for _, a := range list {
		_, err := s.exec(ctx, t, `
			INSERT INTO service_bases (id, host, repository, template, name, entity, team, branch, version, seq, digest, run, by_actor, answers,
				made_at, upgraded_at, behind, behind_since, drift, drift_files, drift_commit, drift_at)
			SELECT ?, '', ?, ?, ?, e.ref, e.owner, '', '', 0, '', '', '', '', ?, '', -1, '', -1, '', '', ?
			FROM entities e
			WHERE e.ref = ? AND NOT EXISTS (SELECT 1 FROM service_bases b WHERE b.entity = e.ref AND (b.behind >= 0 OR b.template = ?))
			ON CONFLICT (host, repository, template) DO NOTHING`,
			id.New("svc"), a.Entity, a.Template, nameOf(a.Entity, a.Entity), now, now, a.Entity, a.Template)
		if err != nil {
			return fmt.Errorf("adopt %s: %w", a.Entity, err)
		}
	}
	return nil
}

// ForgetAdopted drops adopted services whose entity is gone.
func (s *Store) ForgetAdopted(ctx context.Context, t tx.Tx) error {
	_, err := s.exec(ctx, t, `
		DELETE FROM service_bases
		WHERE behind < 0 AND NOT EXISTS (SELECT 1 FROM entities e WHERE e.ref = service_bases.entity)`)
	return err
}
