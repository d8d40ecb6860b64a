package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
)

// DocsSince lists the entities that changed after a generation of the catalog
// and name docs, and those that changed and name none. It is a helper of the
// docs engine, which asks again as a viewer before it shows anything.
func (s *Store) DocsSince(ctx context.Context, v access.Viewer, generation int64) (docs.Changes, error) {
	out := docs.Changes{Generation: generation}
	if !v.All {
		return out, nil
	}
	if err := s.row(ctx, `SELECT generation FROM catalog_generations WHERE id = 1`).Scan(&out.Generation); err != nil {
		return out, fmt.Errorf("docs since %d: %w", generation, err)
	}
	if out.Generation == generation {
		return out, nil
	}
	rows, err := s.query(ctx, `
		SELECT e.ref, CASE WHEN b.body LIKE '%"backstage.io/techdocs-%' THEN 1 ELSE 0 END
		FROM entities e
		JOIN entity_bodies b ON b.ref = e.ref
		WHERE e.generation > ? AND e.generation <= ?`, generation, out.Generation)
	err = eachDocs(&out, rows, err, generation >= 0)
	if err != nil || generation < 0 {
		return out, err
	}
	rows, err = s.query(ctx, `SELECT ref, 0 FROM tombstones WHERE generation > ? AND generation <= ?`, generation, out.Generation)
	return out, eachDocs(&out, rows, err, true)
}

// eachDocs sorts changed entities into those with docs and those without.
func eachDocs(out *docs.Changes, rows *sql.Rows, err error, gone bool) error {
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var text string
		var named int
		if err := r.Scan(&text, &named); err != nil {
			return struct{}{}, err
		}
		ref, err := catalog.ParseRef(text, "", "")
		switch {
		case err != nil:
			return struct{}{}, err
		case named == 1:
			out.Named = append(out.Named, ref)
		case gone:
			out.Gone = append(out.Gone, ref)
		}
		return struct{}{}, nil
	})
	return err
}
