package store

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/tx"
)

// MoveCatalogSource gives the entities and files of one source to another,
// which need not be there yet, and forgets the first. All files count as
// unread, and its problems are found anew by the next reading.
func (s *Store) MoveCatalogSource(ctx context.Context, t tx.Tx, from, to string) error {
	if err := s.lockCatalog(ctx, t); err != nil {
		return err
	}
	for _, q := range []struct {
		text string
		args []any
	}{
		{`UPDATE entities SET source = ? WHERE source = ?`, []any{to, from}},
		{`UPDATE catalog_files SET source = ?, hash = '' WHERE source = ?`, []any{to, from}},
		{`UPDATE catalog_problems SET source = ? WHERE source = ? AND target <> ''`, []any{to, from}},
		{`DELETE FROM catalog_problems WHERE source = ?`, []any{from}},
		{`DELETE FROM catalog_sources WHERE id = ?`, []any{from}},
	} {
		if _, err := s.exec(ctx, t, q.text, q.args...); err != nil {
			return fmt.Errorf("move source %s: %w", from, err)
		}
	}
	return nil
}
