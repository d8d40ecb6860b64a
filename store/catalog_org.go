package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// OrgOf returns the groups above and below a group and the people in them, as
// far as the viewer may see them. It does not say whether the group exists.
func (s *Store) OrgOf(ctx context.Context, v access.Viewer, group catalog.Ref) (catalog.Org, error) {
	w := &orgWalk{store: s, viewer: v, seen: map[catalog.Ref]bool{}, at: map[catalog.Ref]int{}}
	err := s.atOnce(ctx, func(ctx context.Context) error {
		if err := w.up(ctx, group.Canonical()); err != nil {
			return err
		}
		return w.down(ctx, group.Canonical())
	})
	if err != nil {
		return w.org, fmt.Errorf("organisation around %s: %w", group, err)
	}
	slices.SortStableFunc(w.org.Members, func(a, b catalog.OrgMember) int {
		if a.Direct != b.Direct {
			return map[bool]int{true: -1, false: 1}[a.Direct]
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), a.Ref.Compare(b.Ref))
	})
	return w.org, nil
}

type orgWalk struct {
	store  *Store
	viewer access.Viewer
	org    catalog.Org
	seen   map[catalog.Ref]bool
	at     map[catalog.Ref]int // place in Below
}

// maxAbove bounds the groups above one; a circle of parents ends there too.
const maxAbove = 12

func (w *orgWalk) up(ctx context.Context, group catalog.Ref) error {
	w.seen[group] = true
	for at := group; len(w.org.Above) < maxAbove; {
		found, err := w.store.neighbours(ctx, w.viewer, []catalog.Ref{at}, []catalog.Family{catalog.People}, true)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(found, func(n neighbour) bool { return !n.missing && n.other.Ref.Kind == "group" && !w.seen[n.other.Ref] })
		if i < 0 {
			break
		}
		at = found[i].other.Ref
		w.seen[at] = true
		w.org.Above = append(w.org.Above, found[i].other)
	}
	slices.Reverse(w.org.Above)
	return nil
}

func (w *orgWalk) down(ctx context.Context, group catalog.Ref) error {
	w.seen = map[catalog.Ref]bool{group: true} // what is above may, by a circle, be below as well
	frontier := []catalog.Ref{group}
	for depth := 1; len(frontier) > 0 && depth <= maxAbove; depth++ {
		found, err := w.store.neighbours(ctx, w.viewer, frontier, []catalog.Family{catalog.People}, false)
		if err != nil {
			return err
		}
		slices.SortStableFunc(found, func(a, b neighbour) int { return strings.Compare(a.other.Title, b.other.Title) })
		w.org.Cut = w.org.Cut || len(found) >= maxNeighbours
		frontier = nil
		for _, n := range found {
			if w.take(n, depth) {
				frontier = append(frontier, n.other.Ref)
			}
		}
	}
	return nil
}

// take notes one member or group; true for a group that is new.
func (w *orgWalk) take(n neighbour, depth int) bool {
	person := n.other.Ref.Kind == "user"
	if place, ok := w.at[n.edge.To]; ok && person {
		w.org.Below[place].Direct++
	}
	if n.missing && !person || w.seen[n.other.Ref] {
		return false
	}
	switch {
	case person && len(w.org.Members) >= catalog.MaxOrgMembers, !person && len(w.org.Below) >= catalog.MaxOrgGroups:
		w.org.Cut = true
		return false
	case person:
		w.seen[n.other.Ref] = true
		w.org.Members = append(w.org.Members, catalog.OrgMember{Summary: n.other, Missing: n.missing, Direct: depth == 1, Of: n.edge.To})
		return false
	}
	w.seen[n.other.Ref] = true
	w.at[n.other.Ref] = len(w.org.Below)
	w.org.Below = append(w.org.Below, catalog.OrgGroup{Summary: n.other, Parent: n.edge.To, Depth: depth})
	return true
}
