package store

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// marksChunk fixes the number of marks, so that one statement is kept.
const marksChunk = 32

// RowMarks returns what is wrong with entities of a list that v sees; those
// with which nothing is are missing.
func (s *Store) RowMarks(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Mark, error) {
	out := map[catalog.Ref]catalog.Mark{}
	for chunk := range slices.Chunk(refs, marksChunk) {
		if err := s.rowMarks(ctx, chunk, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) rowMarks(ctx context.Context, refs []catalog.Ref, out map[catalog.Ref]catalog.Mark) error {
	args := make([]any, 2*marksChunk)
	for i := range args {
		args[i] = "-" // no reference
		if n := i % marksChunk; n < len(refs) {
			args[i] = refs[n].String()
		}
	}
	type row struct {
		ref      string
		problems int
		orphan   bool
	}
	rows, err := s.query(ctx, `
		SELECT entity, COUNT(*), 0 FROM catalog_problems WHERE entity IN (`+marks(marksChunk)+`) GROUP BY entity
		UNION ALL
		SELECT ref, 0, 1 FROM entity_bodies WHERE orphan = 1 AND ref IN (`+marks(marksChunk)+`)`, args...)
	list, err := collect(rows, err, func(r scanner) (x row, err error) { return x, r.Scan(&x.ref, &x.problems, &x.orphan) })
	for _, x := range list {
		ref := splitRef(x.ref)
		m := out[ref]
		m.Problems, m.Orphan = m.Problems+x.problems, m.Orphan || x.orphan
		out[ref] = m
	}
	return err
}
