package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
)

// accountColumns must match scanAccount.
const accountColumns = `a.id, a.issuer, a.subject, a.user_ref, a.name, a.email, a.claim_groups, a.zone`

func scanAccount(r scanner, more ...any) (access.Account, error) {
	var a access.Account
	var claims string
	err := r.Scan(append([]any{&a.ID, &a.Issuer, &a.Subject, &a.User, &a.Name, &a.Email, &claims, &a.Zone}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return a, access.ErrNoSession
	}
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(claims), &a.Claims)
}

// PutAccount writes the account of a.Issuer and a.Subject with what the
// sign-in says of it, and returns it with the id it had or now has.
func (s *Store) PutAccount(ctx context.Context, t tx.Tx, a access.Account) (access.Account, error) {
	claims, err := json.Marshal(append([]string{}, a.Claims...))
	if err != nil {
		return a, err
	}
	now := tx.Format(t.Now())
	_, err = s.exec(ctx, t, `
		INSERT INTO accounts (id, issuer, subject, user_ref, name, email, claim_groups, created_at, seen_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (issuer, subject) DO UPDATE SET user_ref = excluded.user_ref, name = excluded.name,
			email = excluded.email, claim_groups = excluded.claim_groups, seen_at = excluded.seen_at`,
		a.ID, a.Issuer, a.Subject, a.User, a.Name, a.Email, string(claims), now, now)
	if err != nil {
		return a, fmt.Errorf("account of %s: %w", a.Issuer, err)
	}
	return scanAccount(s.txRow(ctx, t, `SELECT `+accountColumns+` FROM accounts a WHERE issuer = ? AND subject = ?`, a.Issuer, a.Subject))
}

// Account returns one account, access.ErrNoSession if there is none.
func (s *Store) Account(ctx context.Context, id string) (access.Account, error) {
	return scanAccount(s.row(ctx, `SELECT `+accountColumns+` FROM accounts a WHERE id = ?`, id))
}

// AccountOf returns the account behind a session or token of v.
func (s *Store) AccountOf(ctx context.Context, v access.Viewer) (access.Account, error) {
	return scanAccount(s.row(ctx, `SELECT `+accountColumns+` FROM accounts a JOIN sessions s ON s.account = a.id WHERE s.id = ?`, v.Session))
}

// SetZone keeps the time zone a person chose.
func (s *Store) SetZone(ctx context.Context, t tx.Tx, account, zone string) error {
	return s.execOne(ctx, t, `UPDATE accounts SET zone = ? WHERE id = ?`, zone, account)
}

// CreateSession writes a session under the hash of its cookie.
func (s *Store) CreateSession(ctx context.Context, t tx.Tx, hash string, x access.Session) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO sessions (token_hash, id, account, agent, address, created_at, seen_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		hash, x.ID, x.Account, x.Agent, x.Address, tx.Format(x.CreatedAt), tx.Format(x.SeenAt), tx.Format(x.ExpiresAt))
	return err
}

const sessionColumns = `s.id, s.account, s.agent, s.address, s.created_at, s.seen_at, s.expires_at`

// SessionByHash returns a session that has not expired, with its account;
// access.ErrNoSession if there is none.
func (s *Store) SessionByHash(ctx context.Context, hash string) (access.Session, access.Account, error) {
	var x access.Session
	var created, seen, expires string
	a, err := scanAccount(s.row(ctx, `
		SELECT `+accountColumns+`, `+sessionColumns+`
		FROM sessions s JOIN accounts a ON a.id = s.account
		WHERE s.token_hash = ? AND s.expires_at > ?`, hash, tx.Format(s.Now())),
		&x.ID, &x.Account, &x.Agent, &x.Address, &created, &seen, &expires)
	if err != nil {
		return x, a, err
	}
	return x, a, parseTimes(at(created, &x.CreatedAt), at(seen, &x.SeenAt), at(expires, &x.ExpiresAt))
}

