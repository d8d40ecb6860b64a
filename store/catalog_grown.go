package store

import (
	"context"
	"fmt"
	"sync"
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
// for the size that it knows of, keeps those plans, and looks again after a
// minute at best: while thousands come in it would read whole tables for each
// batch. So it looks each time that the catalog has grown by a half.
func (s *Store) CatalogGrown(ctx context.Context, added int) error {
	if s.dialect != postgres || !s.grown.due(added) {
		return nil
	}
	_, err := s.write.ExecContext(ctx, `
		ANALYZE entities, entity_bodies, entity_terms, entity_changes, relations, tombstones, catalog_files, catalog_keys, catalog_terms,
			catalog_postings, catalog_problems, search_docs, search_words, search_grams`)
	if err != nil {
		return fmt.Errorf("analyse the catalog: %w", err)
	}
	return nil
}

func (g *grown) due(added int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.since, g.total = g.since+added, g.total+added
	if g.since < max(leastGrown, g.total/3) {
		return false
	}
	g.since = 0
	return true
}
