package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// draftColumns must match scanDraft.
const draftColumns = `person, template, step, form, saved_at, expires_at`

func scanDraft(r scanner) (scaffold.Draft, error) {
	var d scaffold.Draft
	var form, saved, expires string
	if err := r.Scan(&d.Person, &d.Template, &d.Step, &form, &saved, &expires); err != nil {
		return d, err
	}
	var err error
	if d.SavedAt, err = tx.Parse(saved); err != nil {
		return d, err
	}
	if d.ExpiresAt, err = tx.Parse(expires); err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(form), &d.Form)
}

// SaveDraft keeps what a person has typed into a template's form, instead of
// what was kept before.
func (s *Store) SaveDraft(ctx context.Context, t tx.Tx, d scaffold.Draft) error {
	form, err := json.Marshal(d.Form)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO scaffold_drafts (`+draftColumns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (person, template) DO UPDATE SET step = excluded.step, form = excluded.form, saved_at = excluded.saved_at, expires_at = excluded.expires_at`,
		d.Person, d.Template, d.Step, string(form), tx.Format(t.Now()), tx.Format(t.Now().Add(scaffold.DraftLife)))
	return err
}

// DropDraft throws a draft away, if there is one.
func (s *Store) DropDraft(ctx context.Context, t tx.Tx, person, template string) error {
	_, err := s.exec(ctx, t, `DELETE FROM scaffold_drafts WHERE person = ? AND template = ?`, person, template)
	return err
}

// ForgetDrafts drops drafts that nobody has touched for scaffold.DraftLife.
func (s *Store) ForgetDrafts(ctx context.Context) error {
	return s.Write(ctx, func(t tx.Tx) error {
		_, err := s.exec(ctx, t, `DELETE FROM scaffold_drafts WHERE expires_at <= ?`, tx.Format(t.Now()))
		return err
	})
}

// Draft returns v's own draft of a template; scaffold.ErrNoDraft when there is
// none or it has expired.
func (s *Store) Draft(ctx context.Context, v access.Viewer, template string) (scaffold.Draft, error) {
	d, err := scanDraft(s.row(ctx, `SELECT `+draftColumns+` FROM scaffold_drafts WHERE person = ? AND template = ? AND expires_at > ?`,
		v.ID, template, tx.Format(s.Now())))
	if errors.Is(err, sql.ErrNoRows) {
		return d, scaffold.ErrNoDraft
	}
	return d, err
}

// Drafts returns all of v's own drafts, the newest first.
func (s *Store) Drafts(ctx context.Context, v access.Viewer) ([]scaffold.Draft, error) {
	rows, err := s.query(ctx, `SELECT `+draftColumns+` FROM scaffold_drafts WHERE person = ? AND expires_at > ? ORDER BY saved_at DESC, template LIMIT 100`,
		v.ID, tx.Format(s.Now()))
	return collect(rows, err, scanDraft)
}
