package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// scaffoldOrders are the columns by which runs of templates are ordered.
var scaffoldOrders = map[string]string{"created_at": "created_at", "status": "state", "created_by": "actor"}

// ScaffoldRuns lists runs of templates with all that they were ordered with,
// and how many match in all: those of teams for which v reads, and v's own.
// Steps come with a run that is asked for by its id.
func (s *Store) ScaffoldRuns(ctx context.Context, v access.Viewer, f scaffold.RunFilter) ([]run.Run, int, error) {
	if !v.SignedIn() {
		return nil, 0, nil
	}
	where, args := s.scaffoldConditions(v, f)
	var total int
	if err := s.row(ctx, `SELECT COUNT(*) FROM runs WHERE `+where, args...).Scan(&total); err != nil || f.Limit == 0 {
		return nil, total, err
	}
	rows, err := s.query(ctx, `
		SELECT `+runColumns+`
		FROM runs
		WHERE `+where+`
		ORDER BY `+scaffoldOrder(f.Order)+`
		LIMIT ? OFFSET ?`, append(args, f.Limit, f.Offset)...)
	list, err := collect(rows, err, scanRun)
	if err != nil || f.ID == "" || len(list) == 0 {
		return list, total, err
	}
	rows, err = s.query(ctx, `SELECT `+runStepColumns+` FROM run_steps WHERE run_id = ? ORDER BY pos`, f.ID)
	list[0].Steps, err = collect(rows, err, scanRunStep)
	return list, total, err
}

func scaffoldOrder(order []scaffold.RunOrder) string {
	var out []string
	for _, o := range order {
		column := scaffoldOrders[o.By]
		if column == "" {
			continue
		}
		if o.Descending {
			column += " DESC"
		}
		out = append(out, column)
	}
	if len(out) == 0 {
		out = []string{"created_at DESC"}
	}
	return strings.Join(append(out, "id DESC"), ", ")
}

func (s *Store) scaffoldConditions(v access.Viewer, f scaffold.RunFilter) (string, []any) {
	unhidden, args := s.unhiddenSubject(v, "runs.subject")
	where := []string{"kind = '" + scaffold.KindName + "'" + unhidden}
	if !v.All {
		readable := "actor = ?"
		args = append(args, v.ID)
		if len(v.Reads) > 0 {
			readable += " OR owner IN (" + marks(len(v.Reads)) + ")"
			args = append(args, anys(v.Reads)...)
		}
		where = append(where, "("+readable+")")
	}
	if f.ID != "" {
		where, args = append(where, "id = ?"), append(args, f.ID)
	}
	if len(f.By) > 0 {
		where, args = append(where, fmt.Sprintf("actor IN (%s)", marks(len(f.By)))), append(args, anys(f.By)...)
	}
	if len(f.States) > 0 {
		where, args = append(where, fmt.Sprintf("state IN (%s)", marks(len(f.States)))), append(args, anys(f.States)...)
	}
	return strings.Join(where, " AND "), args
}
