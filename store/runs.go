package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

var errNoRun = fault.New(fault.NotFound, "There is no such run.")

// runColumns must match scanRun.
const runColumns = `id, kind, title, subject, owner, actor, lane, input, state, waiting_for, attempt, cancel,
	cancel_by, error, created_at, started_at, finished_at, lease_until, lease_by, lost`

func scanRun(row scanner) (run.Run, error) {
	var r run.Run
	var input string
	var at [4]string
	err := row.Scan(&r.ID, &r.Kind, &r.Title, &r.Subject, &r.Owner, &r.By, &r.Lane, &input, &r.State, &r.WaitingFor,
		&r.Attempt, &r.Cancel, &r.CancelBy, &r.Error, &at[0], &at[1], &at[2], &at[3], &r.LeaseBy, &r.Lost)
	if errors.Is(err, sql.ErrNoRows) {
		return r, errNoRun
	}
	if err != nil {
		return r, err
	}
	r.Input = json.RawMessage(input)
	return r, runTimes(at[:], &r.CreatedAt, &r.StartedAt, &r.FinishedAt, &r.LeaseUntil)
}

// runTimes reads stored times, in order.
func runTimes(texts []string, into ...*time.Time) error {
	for i, text := range texts {
		v, err := tx.Parse(text)
		if err != nil {
			return fmt.Errorf("stored time %q: %w", text, err)
		}
		*into[i] = v
	}
	return nil
}

// runStamp is a time as stored; the zero time is the empty text.
func runStamp(v time.Time) string {
	if v.IsZero() {
		return ""
	}
	return tx.Format(v)
}

// runStepColumns must match scanRunStep.
const runStepColumns = `id, title, state, note, error, started_at, finished_at`

func scanRunStep(row scanner) (run.StepRow, error) {
	var s run.StepRow
	var at [2]string
	if err := row.Scan(&s.ID, &s.Title, &s.State, &s.Note, &s.Error, &at[0], &at[1]); err != nil {
		return s, err
	}
	return s, runTimes(at[:], &s.StartedAt, &s.FinishedAt)
}

// InsertRun implements run.Store.
func (s *Store) InsertRun(ctx context.Context, t tx.Tx, r run.Run) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO runs (id, kind, title, subject, owner, actor, lane, input, state, waiting_for, attempt, created_at, woken_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Kind, r.Title, r.Subject, r.Owner, r.By, r.Lane, string(r.Input), r.State, r.WaitingFor, r.Attempt,
		tx.Format(r.CreatedAt), tx.Format(t.Now()))
	if err != nil {
		return fmt.Errorf("insert run %s: %w", r.ID, err)
	}
	for i, st := range r.Steps {
		if err := s.PutStep(ctx, t, r.ID, i, st); err != nil {
			return err
		}
	}
	return nil
}

// TxRun implements run.Store.
func (s *Store) TxRun(ctx context.Context, t tx.Tx, id run.ID) (run.Run, error) {
	r, err := scanRun(s.txRow(ctx, t, `SELECT `+runColumns+` FROM runs WHERE id = ?`+s.forUpdate(), id))
	if err != nil {
		return r, fmt.Errorf("run %q: %w", id, err)
	}
	rows, err := s.txQuery(ctx, t, `SELECT `+runStepColumns+` FROM run_steps WHERE run_id = ? ORDER BY pos`, id)
	r.Steps, err = collect(rows, err, scanRunStep)
	return r, err
}

// PeekRun implements run.Store. It serves the engine and the door, which
// authorises on the owner that it reads.
func (s *Store) PeekRun(ctx context.Context, id run.ID) (run.Run, error) {
	r, err := scanRun(s.row(ctx, `SELECT `+runColumns+` FROM runs WHERE id = ?`, id))
	if err != nil {
		return r, fmt.Errorf("run %q: %w", id, err)
	}
	return r, nil
}

// forUpdate locks the rows that are read, where that has to be said.
func (s *Store) forUpdate() string {
	if s.dialect == postgres {
		return " FOR UPDATE"
	}
	return ""
}

// MoveRun implements run.Store.
func (s *Store) MoveRun(ctx context.Context, t tx.Tx, r run.Run, from run.State, attempt int) (bool, error) {
	err := s.execOne(ctx, t, `
		UPDATE runs
		SET state = ?, waiting_for = ?, attempt = ?, cancel = ?, cancel_by = ?, error = ?, started_at = ?,
			finished_at = ?, lease_until = ?, lease_by = ?, lost = ?, woken_at = ?, changes = changes + 1
		WHERE id = ? AND state = ? AND attempt = ?`,
		r.State, r.WaitingFor, r.Attempt, runFlag(r.Cancel), r.CancelBy, r.Error, runStamp(r.StartedAt),
		runStamp(r.FinishedAt), runStamp(r.LeaseUntil), r.LeaseBy, r.Lost, tx.Format(t.Now()), r.ID, from, attempt)
	ok, err := runChanged(err)
	if !ok || err != nil {
		return ok, err
	}
	return true, s.notifyRun(ctx, t, r.ID)
}

// runFlag is a boolean as stored.
func runFlag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// runChanged turns execOne's answer into whether there was a row.
func runChanged(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// FenceRun implements run.Store.
func (s *Store) FenceRun(ctx context.Context, t tx.Tx, id run.ID, attempt int) (bool, error) {
	ok, err := runChanged(s.execOne(ctx, t,
		`UPDATE runs SET changes = changes + 1 WHERE id = ? AND attempt = ? AND state = 'running'`, id, attempt))
	if !ok || err != nil {
		return ok, err
	}
	return true, s.notifyRun(ctx, t, id)
}

// PutStep implements run.Store.
func (s *Store) PutStep(ctx context.Context, t tx.Tx, id run.ID, pos int, st run.StepRow) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO run_steps (run_id, id, pos, title, state, note, error, started_at, finished_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run_id, id) DO UPDATE SET state = excluded.state, note = excluded.note, error = excluded.error,
			started_at = excluded.started_at, finished_at = excluded.finished_at`,
		id, st.ID, pos, st.Title, st.State, st.Note, st.Error, runStamp(st.StartedAt), runStamp(st.FinishedAt))
	if err != nil {
		return fmt.Errorf("step %s of run %s: %w", st.ID, id, err)
	}
	return nil
}

// BeatRun implements run.Store.
func (s *Store) BeatRun(ctx context.Context, t tx.Tx, id run.ID, attempt int, until time.Time) (cancel, alive bool, err error) {
	err = s.txRow(ctx, t, `
		UPDATE runs SET lease_until = ?
		WHERE id = ? AND attempt = ? AND state = 'running'
		RETURNING cancel`, tx.Format(until), id, attempt).Scan(&cancel)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	return cancel, err == nil, err
}

// FlagCancel implements run.Store.
func (s *Store) FlagCancel(ctx context.Context, t tx.Tx, id run.ID, by string) error {
	_, err := s.exec(ctx, t, `UPDATE runs SET cancel = 1, cancel_by = ?, changes = changes + 1 WHERE id = ? AND cancel = 0`, by, id)
	return err
}

// PutNote implements run.Store.
func (s *Store) PutNote(ctx context.Context, t tx.Tx, id run.ID, key string, value []byte) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO run_notes (run_id, key, value) VALUES (?, ?, ?)
		ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value`, id, key, string(value))
	return err
}

// Note implements run.Store.
func (s *Store) Note(ctx context.Context, id run.ID, key string) ([]byte, error) {
	var v string
	err := s.row(ctx, `SELECT value FROM run_notes WHERE run_id = ? AND key = ?`, id, key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return []byte(v), err
}
