package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
)

// tokenColumns must match tokenScan.
const tokenColumns = `k.id, k.name, k.account, k.role, k.scopes, k.created_at, k.expires_at, k.used_at, k.revoked_at`

// tokenScan holds the raw columns of a token.
type tokenScan struct {
	k                                       access.Token
	scopes, created, expires, used, revoked string
}

func (x *tokenScan) dest() []any {
	return []any{&x.k.ID, &x.k.Name, &x.k.Account, &x.k.Role, &x.scopes, &x.created, &x.expires, &x.used, &x.revoked}
}

func (x *tokenScan) token() (access.Token, error) {
	if err := json.Unmarshal([]byte(x.scopes), &x.k.Scopes); err != nil {
		return x.k, err
	}
	return x.k, parseTimes(at(x.created, &x.k.CreatedAt), at(x.expires, &x.k.ExpiresAt),
		at(x.used, &x.k.UsedAt), at(x.revoked, &x.k.RevokedAt))
}

// CreateToken writes a token under the hash of its text.
func (s *Store) CreateToken(ctx context.Context, t tx.Tx, hash string, k access.Token) error {
	scopes, err := json.Marshal(k.Scopes) // nil is null: no limit
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO tokens (id, hash, name, account, role, scopes, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		k.ID, hash, k.Name, k.Account, k.Role, string(scopes), tx.Format(k.CreatedAt), tx.Format(k.ExpiresAt))
	return err
}

// TokenByHash returns a token that is neither revoked nor expired, with its
// account; access.ErrNoSession if there is none.
func (s *Store) TokenByHash(ctx context.Context, hash string) (access.Token, access.Account, error) {
	var x tokenScan
	a, err := scanAccount(s.row(ctx, `
		SELECT `+accountColumns+`, `+tokenColumns+`
		FROM tokens k JOIN accounts a ON a.id = k.account
		WHERE k.hash = ? AND k.revoked_at = '' AND k.expires_at > ?`, hash, tx.Format(s.Now())), x.dest()...)
	if err != nil {
		return access.Token{}, a, err
	}
	k, err := x.token()
	return k, a, err
}

// Tokens lists the tokens of an account, newest first, revoked ones too.
func (s *Store) Tokens(ctx context.Context, account string) ([]access.Token, error) {
	rows, err := s.query(ctx, `SELECT `+tokenColumns+` FROM tokens k WHERE account = ? ORDER BY created_at DESC, id DESC LIMIT 200`, account)
	return collect(rows, err, func(r scanner) (access.Token, error) {
		var x tokenScan
		if err := r.Scan(x.dest()...); err != nil {
			return x.k, err
		}
		return x.token()
	})
}

// Token returns one token of an account, sql.ErrNoRows if it has none such.
func (s *Store) Token(ctx context.Context, account, id string) (access.Token, error) {
	var x tokenScan
	if err := s.row(ctx, `SELECT `+tokenColumns+` FROM tokens k WHERE account = ? AND id = ?`, account, id).Scan(x.dest()...); err != nil {
		return x.k, err
	}
	return x.token()
}

// TouchToken says that a token is in use.
func (s *Store) TouchToken(ctx context.Context, t tx.Tx, id string) error {
	_, err := s.exec(ctx, t, `UPDATE tokens SET used_at = ? WHERE id = ?`, tx.Format(t.Now()), id)
	return err
}

// RevokeToken ends a token; a second time changes nothing.
func (s *Store) RevokeToken(ctx context.Context, t tx.Tx, account, id string) error {
	_, err := s.exec(ctx, t, `UPDATE tokens SET revoked_at = ? WHERE account = ? AND id = ? AND revoked_at = ''`, tx.Format(t.Now()), account, id)
	return err
}

// isNone reports whether err says that no row was found.
func isNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }
