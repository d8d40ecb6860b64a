package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// Fields that are more than their terms.
const (
	fieldUID       = "metadata.uid"
	fieldOrphan    = "metadata.annotations.backstage.io/orphan"
	fieldRelations = "relations."
)

// beyond is a text that is greater than any value.
const beyond = "\U0010FFFF\U0010FFFF"

// match returns the entities for which p holds and that nothing hides. The set
// is shared.
func (a asker) match(ctx context.Context, p query.Predicate) (bitset.Set, error) {
	return a.keptSet(a.sight()+"where "+query.Key(p), func() (bitset.Set, error) {
		found, err := a.eval(ctx, p)
		if err != nil || a.mask == 0 {
			return found, err
		}
		hidden, err := a.hidden(ctx)
		return found.Minus(hidden), err
	})
}

// sight tells apart what is kept for those who see different things.
func (a asker) sight() string { return strconv.FormatInt(a.mask, 36) + " " }

// hidden are the entities that the mask hides.
func (a asker) hidden(ctx context.Context) (bitset.Set, error) {
	return a.keptSet(a.sight()+"hidden", func() (bitset.Set, error) {
		rows, err := a.s.query(ctx, `SELECT id FROM entities WHERE hidden_by <> 0 AND (hidden_by & ?) <> 0`, a.mask)
		ids, err := collect(rows, err, scanID)
		return setOfIDs(ids), err
	})
}

func setOfIDs(ids []int64) bitset.Set {
	var set bitset.Set
	for _, id := range ids {
		set.Add(id)
	}
	return set
}

// everything are all entities: each has a kind.
func (a asker) everything(ctx context.Context) (bitset.Set, error) {
	return a.direct(ctx, "kind", condition{exists: true})
}

func (a asker) eval(ctx context.Context, p query.Predicate) (bitset.Set, error) {
	switch p := p.(type) {
	case nil:
		return a.everything(ctx)
	case query.All:
		return a.all(ctx, p)
	case query.Any:
		var out bitset.Set
		for _, part := range p {
			set, err := a.eval(ctx, part)
			if err != nil {
				return nil, err
			}
			out.Or(set)
		}
		return out, nil
	case query.Not:
		return a.not(ctx, func() (bitset.Set, error) { return a.eval(ctx, p.Of) })
	case query.Exists:
		exists := func() (bitset.Set, error) { return a.leaf(ctx, p.Field, condition{exists: true}) }
		if !p.Want {
			return a.not(ctx, exists)
		}
		return exists()
	case query.In:
		return a.leaf(ctx, p.Field, valuesOf(p.Values))
	case query.HasPrefix:
		return a.leaf(ctx, p.Field, condition{prefix: query.Fold(p.Prefix)})
	case query.Related:
		c := condition{exists: true}
		if p.Targets != nil {
			c = valuesOf(p.Targets)
		}
		return a.leaf(ctx, fieldRelations+p.Type, c)
	}
	return nil, fmt.Errorf("no such predicate: %T", p)
}

func (a asker) all(ctx context.Context, parts query.All) (bitset.Set, error) {
	if len(parts) == 0 {
		return a.everything(ctx)
	}
	out, err := a.eval(ctx, parts[0])
	for _, part := range parts[1:] {
		if err != nil {
			return nil, err
		}
		var set bitset.Set
		set, err = a.eval(ctx, part)
		out = out.And(set)
	}
	return out, err
}

func (a asker) not(ctx context.Context, of func() (bitset.Set, error)) (bitset.Set, error) {
	all, err := a.everything(ctx)
	if err != nil {
		return nil, err
	}
	set, err := of()
	return all.Minus(set), err
}

// condition is what is asked of the values of one field: that there is any,
// that one is among values, or that one has the prefix.
type condition struct {
	exists bool
	values []string // in lower case; nil: see prefix
	prefix string   // in lower case
}

func valuesOf(values []string) condition {
	c := condition{values: make([]string, len(values))}
	for i, v := range values {
		c.values[i] = query.Fold(v)
	}
	return c
}

func (c condition) holds(value string) bool {
	switch {
	case c.exists:
		return true
	case c.values != nil:
		return slices.Contains(c.values, value)
	}
	return strings.HasPrefix(value, c.prefix)
}

// leaf returns the entities of which a value of the field meets c.
func (a asker) leaf(ctx context.Context, field string, c condition) (bitset.Set, error) {
	field = query.Fold(field)
	if query.TooLong(field) {
		return nil, nil
	}
	if strings.HasPrefix(field, fieldRelations) {
		return a.related(ctx, field, c)
	}
	found, err := a.direct(ctx, field, c)
	if err != nil || !c.holds("true") {
		return found, err
	}
	items, err := a.listed(ctx, field)
	if err != nil {
		return nil, err
	}
	if field == fieldOrphan {
		orphans, err := a.orphans(ctx)
		if err != nil {
			return nil, err
		}
		items = append(items, orphans...)
	}
	if len(items) > 0 {
		found = found.Clone()
		found.Or(setOfIDs(items))
	}
	return found, nil
}

// direct is leaf for the terms of the field alone. The set is shared.
func (a asker) direct(ctx context.Context, field string, c condition) (bitset.Set, error) {
	keys, err := a.keys(ctx, field)
	key, ok := keys[field]
	if err != nil || !ok {
		return nil, err
	}
	rows, err := a.terms(ctx, key.id, c)
	if err != nil {
		return nil, err
	}
	return a.union(ctx, rows)
}
