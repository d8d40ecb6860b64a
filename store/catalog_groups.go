package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// EntityGroups returns what q finds by the values of one field, in order of
// the values, with the first entities of the groups that are asked for.
func (s *Store) EntityGroups(ctx context.Context, v access.Viewer, q catalog.GroupQuery) (catalog.Groups, error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return catalog.Groups{}, err
	}
	mask := s.hiddenFrom(v)
	found := list.found(q.Filter, mask)
	members, texts := list.byField(found.order, slices.Index(fieldNames[:singleFields], q.Field)), list.terms.texts()
	values := make([]uint32, 0, len(members))
	for term := range members {
		values = append(values, term)
	}
	slices.SortFunc(values, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(texts[a], texts[b]))
	})
	out := catalog.Groups{Total: len(values), Things: len(found.order), Facets: found.facets}
	values = pageOfGroups(&out, values, q.Filter)
	var refs []string
	for _, term := range values {
		g := catalog.Group{Value: texts[term], N: len(members[term])}
		if q.All || slices.Contains(q.Open, g.Value) {
			for _, at := range members[term][:min(g.N, q.Rows)] {
				refs = append(refs, list.entries[at].ref)
			}
		}
		out.Items = append(out.Items, g)
	}
	shown, err := s.summaries(ctx, refs, mask)
	for _, e := range shown {
		value := valueOf(e, q.Field)
		if i := slices.IndexFunc(out.Items, func(g catalog.Group) bool { return g.Value == value }); i >= 0 {
			out.Items[i].Items = append(out.Items[i].Items, e)
		}
	}
	return out, err
}

// last makes the empty value stand behind the others.
func last(term uint32) int {
	if term == 0 {
		return 1
	}
	return 0
}

// byField are the places of order by their value of a field; an unknown field
// is one group.
func (l *entityList) byField(order []int32, field int) map[uint32][]int32 {
	out := map[uint32][]int32{}
	for _, at := range order {
		term := uint32(0)
		if field >= 0 {
			term = l.entries[at].fields[field]
		}
		out[term] = append(out[term], at)
	}
	return out
}

// pageOfGroups cuts one page out of the groups. The cursor is a place: groups
// are few and come and go seldom.
func pageOfGroups(out *catalog.Groups, values []uint32, f catalog.Filter) []uint32 {
	limit := cmp.Or(max(f.Limit, 0), 25)
	from, err := strconv.Atoi(f.After)
	if err != nil || from < 0 || from > len(values) {
		from = 0 // the first page
	}
	to := min(from+limit, len(values))
	if to < len(values) {
		out.Next = strconv.Itoa(to)
	}
	switch {
	case from > limit:
		out.Prev = strconv.Itoa(from - limit)
	case from > 0:
		out.Prev = catalog.FirstPage
	}
	return values[from:to]
}

// valueOf is a field of e as groups hold it.
func valueOf(e catalog.Summary, field string) string {
	switch field {
	case "kind":
		return e.Ref.Kind
	case "type":
		return e.Type
	case "owner":
		return e.Owner.String()
	case "lifecycle":
		return e.Lifecycle
	case "system":
		return e.System.String()
	}
	return ""
}
