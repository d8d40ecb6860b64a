package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Entity returns one entity with its relations. It returns
// catalog.ErrNotFound, or catalog.ErrGone when a tombstone is left of it.
func (s *Store) Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (e catalog.Entity, err error) {
	err = s.atOnce(ctx, func(ctx context.Context) error {
		e, err = s.entity(ctx, v, ref)
		return err
	})
	return e, err
}

func (s *Store) entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	var body, changed string
	var src catalog.Source
	var hash string
	var orphan bool
	mask := s.hiddenFrom(v)
	err := s.row(ctx, `
		SELECT b.body, b.hash, b.location, b.document, b.line, b.version, b.orphan, e.source, e.file, e.changed_at
		FROM entity_bodies b JOIN entities e ON e.ref = b.ref
		WHERE b.ref = ? AND (e.hidden_by & ?) = 0`, ref.String(), mask).
		Scan(&body, &hash, &src.Location, &src.Document, &src.Line, &src.Version, &orphan, &src.ID, &src.File, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return catalog.Entity{}, s.missing(ctx, mask, ref)
	}
	if err != nil {
		return catalog.Entity{}, fmt.Errorf("entity %s: %w", ref, err)
	}
	e, err := catalog.Decode([]byte(body))
	if err != nil {
		return e, err
	}
	e.Source, e.Hash, e.Orphan = src, hash, orphan
	if e.ChangedAt, err = tx.Parse(changed); err != nil {
		return e, err
	}
	e.Relations, err = s.relations(ctx, mask, ref)
	return e, err
}

// missing tells a removed entity from one that never was; one that mask hides
// never was.
func (s *Store) missing(ctx context.Context, mask int64, ref catalog.Ref) error {
	var n int
	if err := s.row(ctx, `SELECT COUNT(*) FROM tombstones WHERE ref = ? AND (hidden_by & ?) = 0`, ref.String(), mask).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("entity %s: %w", ref, catalog.ErrGone)
	}
	return fmt.Errorf("entity %s: %w", ref, catalog.ErrNotFound)
}

// relations returns both what the entity states and what others state of it,
// without what mask hides.
func (s *Store) relations(ctx context.Context, mask int64, ref catalog.Ref) ([]catalog.Relation, error) {
	edges, err := s.edges(ctx, mask, ref.String())
	if err != nil {
		return nil, fmt.Errorf("relations of %s: %w", ref, err)
	}
	return s.relationsOf(mask, ref, edges)
}

// relationsOf makes relations of what was read of them.
func (s *Store) relationsOf(mask int64, ref catalog.Ref, edges []edge) ([]catalog.Relation, error) {
	out := make([]catalog.Relation, 0, len(edges))
	for _, e := range edges {
		other, err := catalog.ParseRef(e.other, "", "")
		if err != nil {
			return nil, fmt.Errorf("relations of %s: %w", ref, err)
		}
		if e.missing && !s.mayName(mask, other) {
			continue
		}
		if !e.mine {
			e.kind = catalog.Inverse(e.kind)
		}
		out = append(out, catalog.Relation{Type: e.kind, Target: other})
	}
	return catalog.SortRelations(out), nil
}

// edge is a relation as one of its ends sees it.
type edge struct {
	kind, other string
	mine        bool // stated by this end
	missing     bool // the other end does not exist; known only where something is hidden
}

// edgesQuery reads type, other end, whether it is stated by this end, and
// whether the other end does not exist.
func edgesQuery(mask int64, name string) (query string, args []any) {
	query, args = `
		SELECT type, target, 1, 0 FROM relations WHERE source = ?
		UNION ALL
		SELECT type, source, 0, 0 FROM relations WHERE target = ?`, []any{name, name}
	if mask != 0 {
		query, args = `
		SELECT r.type, r.target, 1, CASE WHEN e.ref IS NULL THEN 1 ELSE 0 END
		FROM relations r LEFT JOIN entities e ON e.ref = r.target
		WHERE r.source = ? AND (COALESCE(e.hidden_by, 0) & ?) = 0
		UNION ALL
		SELECT r.type, r.source, 0, 0
		FROM relations r JOIN entities e ON e.ref = r.source
		WHERE r.target = ? AND (e.hidden_by & ?) = 0`, []any{name, mask, name, mask}
	}
	return query, args
}

func (s *Store) edges(ctx context.Context, mask int64, name string) ([]edge, error) {
	query, args := edgesQuery(mask, name)
	rows, err := s.query(ctx, query, args...)
	return collect(rows, err, func(r scanner) (edge, error) {
		var e edge
		return e, r.Scan(&e.kind, &e.other, &e.mine, &e.missing)
	})
}

// RelatedTo returns the entities, of those that v may see, that state a relation of one type to any of
// the targets, in order.
func (s *Store) RelatedTo(ctx context.Context, v access.Viewer, relation string, targets []catalog.Ref) ([]catalog.Ref, error) {
	const most = 64 // the number of marks is fixed, so that one statement is kept
	args := []any{relation}
	for _, r := range targets[:min(len(targets), most)] {
		args = append(args, r.String())
	}
	for len(args) <= most {
		args = append(args, "")
	}
	unhidden, more := unhidden("r.source", s.hiddenFrom(v))
	rows, err := s.query(ctx, `SELECT DISTINCT r.source FROM relations r WHERE r.type = ? AND r.target IN (`+marks(most)+`)`+unhidden+` ORDER BY r.source`,
		append(args, more...)...)
	return collect(rows, err, func(r scanner) (catalog.Ref, error) {
		ref, err := scanText(r)
		return splitRef(ref), err
	})
}

// Tombstone returns what is left of a removed entity; catalog.ErrNotFound if
// there is none.
func (s *Store) Tombstone(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Tombstone, error) {
	d := catalog.Tombstone{Ref: ref.Canonical()}
	var body string
	err := s.row(ctx, `SELECT kind, title, body, why, source, removed_at FROM tombstones WHERE ref = ? AND (hidden_by & ?) = 0`, ref.String(), s.hiddenFrom(v)).
		Scan(&d.Kind, &d.Title, &body, &d.Why, &d.Source, &d.Removed)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("tombstone of %s: %w", ref, catalog.ErrNotFound)
	}
	if err != nil {
		return d, err
	}
	e, err := catalog.Decode([]byte(body))
	d.YAML = e.YAML()
	return d, err
}

// EntityChanges returns the history of an entity, newest first.
func (s *Store) EntityChanges(ctx context.Context, v access.Viewer, ref catalog.Ref, limit int) ([]catalog.Change, error) {
	unhidden, more := unhidden("c.ref", s.hiddenFrom(v))
	rows, err := s.query(ctx, `
		SELECT c.at, c.what, c.fields, c.diff, c.source, c.file, c.version
		FROM entity_changes c
		WHERE c.ref = ?`+unhidden+`
		ORDER BY c.generation DESC
		LIMIT ?`, append(append([]any{ref.String()}, more...), limit)...)
	return collect(rows, err, func(r scanner) (catalog.Change, error) {
		var c catalog.Change
		var fields, diff string
		if err := r.Scan(&c.At, &c.What, &fields, &diff, &c.Source, &c.File, &c.Commit); err != nil {
			return c, err
		}
		if err := json.Unmarshal([]byte(diff), &c.Diff); err != nil {
			return c, err
		}
		return c, json.Unmarshal([]byte(fields), &c.Fields)
	})
}
