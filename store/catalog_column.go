package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// A column is a field with its values in order, each with the entities that
// have it. Of an entity with several values the least is the one it is ordered
// by, in both directions.

// column is a field to order by.
type column struct {
	field string
	key   termKey
	known bool    // there are terms of it
	fixed []value // all values in order, where there are others than terms
	whole bool    // fixed has them
}

// value is one value of a column.
type value struct {
	text string // as written
	fold string
	rows []termRow
	ids  []int64 // beside those of rows
}

func (a asker) column(ctx context.Context, field string) (column, error) {
	c := column{field: query.Fold(field)}
	if field == query.ByRef {
		return column{field: field}, nil
	}
	keys, err := a.keys(ctx, c.field)
	if err != nil {
		return c, err
	}
	c.key, c.known = keys[c.field]
	more, err := a.extra(ctx, c.field)
	if err != nil || len(more) == 0 && (a.mask == 0 || !strings.HasPrefix(c.field, fieldRelations)) {
		return c, err
	}
	c.whole = true
	c.fixed, err = a.fixed(ctx, c, more)
	return c, err
}

// extra are the values of a field that are no terms.
func (a asker) extra(ctx context.Context, field string) ([]value, error) {
	if strings.HasPrefix(field, fieldRelations) {
		edges, err := a.edgesTo(ctx, field, condition{exists: true})
		out := make([]value, len(edges))
		for i, e := range edges {
			out[i] = value{text: e.other, fold: e.other, ids: []int64{e.id}}
		}
		return out, err
	}
	ids, err := a.listed(ctx, field)
	if err == nil && field == fieldOrphan {
		var orphans []int64
		orphans, err = a.orphans(ctx)
		ids = append(ids, orphans...)
	}
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return []value{{text: "true", fold: "true", ids: ids}}, nil
}

// fixed joins the terms of a column with its other values.
func (a asker) fixed(ctx context.Context, c column, more []value) ([]value, error) {
	if c.known {
		rows, err := a.terms(ctx, c.key.id, condition{})
		if err == nil && a.mask != 0 && strings.HasPrefix(c.field, fieldRelations) {
			rows, err = a.shown(ctx, rows)
		}
		if err != nil {
			return nil, err
		}
		for _, t := range rows {
			more = append(more, value{text: t.text, fold: t.fold, rows: []termRow{t}})
		}
	}
	slices.SortFunc(more, func(a, b value) int { return cmp.Or(strings.Compare(a.fold, b.fold), strings.Compare(a.text, b.text)) })
	out := more[:0]
	for _, v := range more {
		if n := len(out); n > 0 && out[n-1].text == v.text {
			out[n-1].rows, out[n-1].ids = append(out[n-1].rows, v.rows...), append(out[n-1].ids, v.ids...)
			continue
		}
		out = append(out, v)
	}
	return out, nil
}

// set are the entities with a value.
func (a asker) set(ctx context.Context, v value) (bitset.Set, error) {
	set, err := a.union(ctx, v.rows)
	if err != nil || len(v.ids) == 0 {
		return set, err
	}
	set = set.Clone()
	set.Or(setOfIDs(v.ids))
	return set, nil
}

// nulls are the entities with a value that cannot be compared and none that
// can.
func (a asker) nulls(ctx context.Context, c column, among bitset.Set) (bitset.Set, error) {
	if !c.known {
		return nil, nil
	}
	rows, err := a.s.query(ctx, `SELECT `+termColumns+` FROM catalog_terms t WHERE t.key = ? AND t.value = '' AND t.form = 2`, c.key.id)
	list, err := collect(rows, err, scanTerm)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	set, err := a.union(ctx, list)
	if err != nil {
		return nil, err
	}
	set = set.And(among)
	if !c.key.many && !c.whole {
		return set, nil
	}
	marks, err := a.marks(ctx, c, slices.Collect(set.All))
	for id, m := range marks {
		if m.Stage != stageNull {
			set.Remove(id)
		}
	}
	return set, err
}

