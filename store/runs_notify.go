package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// runChannel is where PostgreSQL tells of changed runs.
const runChannel = "waymark_runs"

// notifyRun tells the readers at other copies of the server, once t is
// committed. SQLite has no other machines and its readers look by themselves.
func (s *Store) notifyRun(ctx context.Context, t tx.Tx, id run.ID) error {
	if s.dialect == sqlite {
		return nil
	}
	_, err := s.exec(ctx, t, `SELECT pg_notify(?, ?)`, runChannel, string(id))
	return err
}

// ListenRuns calls f with each run that any process changes, on a connection
// of its own, until ctx ends or the connection does. PostgreSQL only.
func (s *Store) ListenRuns(ctx context.Context, f func(run.ID)) error {
	if s.dialect == sqlite {
		return errors.New("listen: SQLite does not tell")
	}
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "LISTEN "+runChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		f(run.ID(n.Payload))
	}
}
