package store

import (
	"context"
	"strings"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// An entity's relations are those that it states, which are terms of it, and
// the inverse of those that others state of it, which are looked up.

// relationTypes are the relations that have an inverse.
var relationTypes = []string{"ownedBy", "ownerOf", "partOf", "hasPart", "providesApi", "apiProvidedBy", "consumesApi", "apiConsumedBy",
	"dependsOn", "dependencyOf", "memberOf", "hasMember", "childOf", "parentOf"}

// inverseOf returns the type whose inverse a field is for: ownedBy for
// relations.ownerof; empty for none.
func inverseOf(field string) string {
	for _, t := range relationTypes {
		if strings.EqualFold(fieldRelations+catalog.Inverse(t), field) {
			return t
		}
	}
	return ""
}

// related returns the entities with a relation to what meets c. A relation to
// something hidden is none.
func (a asker) related(ctx context.Context, field string, c condition) (bitset.Set, error) {
	var found bitset.Set
	if a.mask == 0 {
		stated, err := a.direct(ctx, field, c)
		if err != nil {
			return nil, err
		}
		found = stated
	} else {
		rows, err := a.statedTerms(ctx, field, c)
		if err != nil {
			return nil, err
		}
		set, err := a.union(ctx, rows)
		if err != nil {
			return nil, err
		}
		found = set
	}
	edges, err := a.edgesTo(ctx, field, c)
	if len(edges) > 0 {
		found = found.Clone()
	}
	for _, e := range edges {
		found.Add(e.id)
	}
	return found, err
}

// statedTerms are the terms of a relation that meet c, less those whose target
// may not be seen.
func (a asker) statedTerms(ctx context.Context, field string, c condition) ([]termRow, error) {
	keys, err := a.keys(ctx, field)
	key, ok := keys[field]
	if err != nil || !ok {
		return nil, err
	}
	if c.exists {
		c = condition{} // each by itself: any prefix
	}
	rows, err := a.terms(ctx, key.id, c)
	if err != nil || a.mask == 0 {
		return rows, err
	}
	return a.shown(ctx, rows)
}

// shown leaves out the terms whose value is a reference that may not be seen.
func (a asker) shown(ctx context.Context, rows []termRow) ([]termRow, error) {
	type row struct {
		ref    string
		hidden bool
	}
	refs := make([]string, len(rows))
	for i, t := range rows {
		refs[i] = t.fold
	}
	found, err := a.s.query(ctx, `SELECT ref, (hidden_by & ?) <> 0 FROM entities WHERE `+a.s.inList("ref"), a.mask, listArg(refs))
	list, err := collect(found, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.ref, &v.hidden)
	})
	if err != nil {
		return nil, err
	}
	hidden := make(map[string]bool, len(list))
	for _, v := range list {
		hidden[v.ref] = v.hidden
	}
	out := make([]termRow, 0, len(rows)) // rows are shared
	for _, t := range rows {
		gone, exists := hidden[t.fold]
		if exists && !gone || !exists && a.s.mayName(a.mask, splitRef(t.fold)) {
			out = append(out, t)
		}
	}
	return out, nil
}

// statement is what another entity states of one.
type statement struct {
	other string // the entity that states it
	id    int64  // the one of which
}

// edgesTo are the entities of which somebody who meets c, and may be seen,
// states the inverse relation.
func (a asker) edgesTo(ctx context.Context, field string, c condition) ([]statement, error) {
	kind := inverseOf(field)
	if kind == "" {
		return nil, nil
	}
	stated := query.Fold(fieldRelations + kind)
	if keys, err := a.keys(ctx, stated); err != nil || keys[stated].id == 0 {
		return nil, err // nobody states it
	}
	q := `SELECT r.source, e.id FROM relations r JOIN entities e ON e.ref = r.target`
	var args []any
	if a.mask != 0 {
		q += ` JOIN entities o ON o.ref = r.source AND (o.hidden_by & ?) = 0`
		args = append(args, a.mask)
	}
	q += ` WHERE r.type = ?`
	args = append(args, kind)
	switch {
	case c.exists:
	case c.values != nil:
		q += ` AND ` + a.s.inList("r.source")
		args = append(args, listArg(c.values))
	default:
		q += ` AND r.source >= ? AND r.source < ?`
		args = append(args, c.prefix, c.prefix+beyond)
	}
	rows, err := a.s.query(ctx, q, args...)
	return collect(rows, err, func(r scanner) (statement, error) {
		var s statement
		return s, r.Scan(&s.other, &s.id)
	})
}
