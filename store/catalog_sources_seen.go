package store

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// SeenSources returns the sources, by id, with how many of their entities and
// problems v may see. A source of which v may see nothing, though it holds
// something, is left out.
func (s *Store) SeenSources(ctx context.Context, v access.Viewer) ([]catalog.SourceState, error) {
	all, err := s.CatalogSources(ctx)
	mask := s.hiddenFrom(v)
	if err != nil || mask == 0 {
		return all, err
	}
	entities, err := s.counted(ctx, `SELECT source, COUNT(*) FROM entities WHERE (hidden_by & ?) = 0 GROUP BY source`, mask)
	if err != nil {
		return nil, err
	}
	open, args := s.openProblems(v)
	problems, err := s.counted(ctx, `SELECT p.source, COUNT(*) FROM catalog_problems p WHERE 1 = 1`+open+` GROUP BY p.source`, args...)
	if err != nil {
		return nil, err
	}
	seen := slices.DeleteFunc(all, func(st catalog.SourceState) bool { return st.Entities > 0 && entities[st.ID] == 0 })
	for i, st := range seen {
		seen[i].Entities, seen[i].Problems = entities[st.ID], problems[st.ID]
	}
	return seen, nil
}

// counted reads names with numbers.
func (s *Store) counted(ctx context.Context, query string, args ...any) (map[string]int, error) {
	rows, err := s.query(ctx, query, args...)
	out := map[string]int{}
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var name string
		var n int
		err := r.Scan(&name, &n)
		out[name] = n
		return struct{}{}, err
	})
	return out, err
}
