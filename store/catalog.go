package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Entity returns one entity with its relations. It returns
// catalog.ErrNotFound, or catalog.ErrGone when a tombstone is left of it.
func (s *Store) Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	var body, changed string
	var src catalog.Source
	var hash string
	var orphan bool
	err := s.row(ctx, `
		SELECT b.body, b.hash, b.location, b.document, b.line, b.version, b.orphan, e.source, e.file, e.changed_at
		FROM entity_bodies b JOIN entities e ON e.ref = b.ref
		WHERE b.ref = ?`, ref.String()).
		Scan(&body, &hash, &src.Location, &src.Document, &src.Line, &src.Version, &orphan, &src.ID, &src.File, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return catalog.Entity{}, s.missing(ctx, ref)
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
	e.Relations, err = s.relations(ctx, ref)
	return e, err
}

// EntityJSON returns one entity in the shape of the catalog API, without
// decoding its body. It fails as Entity does.
func (s *Store) EntityJSON(ctx context.Context, v access.Viewer, ref catalog.Ref) ([]byte, error) {
	var body, hash string
	err := s.row(ctx, `SELECT body, hash FROM entity_bodies WHERE ref = ?`, ref.String()).Scan(&body, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, s.missing(ctx, ref)
	}
	if err != nil {
		return nil, fmt.Errorf("entity %s: %w", ref, err)
	}
	relations, err := s.relations(ctx, ref)
	if err != nil {
		return nil, err
	}
	return withRelations(body, ref, hash, relations)
}

// withRelations adds what the catalog knows to an encoded body.
func withRelations(body string, ref catalog.Ref, hash string, relations []catalog.Relation) ([]byte, error) {
	type relation struct {
		Type   string `json:"type"`
		Target string `json:"targetRef"`
	}
	list := make([]relation, len(relations))
	for i, r := range relations {
		list[i] = relation{r.Type, r.Target.String()}
	}
	enc, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	const meta = `"metadata":{`
	at := strings.Index(body, meta) // the encoder sorts keys: only apiVersion and kind stand before it
	if at < 0 {
		return nil, fmt.Errorf("entity %s: body without metadata", ref)
	}
	at += len(meta)
	out := make([]byte, 0, len(body)+len(enc)+128)
	out = append(out, body[:at]...)
	out = append(out, `"uid":"`+catalog.UID(ref)+`","etag":"`+hash+`",`...)
	out = append(out, body[at:len(body)-1]...)
	out = append(out, `,"relations":`...)
	out = append(out, enc...)
	return append(out, '}'), nil
}

// missing tells a removed entity from one that never was.
func (s *Store) missing(ctx context.Context, ref catalog.Ref) error {
	var n int
	if err := s.row(ctx, `SELECT COUNT(*) FROM tombstones WHERE ref = ?`, ref.String()).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("entity %s: %w", ref, catalog.ErrGone)
	}
	return fmt.Errorf("entity %s: %w", ref, catalog.ErrNotFound)
}

// relations returns both what the entity states and what others state of it.
func (s *Store) relations(ctx context.Context, ref catalog.Ref) ([]catalog.Relation, error) {
	type edge struct {
		kind, other string
		mine        bool
	}
	name := ref.String()
	rows, err := s.query(ctx, `
		SELECT type, target, 1 FROM relations WHERE source = ?
		UNION ALL
		SELECT type, source, 0 FROM relations WHERE target = ?`, name, name)
	edges, err := collect(rows, err, func(r scanner) (edge, error) {
		var e edge
		return e, r.Scan(&e.kind, &e.other, &e.mine)
	})
	if err != nil {
		return nil, fmt.Errorf("relations of %s: %w", ref, err)
	}
	out := make([]catalog.Relation, 0, len(edges))
	for _, e := range edges {
		other, err := catalog.ParseRef(e.other, "", "")
		if err != nil {
			return nil, fmt.Errorf("relations of %s: %w", ref, err)
		}
		if !e.mine {
			e.kind = catalog.Inverse(e.kind)
		}
		out = append(out, catalog.Relation{Type: e.kind, Target: other})
	}
	return catalog.SortRelations(out), nil
}

// RelatedTo returns the entities that state a relation of one type to any of
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
	rows, err := s.query(ctx, `SELECT DISTINCT source FROM relations WHERE type = ? AND target IN (`+marks(most)+`) ORDER BY source`, args...)
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
	err := s.row(ctx, `SELECT kind, title, body, why, source, removed_at FROM tombstones WHERE ref = ?`, ref.String()).
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
	rows, err := s.query(ctx, `
		SELECT at, what, fields, diff, source, file, version
		FROM entity_changes
		WHERE ref = ?
		ORDER BY generation DESC
		LIMIT ?`, ref.String(), limit)
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
