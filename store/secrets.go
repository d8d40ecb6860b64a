package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/tx"
)

// secretColumns must match scanSecret.
const secretColumns = `id, environment, owner, name, sealed, by_actor, created_at`

func scanSecret(r scanner) (provision.Secret, error) {
	var s provision.Secret
	var sealed, created string
	err := r.Scan(&s.ID, &s.Environment, &s.Owner, &s.Name, &sealed, &s.By, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return s, provision.ErrNoSecret
	}
	if err != nil {
		return s, err
	}
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return s, err
	}
	s.Value = string(b)
	return s, parseTimes(at(created, &s.CreatedAt))
}

// PutSecret keeps a sealed value unless there is one of that id; the kept one
// is returned.
func (s *Store) PutSecret(ctx context.Context, t tx.Tx, x provision.Secret) (provision.Secret, error) {
	_, err := s.exec(ctx, t, `
		INSERT INTO secrets (`+secretColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`, secretArgs(t, x)...)
	if err != nil {
		return x, err
	}
	return scanSecret(s.txRow(ctx, t, `SELECT `+secretColumns+` FROM secrets WHERE id = ?`, x.ID))
}

func secretArgs(t tx.Tx, x provision.Secret) []any {
	return []any{x.ID, x.Environment, x.Owner, x.Name, base64.StdEncoding.EncodeToString([]byte(x.Value)), x.By, tx.Format(t.Now())}
}

// SetSecret keeps a sealed value in place of an earlier one.
func (s *Store) SetSecret(ctx context.Context, t tx.Tx, x provision.Secret) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO secrets (`+secretColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, by_actor = excluded.by_actor, created_at = excluded.created_at`,
		secretArgs(t, x)...)
	return err
}

// Secret reads a sealed value; provision.ErrNoSecret if there is none, or none
// that v may read.
func (s *Store) Secret(ctx context.Context, v access.Viewer, id string) (provision.Secret, error) {
	unhidden, args := s.unhiddenSubject(v, "secrets.environment")
	x, err := scanSecret(s.row(ctx, `SELECT `+secretColumns+` FROM secrets WHERE id = ?`+unhidden, append([]any{id}, args...)...))
	if err == nil && !v.MayRead(x.Owner) {
		return provision.Secret{}, provision.ErrNoSecret
	}
	return x, err
}

// SecretsOf lists the sealed values of an environment that v may read.
func (s *Store) SecretsOf(ctx context.Context, v access.Viewer, environment string) ([]provision.Secret, error) {
	unhidden, args := s.unhiddenSubject(v, "secrets.environment")
	rows, err := s.query(ctx, `SELECT `+secretColumns+` FROM secrets WHERE environment = ?`+unhidden+` ORDER BY id`, append([]any{environment}, args...)...)
	all, err := collect(rows, err, scanSecret)
	var out []provision.Secret
	for _, x := range all {
		if v.MayRead(x.Owner) {
			out = append(out, x)
		}
	}
	return out, err
}

// DropSecret forgets one value.
func (s *Store) DropSecret(ctx context.Context, t tx.Tx, id string) error {
	_, err := s.exec(ctx, t, `DELETE FROM secrets WHERE id = ?`, id)
	return err
}

// DropSecretsOf forgets every value of an environment.
func (s *Store) DropSecretsOf(ctx context.Context, t tx.Tx, environment string) error {
	_, err := s.exec(ctx, t, `DELETE FROM secrets WHERE environment = ?`, environment)
	return err
}
