package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// LockLane implements run.Store. SQLite has one writer, so there the
// transaction itself is the lock.
func (s *Store) LockLane(ctx context.Context, t tx.Tx, lane string) error {
	if s.dialect == sqlite {
		return nil
	}
	_, err := s.exec(ctx, t, `SELECT pg_advisory_xact_lock(hashtextextended(?, 77))`, "run lane "+lane)
	return err
}

// LaneHolder implements run.Store.
func (s *Store) LaneHolder(ctx context.Context, t tx.Tx, lane string) (id run.ID, title string, err error) {
	err = s.txRow(ctx, t, `SELECT id, title FROM runs WHERE lane = ? AND state IN ('queued', 'running')`, lane).Scan(&id, &title)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return id, title, err
}

// LaneNext implements run.Store.
func (s *Store) LaneNext(ctx context.Context, t tx.Tx, lane string) (id run.ID, err error) {
	err = s.txRow(ctx, t, `SELECT id FROM runs WHERE lane = ? AND state = 'waiting' ORDER BY created_at, id LIMIT 1`, lane).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// LaneWaits implements run.Store.
func (s *Store) LaneWaits(ctx context.Context, t tx.Tx, lane, reason string) error {
	_, err := s.exec(ctx, t, `UPDATE runs SET waiting_for = ?, changes = changes + 1 WHERE lane = ? AND state = 'waiting'`, reason, lane)
	return err
}

// Sweepable implements run.Store.
func (s *Store) Sweepable(ctx context.Context, queuedBefore time.Time) (run.Sweep, error) {
	var sw run.Sweep
	rows, err := s.query(ctx, `SELECT `+runColumns+` FROM runs WHERE state = 'running' ORDER BY lease_until`)
	if sw.Running, err = collect(rows, err, scanRun); err != nil {
		return sw, err
	}
	rows, err = s.query(ctx, `SELECT id FROM runs WHERE state = 'queued' AND woken_at < ? ORDER BY woken_at LIMIT 500`, tx.Format(queuedBefore))
	if sw.Queued, err = collect(rows, err, runColumn[run.ID]); err != nil {
		return sw, err
	}
	rows, err = s.query(ctx, `
		SELECT DISTINCT lane FROM runs w
		WHERE state = 'waiting' AND NOT EXISTS (
			SELECT 1 FROM runs h WHERE h.lane = w.lane AND h.state IN ('queued', 'running'))`)
	sw.Lanes, err = collect(rows, err, runColumn[string])
	return sw, err
}

// runColumn reads a row of one column.
func runColumn[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// TouchRun implements run.Store.
func (s *Store) TouchRun(ctx context.Context, t tx.Tx, id run.ID) error {
	_, err := s.exec(ctx, t, `UPDATE runs SET woken_at = ? WHERE id = ?`, tx.Format(t.Now()), id)
	return err
}

// RunMark implements run.Store. It tells nothing of what is kept for a team.
func (s *Store) RunMark(ctx context.Context, id run.ID) (run.Mark, error) {
	var m run.Mark
	err := s.row(ctx, `SELECT state, lines, changes FROM runs WHERE id = ?`, id).Scan(&m.State, &m.Lines, &m.Changes)
	if errors.Is(err, sql.ErrNoRows) {
		return m, errNoRun
	}
	return m, err
}
