package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// maxPick bounds what one search of a picker returns.
const maxPick = 500

// PickEntities returns the entities that a picker may offer to v, and how many
// there are. Filters on what lists show cost one pass over the list in memory;
// others go through the terms of the catalog API.
func (s *Store) PickEntities(ctx context.Context, v access.Viewer, p catalog.Pick) (catalog.Picked, error) {
	p.Limit = max(0, min(p.Limit, maxPick))
	if !listed(p.Any) {
		return s.pickByTerms(ctx, v, p)
	}
	list, err := s.entityList(ctx)
	if err != nil {
		return catalog.Picked{}, err
	}
	mask := s.hiddenFrom(v)
	refs, total := list.pick(p, mask)
	items, err := s.summaries(ctx, refs, mask)
	return catalog.Picked{Items: items, Total: total}, err
}

// listFields are the fields of filters that the list knows.
var listFields = map[string]int{"kind": fieldKind, "spec.type": fieldType, "spec.lifecycle": fieldLifecycle,
	"metadata.name": -1, "metadata.namespace": -2, "metadata.tags": fieldTag}

func listed(filters []catalog.PickFilter) bool {
	for _, f := range filters {
		for field, term := range f {
			if _, ok := listFields[strings.ToLower(field)]; !ok || term.Exists {
				return false
			}
		}
	}
	return true
}

// pick passes once over the list. What begins with the text comes first.
func (l *entityList) pick(p catalog.Pick, mask int64) (refs []string, total int) {
	want := strings.Fields(strings.ToLower(p.Text))
	texts := l.terms.texts()
	filters := lowerFilters(p.Any)
	owners, only := setOf(p.Owners), setOf(p.Refs)
	var later []string
	for _, e := range l.entries {
		if e.hidden&mask != 0 || p.Refs != nil && !only[e.ref] || p.Owners != nil && !owners[texts[e.fields[fieldOwner]]] ||
			!e.hasAll(want) || !e.passesOne(filters, texts) {
			continue
		}
		total++
		switch {
		case len(want) == 0 || e.begins(want[0]):
			if len(refs) < p.Limit {
				refs = append(refs, e.ref)
			}
		case len(later) < p.Limit:
			later = append(later, e.ref)
		}
	}
	return append(refs, later[:min(len(later), p.Limit-len(refs))]...), total
}

func (e *listEntry) hasAll(words []string) bool {
	for _, w := range words {
		if !strings.Contains(e.text, w) && e.ref != w {
			return false
		}
	}
	return true
}

func (e *listEntry) begins(word string) bool {
	return strings.HasPrefix(e.title, word) || strings.HasPrefix(e.text, word)
}

func (e *listEntry) passesOne(filters []map[int][]string, texts []string) bool {
	return len(filters) == 0 || slices.ContainsFunc(filters, func(f map[int][]string) bool {
		for field, values := range f {
			if !e.hasOne(field, values, texts) {
				return false
			}
		}
		return true
	})
}

func (e *listEntry) hasOne(field int, values, texts []string) bool {
	has := func(s string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, s) })
	}
	switch field {
	case -1:
		return has(splitRef(e.ref).Name)
	case -2:
		return has(splitRef(e.ref).Namespace)
	case fieldTag:
		return slices.ContainsFunc(e.tags, func(t uint32) bool { return has(texts[t]) })
	default:
		return has(texts[e.fields[field]])
	}
}

func lowerFilters(in []catalog.PickFilter) []map[int][]string {
	out := make([]map[int][]string, len(in))
	for i, f := range in {
		out[i] = map[int][]string{}
		for field, term := range f {
			out[i][listFields[strings.ToLower(field)]] = term.Values
		}
	}
	return out
}

// pickByTerms asks as the catalog API does.
func (s *Store) pickByTerms(ctx context.Context, v access.Viewer, p catalog.Pick) (catalog.Picked, error) {
	where := query.All{predicateOf(p.Any)}
	if p.Owners != nil {
		where = append(where, query.Related{Type: "ownedBy", Targets: p.Owners})
	}
	if p.Refs != nil {
		where = append(where, namedBy(p.Refs))
	}
	r := query.Request{Where: where, Order: []query.Order{{Field: "metadata.name"}}, Text: strings.TrimSpace(p.Text),
		TextFields: []string{"metadata.name", "metadata.title"}, Limit: p.Limit, Total: true}
	if r.Text == "" {
		r.TextFields = nil
	}
	found, err := s.QueryEntities(ctx, v, r)
	if err != nil {
		return catalog.Picked{}, err
	}
	refs := make([]string, 0, len(found.Items))
	for _, raw := range found.Items {
		var e struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return catalog.Picked{}, err
		}
		refs = append(refs, catalog.Ref{Kind: e.Kind, Namespace: e.Metadata.Namespace, Name: e.Metadata.Name}.Canonical().String())
	}
	items, err := s.summaries(ctx, refs, s.hiddenFrom(v))
	return catalog.Picked{Items: items, Total: found.Total}, err
}

func predicateOf(filters []catalog.PickFilter) query.Predicate {
	var any query.Any
	for _, f := range filters {
		all := query.All{}
		for field, term := range f {
			if term.Exists {
				all = append(all, query.Exists{Field: field, Want: true})
			} else {
				all = append(all, query.In{Field: field, Values: term.Values})
			}
		}
		any = append(any, all)
	}
	return any
}

func namedBy(refs []string) query.Predicate {
	any := query.Any{}
	for _, text := range refs {
		ref := splitRef(text)
		any = append(any, query.All{query.In{Field: "kind", Values: []string{ref.Kind}}, query.In{Field: "metadata.name", Values: []string{ref.Name}},
			query.In{Field: "metadata.namespace", Values: []string{ref.Namespace}}})
	}
	return any
}
