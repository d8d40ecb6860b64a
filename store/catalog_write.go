package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// catalogChunk is how many rows one statement carries.
const catalogChunk = 100

// PutEntities writes entities with their relations and history, and puts them
// into the search index.
func (s *Store) PutEntities(ctx context.Context, t tx.Tx, list []catalog.Written) error {
	if len(list) == 0 {
		return nil
	}
	generation, err := s.nextGeneration(ctx, t)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(list, termsChunk) {
		slots, err := s.entitySlots(ctx, t, refsOf(some, everything))
		if err != nil {
			return fmt.Errorf("put entities: %w", err)
		}
		for chunk := range slices.Chunk(some, catalogChunk) {
			if err := s.putEntityRows(ctx, t, generation, chunk, slots); err != nil {
				return fmt.Errorf("put entities: %w", err)
			}
			for _, write := range []func(context.Context, tx.Tx, int64, []catalog.Written) error{
				s.putBodies, s.putRelations, s.putChanges, s.indexEntities} {
				if err := write(ctx, t, generation, chunk); err != nil {
					return fmt.Errorf("put entities: %w", err)
				}
			}
		}
		if err := s.putTerms(ctx, t, some, slots); err != nil {
			return fmt.Errorf("put entities: %w", err)
		}
	}
	return nil
}

func everything(catalog.Written) bool { return true }

// nextGeneration counts a change of the catalog. On PostgreSQL the row's lock
// makes generations grow in the order of commits.
func (s *Store) nextGeneration(ctx context.Context, t tx.Tx) (int64, error) {
	var n int64
	err := s.txRow(ctx, t, `UPDATE catalog_generations SET generation = generation + 1 WHERE id = 1 RETURNING generation`).Scan(&n)
	return n, err
}

func (s *Store) putEntityRows(ctx context.Context, t tx.Tx, generation int64, list []catalog.Written, slots map[string]entitySlot) error {
	var args []any
	now := tx.Format(t.Now())
	for _, e := range list {
		tags, err := json.Marshal(append([]string{}, e.Metadata.Tags...))
		if err != nil {
			return err
		}
		args = append(args, e.Ref.String(), e.Kind, e.Title(), e.Metadata.Description, e.Type(), e.Lifecycle(), e.Owner().String(),
			e.System().String(), string(tags), e.Source.ID, e.Source.File, generation, now, s.coveredBy(e.Entity), slots[e.Ref.String()].id, now)
	}
	_, err := s.exec(ctx, t, `
		INSERT INTO entities (ref, `+summaryColumns+`, source, file, generation, changed_at, hidden_by, id, indexed)
		VALUES `+tuples(len(list), 16)+`
		ON CONFLICT (ref) DO UPDATE SET kind = excluded.kind, title = excluded.title, description = excluded.description,
			type = excluded.type, lifecycle = excluded.lifecycle, owner = excluded.owner, system = excluded.system,
			tags = excluded.tags, source = excluded.source, file = excluded.file, generation = excluded.generation,
			changed_at = excluded.changed_at, hidden_by = excluded.hidden_by, id = excluded.id, indexed = excluded.indexed`, args...)
	if err != nil {
		return err
	}
	fresh := refsOf(list, func(e catalog.Written) bool { return e.New })
	if len(fresh) == 0 {
		return nil
	}
	_, err = s.exec(ctx, t, `DELETE FROM tombstones WHERE ref IN (`+marks(len(fresh))+`)`, anys(fresh)...)
	return err
}

func refsOf(list []catalog.Written, keep func(catalog.Written) bool) []string {
	var out []string
	for _, e := range list {
		if keep(e) {
			out = append(out, e.Ref.String())
		}
	}
	return out
}

func (s *Store) putBodies(ctx context.Context, t tx.Tx, _ int64, list []catalog.Written) error {
	var args []any
	for _, e := range list {
		email := ""
		if e.Ref.Kind == "user" {
			email = strings.ToLower(e.Profile("email"))
		}
		args = append(args, e.Ref.String(), e.Hash, e.Source.Location, e.Source.Document, e.Source.Line, e.Source.Version,
			flag(e.Trusted), flag(e.Orphan), email, string(e.Body))
	}
	_, err := s.exec(ctx, t, `
		INSERT INTO entity_bodies (ref, hash, location, document, line, version, trusted, orphan, email, body)
		VALUES `+tuples(len(list), 10)+`
		ON CONFLICT (ref) DO UPDATE SET hash = excluded.hash, location = excluded.location, document = excluded.document,
			line = excluded.line, version = excluded.version, trusted = excluded.trusted, orphan = excluded.orphan,
			email = excluded.email, body = excluded.body`, args...)
	return err
}