// Sessions lists the sessions of one account that have not expired, newest first.
func (s *Store) Sessions(ctx context.Context, account string) ([]access.Session, error) {
	rows, err := s.query(ctx, `
		SELECT `+sessionColumns+` FROM sessions s
		WHERE account = ? AND expires_at > ? ORDER BY created_at DESC LIMIT 100`, account, tx.Format(s.Now()))
	return collect(rows, err, func(r scanner) (x access.Session, err error) {
		var created, seen, expires string
		if err := r.Scan(&x.ID, &x.Account, &x.Agent, &x.Address, &created, &seen, &expires); err != nil {
			return x, err
		}
		return x, parseTimes(at(created, &x.CreatedAt), at(seen, &x.SeenAt), at(expires, &x.ExpiresAt))
	})
}

// TouchSession says that a session is in use.
func (s *Store) TouchSession(ctx context.Context, t tx.Tx, id string) error {
	_, err := s.exec(ctx, t, `UPDATE sessions SET seen_at = ? WHERE id = ?`, tx.Format(t.Now()), id)
	return err
}

// EndSession removes one session of an account; sql.ErrNoRows if it has none such.
func (s *Store) EndSession(ctx context.Context, t tx.Tx, account, id string) error {
	return s.execOne(ctx, t, `DELETE FROM sessions WHERE account = ? AND id = ?`, account, id)
}

// EndSessionsOf removes every session of an account.
func (s *Store) EndSessionsOf(ctx context.Context, t tx.Tx, account string) error {
	_, err := s.exec(ctx, t, `DELETE FROM sessions WHERE account = ?`, account)
	return err
}

// ForgetSessions removes what has expired.
func (s *Store) ForgetSessions(ctx context.Context) error {
	return s.Write(ctx, func(t tx.Tx) error {
		if _, err := s.exec(ctx, t, `DELETE FROM sessions WHERE expires_at < ?`, tx.Format(t.Now())); err != nil {
			return err
		}
		_, err := s.exec(ctx, t, `DELETE FROM sign_ins WHERE expires_at < ?`, tx.Format(t.Now()))
		return err
	})
}

// PutAttempt keeps a sign-in that has gone to the issuer.
func (s *Store) PutAttempt(ctx context.Context, t tx.Tx, a access.Attempt) error {
	_, err := s.exec(ctx, t, `INSERT INTO sign_ins (state, nonce, verifier, return_to, expires_at) VALUES (?, ?, ?, ?, ?)`,
		a.State, a.Nonce, a.Verifier, a.ReturnTo, tx.Format(a.Expires))
	return err
}

// TakeAttempt returns a kept sign-in and removes it, so that it serves once;
// access.ErrNoSession when it is unknown or too old.
func (s *Store) TakeAttempt(ctx context.Context, t tx.Tx, state string) (access.Attempt, error) {
	a := access.Attempt{State: state}
	var expires string
	err := s.txRow(ctx, t, `DELETE FROM sign_ins WHERE state = ? RETURNING nonce, verifier, return_to, expires_at`, state).
		Scan(&a.Nonce, &a.Verifier, &a.ReturnTo, &expires)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && expires < tx.Format(t.Now())) {
		return a, access.ErrNoSession
	}
	if err != nil {
		return a, err
	}
	return a, parseTimes(at(expires, &a.Expires))
}

// AccountByActor returns the account that acts as actor: a user reference, or
// account: and the rest of its id. The one seen last counts when several
// issuers lead to one User. access.ErrNoSession if there is none.
func (s *Store) AccountByActor(ctx context.Context, actor string) (access.Account, error) {
	return scanAccount(s.row(ctx, `
		SELECT `+accountColumns+` FROM accounts a
		WHERE user_ref = ? OR id = ?
		ORDER BY seen_at DESC LIMIT 1`, actor, "acc_"+strings.TrimPrefix(actor, "account:")))
}
