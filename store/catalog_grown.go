package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/waymark-portal/waymark/internal/tx"
)

// grown counts what was added to the catalog since PostgreSQL last looked at
// the size of its tables.
type grown struct {
	mu           sync.Mutex
	since, total int
}

// leastGrown is from how many entities on the plans for an empty catalog hurt.
const leastGrown = 500

// CatalogGrown tells the database that entities were added. PostgreSQL plans
// for what it knows of its tables, keeps those plans, and looks again after a
// minute at best: while thousands come in it would read whole tables for each
// batch. So it looks each time that the catalog has become three times as
// large, and only at the columns by which rows are found.
func (s *Store) CatalogGrown(ctx context.Context, added int) error {
	if s.dialect != postgres || !s.grown.due(added) {
		return nil
	}
	_, err := s.write.ExecContext(ctx, `
		ANALYZE entities (ref, id, generation, source, file, hidden_by), entity_bodies (ref, email, orphan), entity_terms (entity),
			entity_changes (ref, generation), relations (source, type, target), tombstones (ref, generation),
			catalog_files, catalog_keys, catalog_terms (id, key, value, form), catalog_postings (term, chunk),
			catalog_problems (source, file, entity, code, owner, severity, hidden_by), search_docs (id, key, source, kind, owner, entity),
			search_words, search_grams`)
	if err != nil {
		return fmt.Errorf("analyse the catalog: %w", err)
	}
	return nil
}

// Rereadable tells the database that what t writes can be read from its source
// again: PostgreSQL need not wait for the disk. After a crash of the database
// the last of it may be missing, all of a transaction or nothing, and is read
// like any other change.
func (s *Store) Rereadable(ctx context.Context, t tx.Tx) error {
	if s.dialect != postgres {
		return nil // in WAL mode SQLite does not wait either
	}
	_, err := s.exec(ctx, t, `SET LOCAL synchronous_commit TO off`)
	return err
}

func (g *grown) due(added int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.since, g.total = g.since+added, g.total+added
	if g.since < max(leastGrown, g.total*2/3) {
		return false
	}
	g.since = 0
	return true
}
