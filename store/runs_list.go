package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
)

// Run returns a run with its steps. What is kept for the owning group (input,
// notes, errors) is left out for others.
func (s *Store) Run(ctx context.Context, v access.Viewer, id run.ID) (run.Run, error) {
	unhidden, args := s.unhiddenSubject(v, "runs.subject")
	r, err := scanRun(s.row(ctx, `SELECT `+runColumns+` FROM runs WHERE id = ?`+unhidden, append([]any{id}, args...)...))
	if err != nil {
		return r, fmt.Errorf("run %q: %w", id, err)
	}
	rows, err := s.query(ctx, `SELECT `+runStepColumns+` FROM run_steps WHERE run_id = ? ORDER BY pos`, id)
	if r.Steps, err = collect(rows, err, scanRunStep); err != nil {
		return r, err
	}
	return forViewer(v, r), nil
}

// forViewer takes out of r what v may not read.
func forViewer(v access.Viewer, r run.Run) run.Run {
	if v.MayRead(r.Owner) {
		return r
	}
	r.Input, r.Error, r.WaitingFor = nil, "", ""
	for i := range r.Steps {
		r.Steps[i].Note, r.Steps[i].Error = "", ""
	}
	return r
}

// Runs returns one page of runs, newest first, without their steps.
func (s *Store) Runs(ctx context.Context, v access.Viewer, f run.Filter) (run.Page, error) {
	where, args := s.runConditions(v, f)
	if f.Before != "" {
		at, id, ok := strings.Cut(f.Before, "/")
		if _, err := time.Parse("2006-01-02T15:04:05.000000Z", at); !ok || err != nil {
			return run.Page{}, run.ErrCursor
		}
		where, args = append(where, "(created_at, id) < (?, ?)"), append(args, at, id)
	}
	limit := min(max(f.Limit, 1), 200)
	rows, err := s.query(ctx, `
		SELECT `+runColumns+` FROM runs
		WHERE `+strings.Join(where, " AND ")+`
		ORDER BY created_at DESC, id DESC
		LIMIT ?`, append(args, limit+1)...)
	items, err := collect(rows, err, scanRun)
	if err != nil {
		return run.Page{}, err
	}
	p := run.Page{Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		last := p.Items[limit-1]
		p.Next = runStamp(last.CreatedAt) + "/" + string(last.ID)
	}
	for i := range p.Items {
		p.Items[i] = forViewer(v, p.Items[i])
	}
	if p.Total = int64(len(items)); f.Before != "" || p.Next != "" { // a first page that is the last counts itself
		p.Total, err = s.countRuns(ctx, v, f)
	}
	return p, err
}

// countRuns counts up to 1000 runs that match f.
func (s *Store) countRuns(ctx context.Context, v access.Viewer, f run.Filter) (n int64, err error) {
	where, args := s.runConditions(v, f)
	err = s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM runs WHERE `+strings.Join(where, " AND ")+` LIMIT 1000) AS counted`,
		args...).Scan(&n)
	return n, err
}

func (s *Store) runConditions(v access.Viewer, f run.Filter) (where []string, args []any) {
	unhidden, args := s.unhiddenSubject(v, "runs.subject")
	where = []string{"1 = 1" + unhidden}
	add := func(condition, value string) {
		if value != "" {
			where, args = append(where, condition), append(args, value)
		}
	}
	add("actor = ?", f.By)
	add("owner = ?", f.Owner)
	add("subject = ?", f.Subject)
	add("lane = ?", f.Lane)
	add("kind = ?", f.Kind)
	switch f.State {
	case "":
	case "open":
		where = append(where, "state IN ('waiting', 'queued', 'running', 'awaiting_approval')")
	default:
		add("state = ?", string(f.State))
	}
	return where, args
}
