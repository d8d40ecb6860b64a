package store

import (
	"context"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// madeColumns must match scanMade.
const madeColumns = `run, step, kind, ref, url, mark, state, note`

func scanMade(row scanner) (scaffold.Artefact, error) {
	var m scaffold.Artefact
	err := row.Scan(&m.Run, &m.Step, &m.Kind, &m.Ref, &m.URL, &m.Mark, &m.State, &m.Note)
	return m, err
}

// PutMade notes something that a run makes, or how it stands now. Its place
// among what the run has made stays.
func (s *Store) PutMade(ctx context.Context, t tx.Tx, m scaffold.Artefact) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO scaffold_made (`+madeColumns+`, at, n)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(n), 0) + 1 FROM scaffold_made WHERE run = ?))
		ON CONFLICT (run, kind, ref) DO UPDATE
		SET step = excluded.step, url = excluded.url, mark = excluded.mark, state = excluded.state, note = excluded.note, at = excluded.at`,
		m.Run, m.Step, m.Kind, m.Ref, m.URL, m.Mark, m.State, m.Note, tx.Format(t.Now()), m.Run)
	return err
}

// TxMade lists what a run has made, in order, inside t.
func (s *Store) TxMade(ctx context.Context, t tx.Tx, run string) ([]scaffold.Artefact, error) {
	rows, err := s.txQuery(ctx, t, `SELECT `+madeColumns+` FROM scaffold_made WHERE run = ? ORDER BY n`, run)
	return collect(rows, err, scanMade)
}

// Made lists what a run has made, in order; nothing when the run is kept for
// another team.
func (s *Store) Made(ctx context.Context, v access.Viewer, run string) ([]scaffold.Artefact, error) {
	if _, err := s.Scaffold(ctx, v, run); err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `SELECT `+madeColumns+` FROM scaffold_made WHERE run = ? ORDER BY n`, run)
	return collect(rows, err, scanMade)
}

// DropNote forgets a value that was kept with a run.
func (s *Store) DropNote(ctx context.Context, t tx.Tx, id run.ID, key string) error {
	_, err := s.exec(ctx, t, `DELETE FROM run_notes WHERE run_id = ? AND key = ?`, id, key)
	return err
}

// ForgetScaffoldSecrets deletes the secrets that failed runs have kept for a
// retry since before a time.
func (s *Store) ForgetScaffoldSecrets(ctx context.Context, t tx.Tx, before time.Time) error {
	_, err := s.exec(ctx, t, `
		DELETE FROM run_notes
		WHERE key = ? AND run_id IN (
			SELECT id FROM runs WHERE finished_at <> '' AND finished_at < ? AND state = 'failed')`,
		scaffold.SecretsKey, tx.Format(before))
	return err
}

// DropRepository forgets a repository that a run had reserved or made.
func (s *Store) DropRepository(ctx context.Context, t tx.Tx, owner, name, run string) error {
	_, err := s.exec(ctx, t, `DELETE FROM repositories WHERE owner = ? AND name = ? AND run = ?`, owner, name, run)
	return err
}
