package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// CatalogSources returns all sources with what their last reading brought, by
// id.
func (s *Store) CatalogSources(ctx context.Context) ([]catalog.SourceState, error) {
	rows, err := s.query(ctx, `
		SELECT s.id, s.registered_by, s.trusted, s.version, s.read_at, s.took_us, s.files, s.error,
			(SELECT COUNT(*) FROM entities e WHERE e.source = s.id),
			(SELECT COUNT(*) FROM catalog_problems p WHERE p.source = s.id)
		FROM catalog_sources s
		ORDER BY s.id`)
	return collect(rows, err, scanSource)
}

func scanSource(r scanner) (catalog.SourceState, error) {
	var st catalog.SourceState
	var read string
	var took int64
	if err := r.Scan(&st.ID, &st.By, &st.Trusted, &st.Version, &read, &took, &st.Files, &st.Error, &st.Entities, &st.Problems); err != nil {
		return st, err
	}
	st.Took = time.Duration(took) * time.Microsecond
	var err error
	st.ReadAt, err = tx.Parse(read)
	return st, err
}

// PutCatalogSource writes a source; its counts are not stored but counted. A
// reading that failed leaves the version of the one before.
func (s *Store) PutCatalogSource(ctx context.Context, t tx.Tx, st catalog.SourceState) error {
	read := ""
	if !st.ReadAt.IsZero() {
		read = tx.Format(st.ReadAt)
	}
	_, err := s.exec(ctx, t, `
		INSERT INTO catalog_sources (id, registered_by, trusted, version, read_at, took_us, files, error)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET registered_by = excluded.registered_by, trusted = excluded.trusted,
			version = CASE WHEN excluded.error = '' THEN excluded.version ELSE catalog_sources.version END,
			read_at = excluded.read_at, took_us = excluded.took_us, files = excluded.files, error = excluded.error`,
		st.ID, st.By, flag(st.Trusted), st.Version, read, st.Took.Microseconds(), st.Files, st.Error)
	return err
}

// NoteReading implements catalog.Store.
func (s *Store) NoteReading(ctx context.Context, t tx.Tx, st catalog.SourceState) error {
	if st.By != "" {
		if there, err := s.SourceStands(ctx, t, st.ID); err != nil || !there {
			return err
		}
	}
	return s.PutCatalogSource(ctx, t, st)
}

// SourceStands implements catalog.Store.
func (s *Store) SourceStands(ctx context.Context, t tx.Tx, source string) (bool, error) {
	if err := s.lockCatalog(ctx, t); err != nil {
		return false, err
	}
	var n int
	err := s.txRow(ctx, t, `SELECT COUNT(*) FROM catalog_sources WHERE id = ?`, source).Scan(&n)
	return n > 0, err
}

// DropCatalogSource forgets a source with its files and problems. Its
// entities are dropped apart.
func (s *Store) DropCatalogSource(ctx context.Context, t tx.Tx, source string) error {
	if err := s.lockCatalog(ctx, t); err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM catalog_files WHERE source = ?`, `DELETE FROM catalog_problems WHERE source = ?`,
		`DELETE FROM catalog_sources WHERE id = ?`} {
		if _, err := s.exec(ctx, t, q, source); err != nil {
			return err
		}
	}
	return nil
}

// CatalogFiles returns what is known of the files of a source, by path.
func (s *Store) CatalogFiles(ctx context.Context, source string) (map[string]catalog.FileState, error) {
	rows, err := s.query(ctx, `SELECT path, hash, reads, targets, via FROM catalog_files WHERE source = ?`, source)
	list, err := collect(rows, err, func(r scanner) (catalog.FileState, error) {
		var f catalog.FileState
		var reads, targets string
		if err := r.Scan(&f.Path, &f.Hash, &reads, &targets, &f.Via); err != nil {
			return f, err
		}
		if err := json.Unmarshal([]byte(reads), &f.Reads); err != nil {
			return f, err
		}
		return f, json.Unmarshal([]byte(targets), &f.Targets)
	})
	out := make(map[string]catalog.FileState, len(list))
	for _, f := range list {
		out[f.Path] = f
	}
	return out, err
}

// PutCatalogFiles writes what was read of files.
func (s *Store) PutCatalogFiles(ctx context.Context, t tx.Tx, source string, files []catalog.FileState) error {
	for chunk := range slices.Chunk(files, catalogChunk) {
		var args []any
		for _, f := range chunk {
			reads, err := json.Marshal(append([]string{}, f.Reads...))
			if err != nil {
				return err
			}
			targets, err := json.Marshal(append([]string{}, f.Targets...))
			if err != nil {
				return err
			}
			args = append(args, source, f.Path, f.Hash, string(reads), string(targets), f.Via)
		}
		_, err := s.exec(ctx, t, `
			INSERT INTO catalog_files (source, path, hash, reads, targets, via)
			VALUES `+tuples(len(chunk), 6)+`
			ON CONFLICT (source, path) DO UPDATE SET hash = excluded.hash, reads = excluded.reads, targets = excluded.targets,
				via = excluded.via`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// DropCatalogFiles forgets files of a source.
func (s *Store) DropCatalogFiles(ctx context.Context, t tx.Tx, source string, paths []string) error {
	for chunk := range slices.Chunk(paths, 500) {
		_, err := s.exec(ctx, t, `DELETE FROM catalog_files WHERE source = ? AND path IN (`+marks(len(chunk))+`)`,
			append([]any{source}, anys(chunk)...)...)
		if err != nil {
			return err
		}
	}
	return nil
}