func (s *Store) putRelations(ctx context.Context, t tx.Tx, _ int64, list []catalog.Written) error {
	if old := refsOf(list, func(e catalog.Written) bool { return !e.New }); len(old) > 0 {
		if _, err := s.exec(ctx, t, `DELETE FROM relations WHERE source IN (`+marks(len(old))+`)`, anys(old)...); err != nil {
			return err
		}
	}
	var args []any
	for _, e := range list {
		for _, r := range e.Relations {
			args = append(args, e.Ref.String(), r.Type, r.Target.String())
		}
	}
	for chunk := range slices.Chunk(args, 3*catalogChunk) {
		if _, err := s.exec(ctx, t, `INSERT INTO relations (source, type, target) VALUES `+tuples(len(chunk)/3, 3)+` ON CONFLICT DO NOTHING`, chunk...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putChanges(ctx context.Context, t tx.Tx, generation int64, list []catalog.Written) error {
	var args []any
	now := tx.Format(t.Now())
	for _, e := range list {
		what := "changed"
		if e.New {
			what = "added"
		}
		fields, err := json.Marshal(append([]string{}, e.Fields...))
		if err != nil {
			return err
		}
		diff, err := json.Marshal(append([]catalog.FieldChange{}, e.Diff...))
		if err != nil {
			return err
		}
		args = append(args, e.Ref.String(), generation, now, what, string(fields), string(diff), e.Source.ID, e.Source.File, e.Source.Version)
	}
	return s.insertChanges(ctx, t, args)
}

func (s *Store) insertChanges(ctx context.Context, t tx.Tx, args []any) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO entity_changes (ref, generation, at, what, fields, diff, source, file, version)
		VALUES `+tuples(len(args)/9, 9), args...)
	return err
}

// DropEntities removes entities; each leaves a tombstone that says why.
func (s *Store) DropEntities(ctx context.Context, t tx.Tx, refs []string, why string) error {
	if len(refs) == 0 {
		return nil
	}
	generation, err := s.nextGeneration(ctx, t)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(refs, termsChunk) {
		if err := s.dropTerms(ctx, t, chunk); err != nil {
			return fmt.Errorf("drop entities: %w", err)
		}
	}
	for chunk := range slices.Chunk(refs, catalogChunk) {
		if err := s.dropChunk(ctx, t, generation, chunk, why); err != nil {
			return fmt.Errorf("drop entities: %w", err)
		}
	}
	return nil
}

func (s *Store) dropChunk(ctx context.Context, t tx.Tx, generation int64, refs []string, why string) error {
	now, in, args := tx.Format(t.Now()), marks(len(refs)), anys(refs)
	_, err := s.exec(ctx, t, `
		INSERT INTO tombstones (ref, kind, title, body, why, source, removed_at, generation, hidden_by)
		SELECT e.ref, e.kind, e.title, b.body, CAST(? AS TEXT), e.source, CAST(? AS TEXT), CAST(? AS BIGINT), e.hidden_by
		FROM entities e JOIN entity_bodies b ON b.ref = e.ref
		WHERE e.ref IN (`+in+`)
		ON CONFLICT (ref) DO UPDATE SET kind = excluded.kind, title = excluded.title, body = excluded.body, why = excluded.why,
			source = excluded.source, removed_at = excluded.removed_at, generation = excluded.generation,
			hidden_by = excluded.hidden_by`,
		append([]any{why, now, generation}, args...)...)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO entity_changes (ref, generation, at, what, fields, source, file, version)
		SELECT ref, CAST(? AS BIGINT), CAST(? AS TEXT), 'removed', '[]', source, file, ''
		FROM entities
		WHERE ref IN (`+in+`)`, append([]any{generation, now}, args...)...)
	if err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM relations WHERE source IN (`, `DELETE FROM entity_bodies WHERE ref IN (`, `DELETE FROM entities WHERE ref IN (`} {
		if _, err := s.exec(ctx, t, q+in+`)`, args...); err != nil {
			return err
		}
	}
	keys := make([]string, len(refs))
	for i, r := range refs {
		keys[i] = searchKey(r)
	}
	return s.DropSearch(ctx, t, keys)
}

// MoveEntities writes where entities stand that are otherwise unchanged.
func (s *Store) MoveEntities(ctx context.Context, t tx.Tx, list []catalog.Written) error {
	for chunk := range slices.Chunk(list, catalogChunk) {
		var args []any
		for _, e := range chunk {
			src := e.Source
			args = append(args, e.Ref.String(), src.ID, src.File, src.Location, src.Document, src.Line, src.Version)
		}
		const row = `(?, ?, ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT), ?)`
		moved := `WITH moved (ref, source, file, location, document, line, version) AS (VALUES ` + strings.Repeat(row+`, `, len(chunk)-1) + row + `) `
		for _, q := range []string{
			`UPDATE entity_bodies SET location = moved.location, document = moved.document, line = moved.line, version = moved.version
				FROM moved WHERE entity_bodies.ref = moved.ref`,
			`UPDATE entities SET source = moved.source, file = moved.file FROM moved WHERE entities.ref = moved.ref`,
		} {
			if _, err := s.exec(ctx, t, moved+q, args...); err != nil {
				return fmt.Errorf("move entities: %w", err)
			}
		}
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
