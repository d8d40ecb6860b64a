package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// NextRun implements run.Store.
func (s *Store) NextRun(ctx context.Context, t tx.Tx, except []string) (id run.ID, err error) {
	kinds := ""
	if len(except) > 0 {
		kinds = ` AND q.kind NOT IN (` + marks(len(except)) + `)`
	}
	err = s.txRow(ctx, t, `
		SELECT q.id
		FROM runs q
		LEFT JOIN (
			SELECT owner, COUNT(*) AS n
			FROM runs
			WHERE state = 'running'
			GROUP BY owner
		) busy ON busy.owner = q.owner
		WHERE q.state = 'queued'`+kinds+`
		ORDER BY COALESCE(busy.n, 0), q.created_at, q.id
		LIMIT 1`, anys(except)...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}
