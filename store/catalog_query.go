package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// Queries of the catalog API. A predicate becomes the set of the entities that
// it holds for, from the sets of its terms; so a total is the size of a set,
// and a page is cut out of the set along the terms of the field that it is
// ordered by. What is found is kept for one generation of the catalog.

// asker answers for everybody from whom mask hides the same, at one generation
// of the catalog.
type asker struct {
	s          *Store
	mask       int64
	generation int64
}

// maxAsks bounds how often an answer is begun again because the catalog
// changed meanwhile; then it is made at one moment, which costs a little more.
const maxAsks = 3

// ask runs f until it has answered from one generation of the catalog: f
// returns the one that it saw last. It begins with the one that was seen last
// of all, so that nothing is asked of the database that the answer does not
// tell as well.
func (s *Store) ask(ctx context.Context, v access.Viewer, f func(context.Context, asker) (int64, error)) error {
	a := asker{s: s, mask: s.hiddenFrom(v), generation: s.asked.seen.Load()}
	for range maxAsks {
		saw, err := f(ctx, a)
		if saw == a.generation || err != nil {
			return err
		}
		s.asked.seen.Store(saw)
		a.generation = saw
	}
	return s.atOnce(ctx, func(ctx context.Context) (err error) {
		if a.generation, err = s.CatalogGeneration(ctx); err == nil {
			_, err = f(ctx, a)
		}
		return err
	})
}

// QueryEntities returns one page of what v may see, in the shape of the
// catalog API, from one moment of the catalog. A cursor that cannot be read is
// fault Invalid.
func (s *Store) QueryEntities(ctx context.Context, v access.Viewer, r query.Request) (query.Page, error) {
	var from *query.Position
	total := -1
	if r.Cursor != "" {
		inner, position, n, err := query.OpenCursor(r.Cursor)
		if err != nil {
			return query.Page{}, err
		}
		if r.Limit != query.Unset {
			inner.Limit = r.Limit
		}
		r, from, total = inner, &position, n
	} else if r.Limit == query.Unset {
		r.Limit = query.DefaultLimit
	}
	r.Limit = max(0, min(r.Limit, query.MaxLimit))
	var out query.Page
	err := s.ask(ctx, v, func(ctx context.Context, a asker) (saw int64, err error) {
		found, err := a.page(ctx, r, from, total)
		if err != nil {
			return 0, err
		}
		out = query.Page{Total: found.total, Next: found.next, Prev: found.prev}
		out.Items, saw, err = a.items(ctx, found.ids)
		return saw, err
	})
	if err != nil {
		return query.Page{}, fmt.Errorf("query entities: %w", err)
	}
	return out, nil
}

// streamBlock is how many entities a stream holds at a time.
const streamBlock = 250

// StreamEntities gives f all entities that v may see and where holds for, by
// the first order, which drops those without that field, else by uid. It holds
// a few hundred at a time, and each few hundred are from one moment. An error
// of f ends it and is returned.
func (s *Store) StreamEntities(ctx context.Context, v access.Viewer, where query.Predicate, order []query.Order, f func(json.RawMessage) error) error {
	r := query.Request{Where: where, Limit: streamBlock}
	if len(order) > 0 {
		r.Order, r.DropMissing = order[:1], true
	}
	for from := (*query.Position)(nil); ; {
		var items []json.RawMessage
		var last *query.Position
		err := s.ask(ctx, v, func(ctx context.Context, a asker) (saw int64, err error) {
			ids, next, err := a.block(ctx, r, from)
			if err != nil {
				return 0, err
			}
			last = next
			items, saw, err = a.items(ctx, ids)
			return saw, err
		})
		if err != nil {
			return fmt.Errorf("stream entities: %w", err)
		}
		for _, item := range items {
			if err := f(item); err != nil {
				return err
			}
		}
		if from = last; from == nil {
			return nil
		}
	}
}

// EntitiesByRefs returns the entities under the references, which are compared
// as given, in their order; nil stands for one that is absent, hidden from v,
// or for which where does not hold.
func (s *Store) EntitiesByRefs(ctx context.Context, v access.Viewer, refs []string, where query.Predicate) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(refs))
	err := s.ask(ctx, v, func(ctx context.Context, a asker) (int64, error) {
		ids, err := a.idsOf(ctx, refs, where)
		if err != nil {
			return 0, err
		}
		list := make([]int64, 0, len(ids))
		for _, id := range ids {
			list = append(list, id)
		}
		items, saw, err := a.itemsByID(ctx, list)
		for i, ref := range refs {
			out[i] = items[ids[ref]]
		}
		return saw, err
	})
	if err != nil {
		return nil, fmt.Errorf("entities by reference: %w", err)
	}
	return out, nil
}

// idsOf returns the numbers of the references for which where holds.
func (a asker) idsOf(ctx context.Context, refs []string, where query.Predicate) (map[string]int64, error) {
	type row struct {
		ref string
		id  int64
	}
	rows, err := a.s.query(ctx, `SELECT ref, id FROM entities WHERE `+a.s.inList("ref")+` AND (hidden_by & ?) = 0`, listArg(append([]string{}, refs...)), a.mask)
	list, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.ref, &v.id)
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(list))
	for _, v := range list {
		out[v.ref] = v.id
	}
	if where == nil {
		return out, nil
	}
	found, err := a.match(ctx, where)
	for ref, id := range out {
		if !found.Has(id) {
			delete(out, ref)
		}
	}
	return out, err
}

// EntityByUID returns one entity in the shape of the catalog API, or
// catalog.ErrNotFound.
func (s *Store) EntityByUID(ctx context.Context, v access.Viewer, uid string) (json.RawMessage, error) {
	var items []json.RawMessage
	err := s.ask(ctx, v, func(ctx context.Context, a asker) (saw int64, err error) {
		found, err := a.match(ctx, query.In{Field: fieldUID, Values: []string{uid}})
		if err != nil {
			return 0, err
		}
		var ids []int64
		for id := range found.All {
			ids = append(ids, id)
		}
		items, saw, err = a.items(ctx, ids)
		return saw, err
	})
	if err == nil && len(items) == 0 {
		err = catalog.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("entity of uid %q: %w", uid, err)
	}
	return items[0], nil
}
