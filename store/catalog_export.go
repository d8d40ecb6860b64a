package store

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// exportChunk is how many entities are held at once; with 512 marks the same
// statement serves every chunk.
const exportChunk = 512

// ExportEntities passes everything that f finds to each, in the filter's
// order, whatever its limit. It holds a chunk of them at a time, and no
// transaction while each is at work, so a slow reader stands in nobody's way.
// What is removed meanwhile is left out.
func (s *Store) ExportEntities(ctx context.Context, v access.Viewer, f catalog.Filter, each func(catalog.Exported) error) error {
	list, err := s.entityList(ctx)
	if err != nil {
		return err
	}
	mask := s.hiddenFrom(v)
	for chunk := range slices.Chunk(list.found(f, mask).order, exportChunk) {
		rows, err := s.exported(ctx, list, chunk, mask)
		if err != nil {
			return err
		}
		for _, at := range chunk {
			e, ok := rows[list.entries[at].ref]
			if !ok {
				continue
			}
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) exported(ctx context.Context, list *entityList, chunk []int32, mask int64) (map[string]catalog.Exported, error) {
	args := make([]any, exportChunk, exportChunk+1)
	for i := range args {
		args[i] = ""
		if i < len(chunk) {
			args[i] = list.entries[chunk[i]].ref
		}
	}
	rows, err := s.query(ctx, `
		SELECT ref, `+summaryColumns+`, source, file, changed_at
		FROM entities
		WHERE ref IN (`+marks(exportChunk)+`) AND (hidden_by & ?) = 0`, append(args, mask)...)
	found, err := collect(rows, err, func(r scanner) (e catalog.Exported, err error) {
		e.Summary, err = scanSummary(r, &e.Source, &e.File, &e.Changed)
		return e, err
	})
	out := make(map[string]catalog.Exported, len(found))
	for _, e := range found {
		out[e.Ref.String()] = e
	}
	return out, err
}
