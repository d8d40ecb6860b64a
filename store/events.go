package store

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Append implements event.Log. The event gets its number and its hash from
// the sealer, once it is committed.
func (s *Store) Append(ctx context.Context, t tx.Tx, e event.Event) error {
	if e.ID == "" {
		e.ID = id.New("evt")
	}
	if e.At.IsZero() {
		e.At = t.Now()
	}
	data := string(e.Data)
	if data == "" {
		data = "{}"
	}
	_, err := s.exec(ctx, t, `
		INSERT INTO events (id, type, actor, subject, owner, action, request, at, data)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.Type, e.Actor, e.Subject, e.Owner, e.Action, e.Request, tx.Format(e.At), data)
	if err != nil {
		return fmt.Errorf("append event %s of %s: %w", e.Type, e.Subject, err)
	}
	return nil
}
