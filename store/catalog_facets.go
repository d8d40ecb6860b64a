package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// EntityFacets counts, for each facet, the values of that field among what v
// may see and where holds for, by value, as written.
func (s *Store) EntityFacets(ctx context.Context, v access.Viewer, where query.Predicate, facets []string) (map[string][]catalog.Count, error) {
	var out map[string][]catalog.Count
	err := s.ask(ctx, v, func(ctx context.Context, a asker) (int64, error) {
		out = make(map[string][]catalog.Count, len(facets))
		for _, f := range facets {
			counts, err := a.facet(ctx, where, f)
			if err != nil {
				return 0, err
			}
			out[f] = counts
		}
		return s.CatalogGeneration(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("entity facets: %w", err)
	}
	return out, nil
}

// facet counts the values of one field.
func (a asker) facet(ctx context.Context, where query.Predicate, field string) ([]catalog.Count, error) {
	key := a.sight() + "facet " + field + "\x00" + query.Key(where)
	if v, ok := a.s.asked.get(a.generation, key).([]catalog.Count); ok {
		return v, nil
	}
	c, err := a.column(ctx, field)
	if err != nil {
		return nil, err
	}
	values := c.fixed
	if !c.whole && c.known {
		rows, err := a.terms(ctx, c.key.id, condition{})
		if err != nil {
			return nil, err
		}
		values = valuesIn(rows)
	}
	counts, err := a.count(ctx, where, values)
	if err != nil {
		return nil, err
	}
	const each = 40
	a.s.asked.put(a.generation, key, counts, each*len(counts))
	return counts, nil
}

// valuesIn joins the terms that are written alike.
func valuesIn(rows []termRow) []value {
	slices.SortFunc(rows, func(a, b termRow) int {
		return cmp.Or(strings.Compare(a.fold, b.fold), strings.Compare(a.text, b.text))
	})
	out := make([]value, 0, len(rows))
	for i, t := range rows {
		if n := len(out); n > 0 && out[n-1].text == t.text {
			out[n-1].rows = rows[i-len(out[n-1].rows) : i+1]
			continue
		}
		out = append(out, value{text: t.text, fold: t.fold, rows: rows[i : i+1]})
	}
	return out
}

// count counts how many entities have each value.
func (a asker) count(ctx context.Context, where query.Predicate, values []value) ([]catalog.Count, error) {
	out := make([]catalog.Count, 0, len(values))
	simple := where == nil && a.mask == 0
	var base bitset.Set
	var large map[int64]bitset.Set
	if !simple {
		var err error
		if base, err = a.match(ctx, where); err != nil {
			return nil, err
		}
		var rows []termRow
		for _, v := range values {
			rows = append(rows, v.rows...)
		}
		if large, err = a.postings(ctx, rows); err != nil {
			return nil, err
		}
	}
	var few []int64
	for _, v := range values {
		n := 0
		switch {
		case len(v.rows) == 1 && len(v.ids) == 0 && simple:
			n = int(v.rows[0].n)
		case len(v.rows) == 1 && len(v.ids) == 0 && v.rows[0].few == nil:
			n = base.AndLen(large[v.rows[0].id])
		case len(v.rows) == 1 && len(v.ids) == 0:
			few = bitset.DecodeList(few[:0], v.rows[0].few)
			for _, id := range few {
				if base.Has(id) {
					n++
				}
			}
		default:
			set, err := a.set(ctx, v)
			if err != nil {
				return nil, err
			}
			if simple {
				n = set.Len()
			} else {
				n = set.AndLen(base)
			}
		}
		if n > 0 {
			out = append(out, catalog.Count{Value: v.text, N: n})
		}
	}
	return out, nil
}
