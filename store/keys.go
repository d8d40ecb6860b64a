package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// keyLife is how long a repeated call answers the same.
const keyLife = 24 * time.Hour

// Once implements action.Keys. It claims the key in t, so that of two calls at
// once the second waits for the first and then answers the same.
func (s *Store) Once(ctx context.Context, t tx.Tx, k action.Key) (*action.Output, error) {
	if _, err := s.exec(ctx, t, `DELETE FROM idempotency_keys WHERE actor = ? AND value = ? AND at < ?`,
		k.Actor, k.Value, tx.Format(t.Now().Add(-keyLife))); err != nil {
		return nil, err
	}
	res, err := s.exec(ctx, t, `
		INSERT INTO idempotency_keys (actor, value, action, hash, output, at)
		VALUES (?, ?, ?, ?, '', ?)
		ON CONFLICT (actor, value) DO NOTHING`, k.Actor, k.Value, k.Action, k.Hash, tx.Format(t.Now()))
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return nil, err
	}
	return s.keptOutput(ctx, t, k)
}

func (s *Store) keptOutput(ctx context.Context, t tx.Tx, k action.Key) (*action.Output, error) {
	var name, hash, output string
	err := s.txRow(ctx, t, `SELECT action, hash, output FROM idempotency_keys WHERE actor = ? AND value = ?`,
		k.Actor, k.Value).Scan(&name, &hash, &output)
	if err != nil {
		return nil, err
	}
	if name != k.Action || hash != k.Hash {
		return nil, fault.New(fault.Conflict, "This Idempotency-Key was used with another request. Nothing was changed; send a new key.")
	}
	var out action.Output
	if output == "" {
		return &out, nil
	}
	return &out, json.Unmarshal([]byte(output), &out)
}

// Keep implements action.Keys.
func (s *Store) Keep(ctx context.Context, t tx.Tx, k action.Key, out action.Output) error {
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return s.execOne(ctx, t, `UPDATE idempotency_keys SET output = ? WHERE actor = ? AND value = ?`, string(b), k.Actor, k.Value)
}

// ForgetKeys removes keys that have outlived their day.
func (s *Store) ForgetKeys(ctx context.Context) error {
	return s.Write(ctx, func(t tx.Tx) error {
		_, err := s.exec(ctx, t, `DELETE FROM idempotency_keys WHERE at < ?`, tx.Format(t.Now().Add(-keyLife)))
		return err
	})
}
