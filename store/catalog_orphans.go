package store

import (
	"context"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// OrphanEntities marks entities that their source no longer holds, inside t.
// One that is marked already keeps the time since when it is.
func (s *Store) OrphanEntities(ctx context.Context, t tx.Tx, refs []string) error {
	if err := s.markOrphans(ctx, t, refs, true); err != nil {
		return err
	}
	since := tx.Format(t.Now())
	for chunk := range slices.Chunk(refs, catalogChunk) {
		var args []any
		for _, r := range chunk {
			args = append(args, r, since)
		}
		_, err := s.exec(ctx, t, `INSERT INTO catalog_orphans (ref, since) VALUES `+tuples(len(chunk), 2)+` ON CONFLICT (ref) DO UPDATE SET since = excluded.since`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// ReviveEntities takes the mark of orphans away, inside t.
func (s *Store) ReviveEntities(ctx context.Context, t tx.Tx, refs []string) error {
	if err := s.markOrphans(ctx, t, refs, false); err != nil {
		return err
	}
	for chunk := range slices.Chunk(refs, catalogChunk) {
		if _, err := s.exec(ctx, t, `DELETE FROM catalog_orphans WHERE ref IN (`+marks(len(chunk))+`)`, anys(chunk)...); err != nil {
			return err
		}
	}
	return nil
}

// markOrphans is a change of the catalog, since lists show it, but none of the
// entities' history.
func (s *Store) markOrphans(ctx context.Context, t tx.Tx, refs []string, orphan bool) error {
	if len(refs) == 0 {
		return nil
	}
	generation, err := s.nextGeneration(ctx, t)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(refs, catalogChunk) {
		in, args := marks(len(chunk)), anys(chunk)
		if _, err := s.exec(ctx, t, `UPDATE entity_bodies SET orphan = ? WHERE ref IN (`+in+`)`, append([]any{flag(orphan)}, args...)...); err != nil {
			return err
		}
		if _, err := s.exec(ctx, t, `UPDATE entities SET generation = ? WHERE ref IN (`+in+`)`, append([]any{generation}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// OrphansBefore returns entities that became orphans up to then, the oldest
// first, inside t.
func (s *Store) OrphansBefore(ctx context.Context, t tx.Tx, then time.Time, limit int) ([]catalog.Held, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT `+heldColumns+`
		FROM catalog_orphans o
		JOIN entities e ON e.ref = o.ref
		JOIN entity_bodies b ON b.ref = o.ref
		WHERE o.since <= ? AND b.orphan = 1
		ORDER BY o.since
		LIMIT ?`, tx.Format(then), limit)
	return collect(rows, err, scanHeld)
}
