package store

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/fault"
)

// errNoCopy means that the database is not a file of ours to copy.
var errNoCopy = fault.New(fault.Unavailable, "This is PostgreSQL: the copy is made with pg_dump.")

// CopyTo writes a consistent copy of a SQLite database to a new file while
// others read and write. On PostgreSQL it returns a fault: pg_dump does that.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if s.dialect == postgres {
		return errNoCopy
	}
	if _, err := s.read.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

// Integrity asks SQLite to check its file and returns the first fault that it
// finds; on PostgreSQL, which checks itself, it returns nil.
func (s *Store) Integrity(ctx context.Context) error {
	if s.dialect == postgres {
		return nil
	}
	var answer string
	if err := s.read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return fmt.Errorf("database: %s", answer)
	}
	return nil
}

// MissingExtension names an extension that PostgreSQL needs and this database
// does not have; empty when none is missing, and on SQLite.
func (s *Store) MissingExtension(ctx context.Context) (string, error) {
	if s.dialect != postgres {
		return "", nil
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_extension WHERE extname = 'pg_trgm'`).Scan(&n); err != nil || n > 0 {
		return "", err
	}
	return "pg_trgm", nil
}