// The stages of an order, see query.Mark.
const (
	stageValue = iota
	stageNull
	stageMissing
)

// marks tells where in the order of a column entities stand.
func (a asker) marks(ctx context.Context, c column, ids []int64) (map[int64]query.Mark, error) {
	out := make(map[int64]query.Mark, len(ids))
	for _, id := range ids {
		out[id] = query.Mark{Stage: stageMissing}
	}
	switch {
	case len(ids) == 0:
		return out, nil
	case c.field == query.ByRef:
		rows, err := a.s.query(ctx, `SELECT id, ref FROM entities WHERE `+a.s.inIDs("id"), idsArg(ids))
		_, err = collect(rows, err, func(r scanner) (struct{}, error) {
			var id int64
			var ref string
			err := r.Scan(&id, &ref)
			out[id] = query.Mark{Value: ref}
			return struct{}{}, err
		})
		return out, err
	case c.known:
		if err := a.markTerms(ctx, c, ids, out); err != nil {
			return nil, err
		}
	}
	if !c.whole {
		return out, nil
	}
	return out, a.markFixed(ctx, c, out)
}

// markTerms marks entities by their terms.
func (a asker) markTerms(ctx context.Context, c column, ids []int64, out map[int64]query.Mark) error {
	type row struct {
		id    int64
		terms []int64
	}
	rows, err := a.s.query(ctx, `SELECT entity, terms FROM entity_terms WHERE `+a.s.inIDs("entity"), idsArg(ids))
	var data []byte
	list, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		err := r.Scan(&v.id, &data)
		all := bitset.DecodeList(nil, data)
		from, _ := slices.BinarySearch(all, c.key.id<<termKeyShift)
		to, _ := slices.BinarySearch(all, (c.key.id+1)<<termKeyShift)
		v.terms = all[from:to]
		return v, err
	})
	if err != nil {
		return err
	}
	var wanted []int64
	for _, v := range list {
		wanted = append(wanted, v.terms...)
	}
	slices.Sort(wanted)
	found, err := a.s.query(ctx, `SELECT `+termColumns+` FROM catalog_terms t WHERE `+a.s.inIDs("t.id"), idsArg(slices.Compact(wanted)))
	terms, err := collect(found, err, scanTerm)
	by := make(map[int64]termRow, len(terms))
	for _, t := range terms {
		by[t.id] = t
	}
	for _, v := range list {
		m := out[v.id]
		for _, id := range v.terms {
			switch t := by[id]; {
			case t.form == query.Null:
				m = least(m, query.Mark{Stage: stageNull})
			case t.form <= query.Listed && t.id > 0 && !c.whole: // fixed columns may leave some out
				m = least(m, query.Mark{Value: t.fold})
			}
		}
		out[v.id] = m
	}
	return err
}

// markFixed marks entities by the values of a fixed column.
func (a asker) markFixed(ctx context.Context, c column, out map[int64]query.Mark) error {
	mark := func(v value, ids []int64) {
		for _, id := range ids {
			if m, ok := out[id]; ok {
				out[id] = least(m, query.Mark{Value: v.fold})
			}
		}
	}
	var few []int64
	for _, v := range c.fixed {
		mark(v, v.ids)
		for _, t := range v.rows {
			if t.few != nil {
				few = bitset.DecodeList(few[:0], t.few)
				mark(v, few)
				continue
			}
			set, err := a.union(ctx, []termRow{t})
			if err != nil {
				return err
			}
			mark(v, slices.Collect(set.All))
		}
	}
	return nil
}

func least(a, b query.Mark) query.Mark {
	if compareMarks(a, b, false) <= 0 {
		return a
	}
	return b
}

// compareMarks orders marks: values, then nulls, then what is missing.
func compareMarks(a, b query.Mark, desc bool) int {
	if c := cmp.Compare(a.Stage, b.Stage); c != 0 {
		return c
	}
	if desc {
		a, b = b, a
	}
	return strings.Compare(a.Value, b.Value)
}
