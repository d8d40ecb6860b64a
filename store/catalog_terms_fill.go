package store

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
)

// fillTerms gives terms to the entities that have none, or outdated ones: those
// that a release before terms wrote. Nearly always there are none.
func (s *Store) fillTerms(ctx context.Context) error {
	for {
		n := 0
		err := s.Write(ctx, func(t tx.Tx) (err error) {
			n, err = s.fillSome(ctx, t)
			return err
		})
		if err != nil {
			return fmt.Errorf("fill catalog terms: %w", err)
		}
		if n < catalogChunk {
			return nil
		}
	}
}

// unfilled is an entity without the terms that it should have.
type unfilled struct{ ref, body string }

func (s *Store) fillSome(ctx context.Context, t tx.Tx) (int, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT e.ref, b.body
		FROM entities e JOIN entity_bodies b ON b.ref = e.ref
		WHERE e.indexed <> e.changed_at
		LIMIT ?`, catalogChunk)
	list, err := collect(rows, err, func(r scanner) (unfilled, error) {
		var u unfilled
		return u, r.Scan(&u.ref, &u.body)
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	if _, err := s.nextGeneration(ctx, t); err != nil { // so that nobody writes beside
		return 0, err
	}
	refs := make([]string, len(list))
	for i, u := range list {
		refs[i] = u.ref
	}
	slots, err := s.entitySlots(ctx, t, refs)
	if err != nil {
		return 0, err
	}
	stated, err := s.statedRelations(ctx, t, refs)
	if err != nil {
		return 0, err
	}
	terms, old := map[int64][]query.Term{}, map[int64][]int64{}
	for _, u := range list {
		slot := slots[u.ref]
		old[slot.id] = slot.terms
		terms[slot.id], err = query.Flatten([]byte(u.body), catalog.UID(splitRef(u.ref)), func(yield func(string, string) bool) {
			for _, r := range stated[u.ref] {
				if !yield(r.Type, r.Target.String()) {
					return
				}
			}
		})
		if err != nil {
			return 0, err
		}
		if _, err := s.exec(ctx, t, `UPDATE entities SET id = ?, indexed = changed_at WHERE ref = ?`, slot.id, u.ref); err != nil {
			return 0, err
		}
	}
	return len(list), s.writeTerms(ctx, t, terms, old)
}

// statedRelations returns the relations that the entities themselves state.
func (s *Store) statedRelations(ctx context.Context, t tx.Tx, refs []string) (map[string][]catalog.Relation, error) {
	type row struct{ source, kind, target string }
	rows, err := s.txQuery(ctx, t, `SELECT source, type, target FROM relations WHERE `+s.inList("source"), listArg(refs))
	list, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.source, &v.kind, &v.target)
	})
	out := map[string][]catalog.Relation{}
	for _, v := range list {
		out[v.source] = append(out[v.source], catalog.Relation{Type: v.kind, Target: splitRef(v.target)})
	}
	return out, err
}
