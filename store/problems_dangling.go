package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// danglingCode is the code of a reference to nothing.
const danglingCode = "dangling"

// settingReferences keeps up to which generation references are checked.
const settingReferences = "catalog.references"

// CatalogGeneration grows with every change of the catalog.
func (s *Store) CatalogGeneration(ctx context.Context) (int64, error) {
	var n int64
	err := s.row(ctx, `SELECT generation FROM catalog_generations WHERE id = 1`).Scan(&n)
	return n, err
}

// CheckReferences brings the problems of code dangling up to the catalog: one
// for each reference of an entity to something that does not exist. It looks
// only at what was written or removed since the last time, and costs one row
// when nothing was. Several copies of the server may do it at once.
func (s *Store) CheckReferences(ctx context.Context) error {
	now, err := s.CatalogGeneration(ctx)
	if err != nil {
		return err
	}
	was, err := s.Setting(ctx, access.System("catalog"), settingReferences)
	if err != nil || was == strconv.FormatInt(now, 10) {
		return err
	}
	since, _ := strconv.ParseInt(was, 10, 64) // nought: everything is checked
	var found danglingChange
	err = s.atOnce(ctx, func(ctx context.Context) error {
		found, err = s.danglingSince(ctx, since)
		return err
	})
	if err != nil {
		return fmt.Errorf("check references: %w", err)
	}
	for chunk := range slices.Chunk(found.gone, 500) {
		err := s.Write(ctx, func(t tx.Tx) error {
			_, err := s.exec(ctx, t, `DELETE FROM catalog_problems WHERE id IN (`+marks(len(chunk))+`)`, anys(chunk)...)
			return err
		})
		if err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(found.fresh, 500) {
		if err := s.Write(ctx, func(t tx.Tx) error { return s.putProblems(ctx, t, chunk, nil) }); err != nil {
			return err
		}
	}
	return s.Write(ctx, func(t tx.Tx) error {
		return s.PutSetting(ctx, t, settingReferences, strconv.FormatInt(found.at, 10))
	})
}

// danglingChange is what is to be written to be right at a generation.
type danglingChange struct {
	at    int64
	fresh []catalog.Problem // may be there already
	gone  []string          // ids
}

// danglingSince compares references with what is known of them.
func (s *Store) danglingSince(ctx context.Context, since int64) (danglingChange, error) {
	var c danglingChange
	var err error
	if c.at, err = s.CatalogGeneration(ctx); err != nil {
		return c, err
	}
	const columns = `e.ref, e.owner, e.tags, e.source, e.file, b.document, b.line, r.type, r.target`
	right := map[string]bool{}
	for _, q := range []string{
		// of what was written
		`SELECT ` + columns + `
		FROM entities e JOIN entity_bodies b ON b.ref = e.ref JOIN relations r ON r.source = e.ref
		WHERE e.generation > ? AND NOT EXISTS (SELECT 1 FROM entities x WHERE x.ref = r.target)`,
		// to what was removed
		`SELECT ` + columns + `
		FROM tombstones t JOIN relations r ON r.target = t.ref JOIN entities e ON e.ref = r.source JOIN entity_bodies b ON b.ref = e.ref
		WHERE t.generation > ? AND NOT EXISTS (SELECT 1 FROM entities x WHERE x.ref = t.ref)`,
	} {
		rows, err := s.query(ctx, q, since)
		list, err := collect(rows, err, scanDangling)
		if err != nil {
			return c, err
		}
		for _, p := range list {
			if !right[p.ID] {
				right[p.ID], c.fresh = true, append(c.fresh, p)
			}
		}
	}
	gone, err := s.danglingGone(ctx, since)
	for _, id := range gone {
		if !right[id] {
			right[id], c.gone = true, append(c.gone, id)
		}
	}
	return c, err
}

// danglingGone are the known ones that something written or removed may have
// ended.
func (s *Store) danglingGone(ctx context.Context, since int64) ([]string, error) {
	rows, err := s.query(ctx, `
		SELECT p.id FROM entities e JOIN catalog_problems p ON p.entity = e.ref WHERE e.generation > ? AND p.target <> ''
		UNION
		SELECT p.id FROM entities e JOIN catalog_problems p ON p.target = e.ref WHERE e.generation > ? AND p.target <> ''
		UNION
		SELECT p.id FROM tombstones t JOIN catalog_problems p ON p.entity = t.ref WHERE t.generation > ? AND p.target <> ''`, since, since, since)
	return collect(rows, err, scanText)
}

func scanDangling(r scanner) (catalog.Problem, error) {
	var ref, owner, tags, relation, target string
	var e catalog.Entity
	if err := r.Scan(&ref, &owner, &tags, &e.Source.ID, &e.Source.File, &e.Source.Document, &e.Source.Line, &relation, &target); err != nil {
		return catalog.Problem{}, err
	}
	e.Ref = splitRef(ref)
	err := json.Unmarshal([]byte(tags), &e.Metadata.Tags)
	return catalog.Dangles(e, owner, relation, splitRef(target)), err
}
