package store

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// problemColumns must match scanProblem.
const problemColumns = `id, severity, code, source, file, document, line, field, entity, owner, message, fix, since`

func scanProblem(r scanner) (catalog.Problem, error) {
	var p catalog.Problem
	var since string
	if err := r.Scan(&p.ID, &p.Severity, &p.Code, &p.Source, &p.File, &p.Document, &p.Line, &p.Field, &p.Entity, &p.Owner,
		&p.Message, &p.Fix, &since); err != nil {
		return p, err
	}
	var err error
	p.Since, err = tx.Parse(since)
	return p, err
}

// ReplaceProblems makes list the problems of these files of the source; one
// that was there already keeps its age. What dangles is CheckReferences' own.
func (s *Store) ReplaceProblems(ctx context.Context, t tx.Tx, source string, files []string, list []catalog.Problem) error {
	since := map[string]string{}
	for chunk := range slices.Chunk(files, 500) {
		in, args := marks(len(chunk)), append([]any{source}, anys(chunk)...)
		rows, err := s.txQuery(ctx, t, `SELECT `+problemColumns+` FROM catalog_problems WHERE source = ? AND target = '' AND file IN (`+in+`)`, args...)
		old, err := collect(rows, err, scanProblem)
		if err != nil {
			return err
		}
		for _, p := range old {
			since[p.ID] = tx.Format(p.Since)
		}
		if _, err := s.exec(ctx, t, `DELETE FROM catalog_problems WHERE source = ? AND target = '' AND file IN (`+in+`)`, args...); err != nil {
			return err
		}
	}
	return s.putProblems(ctx, t, list, since)
}

// putProblems writes problems; since is how old those are that were known. The
// same fault may stand in two documents of one file: it is one problem.
func (s *Store) putProblems(ctx context.Context, t tx.Tx, list []catalog.Problem, since map[string]string) error {
	for chunk := range slices.Chunk(list, catalogChunk) {
		var args []any
		for _, p := range chunk {
			at := since[p.ID]
			if at == "" {
				at = tx.Format(t.Now())
			}
			tags, err := json.Marshal(append([]string{}, p.Tags...))
			if err != nil {
				return err
			}
			args = append(args, p.ID, string(p.Severity), p.Code, p.Source, p.File, p.Document, p.Line, p.Field, p.Entity, p.Owner, p.Message, p.Fix, at,
				p.Target, string(tags), s.coveredProblem(p.Entity, p.Owner, p.Tags))
		}
		_, err := s.exec(ctx, t, `
			INSERT INTO catalog_problems (`+problemColumns+`, target, tags, hidden_by)
			VALUES `+tuples(len(chunk), 16)+` ON CONFLICT (id) DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Problems returns the first problems of a source, or of all for an empty one,
// errors first, and how many there are; without those of what v may not see.
func (s *Store) Problems(ctx context.Context, v access.Viewer, source string) ([]catalog.Problem, int, error) {
	f := catalog.ProblemFilter{Limit: 500}
	if source != "" {
		f.Sources = []string{source}
	}
	p, err := s.FindProblems(ctx, v, f)
	return p.Items, p.Total, err
}

// EntityProblems returns the problems of one entity; none of one that v may
// not see. A new one may be a second late.
func (s *Store) EntityProblems(ctx context.Context, v access.Viewer, ref catalog.Ref) ([]catalog.Problem, error) {
	if troubled, err := s.troubledEntities(ctx, v); err != nil || len(troubled) < maxTroubled && troubled[ref.String()] == 0 {
		return nil, err
	}
	open, more := s.openProblems(v)
	rows, err := s.query(ctx, `SELECT `+problemColumns+` FROM catalog_problems p WHERE p.entity = ?`+open+` ORDER BY severity, line LIMIT 20`,
		append([]any{ref.String()}, more...)...)
	list, err := collect(rows, err, scanProblem)
	if err != nil {
		return nil, err
	}
	return list, s.plainConflicts(ctx, v, list)
}

// countFor is how long a count of problems is good for: it stands on every
// page, and a problem shows within two seconds.
const countFor = time.Second

// problemTotals keeps counts for a moment, by what is hidden.
type problemTotals struct {
	mu   sync.Mutex
	kept map[int64]problemTotal
}

type problemTotal struct {
	n  int
	at time.Time
}

// ProblemCount returns how many problems there are that v may see; it may be a
// second old.
func (s *Store) ProblemCount(ctx context.Context, v access.Viewer) (int, error) {
	mask, now, c := s.hiddenFrom(v), time.Now(), &s.problems
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.kept[mask]; ok && now.Sub(t.at) < countFor {
		return t.n, nil
	}
	open, err := s.problemsOpenTo(ctx, v)
	if err != nil {
		return 0, err
	}
	t := problemTotal{at: now}
	if err := s.row(ctx, `SELECT COUNT(*) FROM catalog_problems p WHERE 1 = 1`+open.text, open.args...).Scan(&t.n); err != nil {
		return 0, err
	}
	const most = 64
	if c.kept == nil || len(c.kept) >= most {
		c.kept = map[int64]problemTotal{}
	}
	c.kept[mask] = t
	return t.n, nil
}
