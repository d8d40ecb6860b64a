package store

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// WantedBy returns the documents that lost a conflict for one of the
// references, inside t.
func (s *Store) WantedBy(ctx context.Context, t tx.Tx, refs []string) ([]catalog.Wanted, error) {
	var out []catalog.Wanted
	for chunk := range slices.Chunk(refs, 500) {
		rows, err := s.txQuery(ctx, t, `
			SELECT DISTINCT p.entity, p.source, p.file
			FROM catalog_problems p
			WHERE p.entity IN (`+marks(len(chunk))+`) AND p.code = 'conflict'`, anys(chunk)...)
		list, err := collect(rows, err, func(r scanner) (catalog.Wanted, error) {
			var w catalog.Wanted
			return w, r.Scan(&w.Ref, &w.Source, &w.File)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// ForgetConflicts makes every file be read again that lost a conflict for one
// of the references, inside t, and returns them.
func (s *Store) ForgetConflicts(ctx context.Context, t tx.Tx, refs []string) ([]catalog.Wanted, error) {
	wanted, err := s.WantedBy(ctx, t, refs)
	if err != nil {
		return nil, err
	}
	files := map[string][]string{}
	for _, w := range wanted {
		files[w.Source] = append(files[w.Source], w.File)
	}
	for source, list := range files {
		for chunk := range slices.Chunk(list, 500) {
			_, err := s.exec(ctx, t, `UPDATE catalog_files SET hash = '' WHERE source = ? AND path IN (`+marks(len(chunk))+`)`,
				append([]any{source}, anys(chunk)...)...)
			if err != nil {
				return nil, err
			}
		}
	}
	return wanted, nil
}
