package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// scaffoldColumns must match scanScaffold.
const scaffoldColumns = `run, template, version, team, entity, repository, answers, output, state, created_by, created_at`

func scanScaffold(row scanner) (scaffold.Scaffold, error) {
	var s scaffold.Scaffold
	var answers, output string
	err := row.Scan(&s.Run, &s.Template, &s.Version, &s.Team, &s.Entity, &s.Repository, &answers, &output, &s.State, &s.CreatedBy, &s.CreatedAt)
	s.Answers, s.Output = json.RawMessage(answers), json.RawMessage(output)
	return s, err
}

// CreateScaffold records what a run is making; scaffold.ErrNameTaken when
// another run makes or has made the same entity.
func (s *Store) CreateScaffold(ctx context.Context, t tx.Tx, m scaffold.Scaffold) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO scaffolds (`+scaffoldColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)`,
		m.Run, m.Template, m.Version, m.Team, m.Entity, m.Repository, string(m.Answers), m.State, m.CreatedBy, tx.Format(t.Now()))
	return nameTaken(m.Entity, err)
}

func nameTaken(entity string, err error) error {
	if isUnique(err) {
		return fmt.Errorf("%s: %w", entity, scaffold.ErrNameTaken.Because(err))
	}
	return err
}

// ReclaimScaffold takes the name again for a run that is tried again;
// scaffold.ErrNameTaken when somebody else has it now.
func (s *Store) ReclaimScaffold(ctx context.Context, t tx.Tx, run string) error {
	_, err := s.exec(ctx, t, `
		UPDATE scaffolds SET state = 'making'
		WHERE run = ? AND state = 'ended'`, run)
	return nameTaken("the name of "+run, err)
}

// FinishScaffold records the output of a run that has made everything.
func (s *Store) FinishScaffold(ctx context.Context, t tx.Tx, run string, output json.RawMessage) error {
	_, err := s.exec(ctx, t, `
		UPDATE scaffolds SET state = 'made', output = ?
		WHERE run = ?`, string(output), run)
	return err
}

// EndScaffold frees the names of a run that came to nothing.
func (s *Store) EndScaffold(ctx context.Context, t tx.Tx, run string) error {
	_, err := s.exec(ctx, t, `
		UPDATE scaffolds SET state = 'ended'
		WHERE run = ? AND state = 'making'`, run)
	return err
}

// MakingScaffold returns the run that is making the entity, "" if none is. It
// answers whether a name is free and shows nothing, so it takes no viewer.
func (s *Store) MakingScaffold(ctx context.Context, entity string) (string, error) {
	var run string
	err := s.row(ctx, `
		SELECT run
		FROM scaffolds
		WHERE entity = ? AND state = 'making'`, entity).Scan(&run)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return run, err
}

// Scaffold returns what a run has made or is making, scaffold.ErrNoScaffold
// when there is none or it is kept for another team.
func (s *Store) Scaffold(ctx context.Context, v access.Viewer, run string) (scaffold.Scaffold, error) {
	m, err := scanScaffold(s.row(ctx, `
		SELECT `+scaffoldColumns+`
		FROM scaffolds
		WHERE run = ?`, run))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !v.MayRead(m.Team) && m.CreatedBy != v.ID {
		return scaffold.Scaffold{}, fmt.Errorf("scaffold %s: %w", run, scaffold.ErrNoScaffold)
	}
	return m, err
}

// ScaffoldCounts counts what each template has made. It is readable by
// everybody signed in.
func (s *Store) ScaffoldCounts(ctx context.Context, v access.Viewer) (map[string]int, error) {
	out := map[string]int{}
	if !v.SignedIn() {
		return out, nil
	}
	rows, err := s.query(ctx, `
		SELECT template, COUNT(*)
		FROM scaffolds
		WHERE state = 'made'
		GROUP BY template`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var template string
		var n int
		if err := rows.Scan(&template, &n); err != nil {
			return nil, err
		}
		out[template] = n
	}
	return out, rows.Err()
}
