package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// linesPerInsert keeps a statement within what both databases take.
const linesPerInsert = 100

// AppendLines implements run.Store. The run's row is locked by the update, so
// numbers follow each other without holes.
func (s *Store) AppendLines(ctx context.Context, t tx.Tx, id run.ID, attempt int, lines []run.Line) (bool, error) {
	var last int64
	err := s.txRow(ctx, t, `
		UPDATE runs SET lines = lines + ?, changes = changes + 1
		WHERE id = ? AND attempt = ? AND state = 'running'
		RETURNING lines`, len(lines), id, attempt).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n := last - int64(len(lines))
	for len(lines) > 0 {
		part := lines[:min(len(lines), linesPerInsert)]
		lines = lines[len(part):]
		args := make([]any, 0, 6*len(part))
		for _, l := range part {
			n++
			args = append(args, id, n, l.Step, tx.Format(l.At), l.Level, l.Text)
		}
		values := strings.Repeat("(?, ?, ?, ?, ?, ?), ", len(part)-1) + "(?, ?, ?, ?, ?, ?)"
		if _, err := s.exec(ctx, t, `INSERT INTO run_lines (run_id, n, step, at, level, text) VALUES `+values, args...); err != nil {
			return false, fmt.Errorf("log of run %s: %w", id, err)
		}
	}
	return true, s.notifyRun(ctx, t, id)
}

// RunLines returns up to limit lines of a run's log after line number after.
// The log is the owning group's: for others it is as if there were no such run.
func (s *Store) RunLines(ctx context.Context, v access.Viewer, id run.ID, after int64, limit int) ([]run.Line, error) {
	var owner string
	unhidden, args := s.unhiddenSubject(v, "runs.subject")
	err := s.row(ctx, `SELECT owner FROM runs WHERE id = ?`+unhidden, append([]any{id}, args...)...).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !v.MayRead(owner) {
		return nil, fmt.Errorf("log of run %q: %w", id, errNoRun)
	}
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `
		SELECT n, step, at, level, text FROM run_lines
		WHERE run_id = ? AND n > ?
		ORDER BY n
		LIMIT ?`, id, after, limit)
	return collect(rows, err, scanRunLine)
}

// RunWarnings returns the first warnings of a run's log and how many there
// are; none where v may not read the log.
func (s *Store) RunWarnings(ctx context.Context, v access.Viewer, id run.ID, limit int) (texts []string, n int, err error) {
	var owner string
	if err := s.row(ctx, `SELECT owner FROM runs WHERE id = ?`, id).Scan(&owner); err != nil || !v.MayRead(owner) {
		return nil, 0, noRow(err)
	}
	if err := s.row(ctx, `SELECT COUNT(*) FROM run_lines WHERE run_id = ? AND level = 'warn'`, id).Scan(&n); err != nil || n == 0 {
		return nil, 0, err
	}
	rows, err := s.query(ctx, `SELECT text FROM run_lines WHERE run_id = ? AND level = 'warn' ORDER BY n LIMIT ?`, id, limit)
	texts, err = collect(rows, err, runColumn[string])
	return texts, n, err
}

// noRow is err, nil when it says that there is no row.
func noRow(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func scanRunLine(row scanner) (run.Line, error) {
	var l run.Line
	var at string
	if err := row.Scan(&l.N, &l.Step, &at, &l.Level, &l.Text); err != nil {
		return l, err
	}
	return l, runTimes([]string{at}, &l.At)
}

// ForgetRunLines deletes the logs of runs that ended before a time, a batch at
// a time, and returns how many lines went. The runs and their steps stay.
func (s *Store) ForgetRunLines(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		var n int64
		err := s.Write(ctx, func(t tx.Tx) error {
			res, err := s.exec(ctx, t, `
				DELETE FROM run_lines WHERE run_id IN (
					SELECT id FROM runs
					WHERE finished_at <> '' AND finished_at < ? AND state NOT IN ('waiting', 'queued', 'running', 'awaiting_approval')
						AND EXISTS (SELECT 1 FROM run_lines l WHERE l.run_id = runs.id)
					LIMIT 50)`, tx.Format(before))
			if err != nil {
				return err
			}
			n, err = res.RowsAffected()
			return err
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
