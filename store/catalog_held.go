package store

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// heldColumns must match scanHeld.
const heldColumns = `e.ref, e.source, e.file, b.hash, b.document, b.line, b.version, b.trusted, b.orphan`

func scanHeld(r scanner) (catalog.Held, error) {
	var h catalog.Held
	return h, r.Scan(&h.Ref, &h.Source, &h.File, &h.Hash, &h.Document, &h.Line, &h.Version, &h.Trusted, &h.Orphan)
}

// lockCatalog makes others who change the catalog wait until t ends. It comes
// before all other locks. On SQLite there is one writer anyway.
func (s *Store) lockCatalog(ctx context.Context, t tx.Tx) error {
	if s.dialect != postgres {
		return nil
	}
	var n int64
	return s.txRow(ctx, t, `SELECT generation FROM catalog_generations WHERE id = 1 FOR UPDATE`).Scan(&n)
}

// HeldRefs returns what is held under the references, inside t. Until t ends
// nobody else changes the catalog, so that of two sources that claim a name
// one sees the other.
func (s *Store) HeldRefs(ctx context.Context, t tx.Tx, refs []string) (map[string]catalog.Held, error) {
	out := make(map[string]catalog.Held, len(refs))
	if len(refs) > 0 {
		if err := s.lockCatalog(ctx, t); err != nil {
			return nil, err
		}
	}
	for chunk := range slices.Chunk(refs, 500) {
		rows, err := s.txQuery(ctx, t, `
			SELECT `+heldColumns+`
			FROM entities e JOIN entity_bodies b ON b.ref = e.ref
			WHERE e.ref IN (`+marks(len(chunk))+`)`, anys(chunk)...)
		list, err := collect(rows, err, scanHeld)
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			out[h.Ref] = h
		}
	}
	return out, nil
}

// HeldFiles returns what was read from these files of the source, inside t;
// nil files means all of them.
func (s *Store) HeldFiles(ctx context.Context, t tx.Tx, source string, files []string) ([]catalog.Held, error) {
	const query = `
		SELECT ` + heldColumns + `
		FROM entities e JOIN entity_bodies b ON b.ref = e.ref
		WHERE e.source = ?`
	if files == nil {
		rows, err := s.txQuery(ctx, t, query, source)
		return collect(rows, err, scanHeld)
	}
	var out []catalog.Held
	for chunk := range slices.Chunk(files, 500) {
		rows, err := s.txQuery(ctx, t, query+` AND e.file IN (`+marks(len(chunk))+`)`, append([]any{source}, anys(chunk)...)...)
		list, err := collect(rows, err, scanHeld)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// HeldBodies returns the encoded bodies under the references, inside t.
func (s *Store) HeldBodies(ctx context.Context, t tx.Tx, refs []string) (map[string][]byte, error) {
	type row struct{ ref, body string }
	out := make(map[string][]byte, len(refs))
	for chunk := range slices.Chunk(refs, 500) {
		rows, err := s.txQuery(ctx, t, `SELECT ref, body FROM entity_bodies WHERE ref IN (`+marks(len(chunk))+`)`, anys(chunk)...)
		list, err := collect(rows, err, func(r scanner) (row, error) {
			var v row
			return v, r.Scan(&v.ref, &v.body)
		})
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			out[v.ref] = []byte(v.body)
		}
	}
	return out, nil
}

// CountHeld returns how many entities there are of each of these files of the
// source, inside t; files without any are missing.
func (s *Store) CountHeld(ctx context.Context, t tx.Tx, source string, files []string) (map[string]int, error) {
	type row struct {
		file string
		n    int
	}
	out := make(map[string]int, len(files))
	for chunk := range slices.Chunk(files, 500) {
		rows, err := s.txQuery(ctx, t, `SELECT file, COUNT(*) FROM entities WHERE source = ? AND file IN (`+marks(len(chunk))+`) GROUP BY file`,
			append([]any{source}, anys(chunk)...)...)
		list, err := collect(rows, err, func(r scanner) (row, error) {
			var v row
			return v, r.Scan(&v.file, &v.n)
		})
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			out[v.file] = v.n
		}
	}
	return out, nil
}
