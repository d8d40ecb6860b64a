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

// sourceColumns are more columns of itemsQuery: where an entity is from.
const sourceColumns = `, b.location, b.document, b.line, b.version, e.source, e.file, e.changed_at`

// Entity returns one entity with its relations. It returns
// catalog.ErrNotFound, or catalog.ErrGone when a tombstone is left of it.
func (s *Store) Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	a := asker{s: s, mask: s.hiddenFrom(v)}
	var row itemRow
	var src catalog.Source
	var changed string
	var id, generation int64
	err := s.row(ctx, itemsQuery(a.mask, "e.ref = ?", sourceColumns), a.itemArgs(ref.String())...).
		Scan(append(row.into(&generation, &id), &src.Location, &src.Document, &src.Line, &src.Version, &src.ID, &src.File, &changed)...)
	if errors.Is(err, sql.ErrNoRows) {
		return catalog.Entity{}, s.missing(ctx, a.mask, ref)
	}
	if err != nil {
		return catalog.Entity{}, fmt.Errorf("entity %s: %w", ref, err)
	}
	e, err := catalog.Decode([]byte(row.body))
	if err != nil {
		return e, err
	}
	e.Source, e.Hash, e.Orphan, e.Relations = src, row.hash, row.orphan, relations(row.links(a.shows))
	e.ChangedAt, err = tx.Parse(changed)
	return e, err
}

// relations are links as entities have them.
func relations(links []link) []catalog.Relation {
	out := make([]catalog.Relation, len(links))
	for i, l := range links {
		out[i] = catalog.Relation{Type: l.kind, Target: splitRef(l.target)}
	}
	return out
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
