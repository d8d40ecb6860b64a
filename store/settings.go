package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Setting returns a small fact of the installation, empty if there is none.
func (s *Store) Setting(ctx context.Context, _ access.Viewer, key string) (string, error) {
	var value string
	err := s.row(ctx, `SELECT value FROM settings WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// PutSetting keeps a small fact of the installation.
func (s *Store) PutSetting(ctx context.Context, t tx.Tx, key, value string) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO settings (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
