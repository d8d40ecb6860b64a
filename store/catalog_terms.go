package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Terms are what the catalog API filters by: see migration 00101. A write
// changes only the terms in which an entity differs from what it was, and each
// term once, however many entities of the write have it. What other entities
// state of one is no term of it: a query looks into their relations, so that
// nothing has to be kept right at the other end.

// formAny is the term that every entity with a key has, whatever its values.
const formAny = query.Null + 1

// termKeyShift separates a term's key from its own number.
const termKeyShift = 40

// termsChunk is of how many entities terms are written together.
const termsChunk = 1000

// fewEntities is up to how many entities a term's row holds itself.
const fewEntities = 32

// termRow is a row of catalog_terms.
type termRow struct {
	id   int64
	key  int64
	form query.Form
	text string // as written
	fold string // in lower case
	n    int64
	few  []byte // nil: see the postings
}

// termColumns must match scanTerm.
const termColumns = `t.id, t.key, t.form, t.value, t.original, t.n, t.few`

func scanTerm(r scanner) (termRow, error) {
	var t termRow
	err := r.Scan(&t.id, &t.key, &t.form, &t.fold, &t.text, &t.n, &t.few)
	if t.text == "" {
		t.text = t.fold
	}
	return t, err
}

// termName is what tells terms apart.
type termName struct {
	key  int64
	form query.Form
	text string
}

func (t termRow) name() termName { return termName{t.key, t.form, t.text} }

// entitySlot is an entity's number and the terms that it has by now.
type entitySlot struct {
	id    int64
	terms []int64
}

// entitySlots returns the numbers of the references. One that has none gets
// the next.
func (s *Store) entitySlots(ctx context.Context, t tx.Tx, refs []string) (map[string]entitySlot, error) {
	out, err := s.heldSlots(ctx, t, refs)
	if err != nil {
		return nil, err
	}
	var last int64
	for _, ref := range refs {
		if out[ref].id > 0 {
			continue
		}
		if last == 0 {
			if err := s.txRow(ctx, t, `SELECT last_entity FROM catalog_generations WHERE id = 1`).Scan(&last); err != nil {
				return nil, err
			}
		}
		last++
		out[ref] = entitySlot{id: last}
	}
	if last > 0 {
		_, err = s.exec(ctx, t, `UPDATE catalog_generations SET last_entity = ? WHERE id = 1`, last)
	}
	return out, err
}

func (s *Store) heldSlots(ctx context.Context, t tx.Tx, refs []string) (map[string]entitySlot, error) {
	type row struct {
		ref  string
		slot entitySlot
	}
	rows, err := s.txQuery(ctx, t, `
		SELECT e.ref, e.id, x.terms
		FROM entities e LEFT JOIN entity_terms x ON x.entity = e.id
		WHERE e.id > 0 AND `+s.inList("e.ref"), listArg(refs))
	list, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		var terms []byte
		err := r.Scan(&v.ref, &v.slot.id, &terms)
		v.slot.terms = bitset.DecodeList(nil, terms)
		return v, err
	})
	out := make(map[string]entitySlot, len(refs))
	for _, v := range list {
		out[v.ref] = v.slot
	}
	return out, err
}

// putTerms gives the entities the terms that follow from their bodies and
// relations.
func (s *Store) putTerms(ctx context.Context, t tx.Tx, list []catalog.Written, slots map[string]entitySlot) error {
	terms := make(map[int64][]query.Term, len(list))
	old := make(map[int64][]int64, len(list))
	for _, e := range list {
		slot := slots[e.Ref.String()]
		flat, err := query.Flatten(e.Body, catalog.UID(e.Ref), func(yield func(string, string) bool) {
			for _, r := range e.Relations {
				if !yield(r.Type, r.Target.String()) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		terms[slot.id], old[slot.id] = flat, slot.terms
	}
	return s.writeTerms(ctx, t, terms, old)
}

// dropTerms takes the entities' terms away.
func (s *Store) dropTerms(ctx context.Context, t tx.Tx, refs []string) error {
	slots, err := s.heldSlots(ctx, t, refs)
	if err != nil || len(slots) == 0 {
		return err
	}
	old := make(map[int64][]int64, len(slots))
	for _, slot := range slots {
		old[slot.id] = slot.terms
	}
	return s.writeTerms(ctx, t, nil, old)
}

// writeTerms makes terms those of the entities, which had old.
func (s *Store) writeTerms(ctx context.Context, t tx.Tx, terms map[int64][]query.Term, old map[int64][]int64) error {
	w := &termWriter{s: s, ctx: ctx, t: t, byID: map[int64]*termChange{}, byName: map[termName]*termChange{}, entities: map[int64][]int64{}}
	if err := w.resolve(terms); err != nil {
		return fmt.Errorf("catalog terms: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		w.differ(id, w.entities[id], old[id])
	}
	for _, step := range []func() error{w.loadGone, w.settle, w.writeRows, w.writePostings, w.writeEntities} {
		if err := step(); err != nil {
			return fmt.Errorf("catalog terms: %w", err)
		}
	}
	return nil
}

// termChange is a term with the entities that come to it and leave it.
type termChange struct {
	termRow
	fresh     bool // has no row yet
	add, drop []int64
}

type termWriter struct {
	s        *Store
	ctx      context.Context
	t        tx.Tx
	byID     map[int64]*termChange
	byName   map[termName]*termChange
	entities map[int64][]int64 // entity to its terms, ascending
	gone     []int64           // entities that have no terms any more
	chunks   []chunkChange
}

// differ notes to which terms an entity comes and which it leaves. Both lists
// ascend.
func (w *termWriter) differ(id int64, now, old []int64) {
	if len(now) == 0 && len(old) > 0 {
		w.gone = append(w.gone, id)
	}
	if slices.Equal(now, old) {
		delete(w.entities, id)
		return
	}
	for len(now) > 0 || len(old) > 0 {
		switch {
		case len(old) == 0 || len(now) > 0 && now[0] < old[0]:
			w.change(now[0]).add = append(w.change(now[0]).add, id)
			now = now[1:]
		case len(now) == 0 || old[0] < now[0]:
			w.change(old[0]).drop = append(w.change(old[0]).drop, id)
			old = old[1:]
		default:
			now, old = now[1:], old[1:]
		}
	}
}

func (w *termWriter) change(id int64) *termChange {
	c := w.byID[id]
	if c == nil {
		c = &termChange{termRow: termRow{id: id, n: -1}}
		w.byID[id] = c
	}
	return c
}

// loadGone loads the terms that entities leave and nothing named.
func (w *termWriter) loadGone() error {
	var ids []int64
	for id, c := range w.byID {
		if c.n < 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := w.s.txQuery(w.ctx, w.t, `SELECT `+termColumns+` FROM catalog_terms t WHERE `+w.s.inIDs("t.id"), idsArg(ids))
	held, err := collect(rows, err, scanTerm)
	for _, t := range held {
		w.byID[t.id].termRow = t
	}
	for _, id := range ids {
		if w.byID[id].n < 0 {
			delete(w.byID, id) // no such term: nothing to leave
		}
	}
	return err
}

// sortedChanges are the terms that change, by id.
func (w *termWriter) sortedChanges() []*termChange {
	var out []*termChange
	for _, c := range w.byID {
		if len(c.add)+len(c.drop) > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *termChange) int { return cmp.Compare(a.id, b.id) })
	return out
}
