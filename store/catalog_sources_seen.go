package store

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// SeenSources returns the sources, by id, with how many of their entities,
// files and problems v may see. A source of which v may see nothing, though it holds
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
	files, err := s.hiddenFiles(ctx, mask, "")
	for i, st := range seen {
		seen[i].Entities, seen[i].Problems, seen[i].Files = entities[st.ID], problems[st.ID], max(0, st.Files-len(files[st.ID]))
	}
	return seen, err
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

// SeenFiles returns what is known of the files of a source, by path, without
// those that hold hidden entities only.
func (s *Store) SeenFiles(ctx context.Context, v access.Viewer, source string) (map[string]catalog.FileState, error) {
	all, err := s.CatalogFiles(ctx, source)
	if err != nil || s.hiddenFrom(v) == 0 {
		return all, err
	}
	hidden, err := s.hiddenFiles(ctx, s.hiddenFrom(v), source)
	for _, path := range hidden[source] {
		delete(all, path)
	}
	return all, err
}

// hiddenFiles are the files, by source, that hold hidden entities only; of all
// sources for an empty one.
func (s *Store) hiddenFiles(ctx context.Context, mask int64, source string) (map[string][]string, error) {
	rows, err := s.query(ctx, `
		SELECT source, file
		FROM entities
		WHERE ? = '' OR source = ?
		GROUP BY source, file
		HAVING MIN(CASE WHEN (hidden_by & ?) <> 0 THEN 1 ELSE 0 END) = 1`, source, source, mask)
	out := map[string][]string{}
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var source, file string
		err := r.Scan(&source, &file)
		out[source] = append(out[source], file)
		return struct{}{}, err
	})
	return out, err
}
