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

// EntityImpact returns what depends on an entity or on its parts, directly
// and through others. What the viewer may not see ends the way. It does not
// say whether the start exists.
//
// It goes step by step and asks for each entity once. A recursive query would
// ask for it again at every distance at which a circle brings it up: with a
// thousand dependants in a ring that took 340 ms on SQLite and 3 s on
// PostgreSQL, against 50 ms and 40 ms.
func (s *Store) EntityImpact(ctx context.Context, v access.Viewer, q catalog.ImpactQuery) (catalog.Impact, error) {
	w := &impactWalk{store: s, viewer: v, hops: min(cmp.Or(max(q.Hops, 0), catalog.MaxHops), catalog.MaxHops),
		limit: min(cmp.Or(max(q.Limit, 0), catalog.MaxImpact), catalog.MaxImpact), seen: map[catalog.Ref]bool{}}
	if err := s.atOnce(ctx, func(ctx context.Context) error { return w.run(ctx, q.Start.Canonical()) }); err != nil {
		return catalog.Impact{}, fmt.Errorf("impact of %s: %w", q.Start, err)
	}
	w.count()
	return w.out, nil
}

// impactWalk collects an impact.
type impactWalk struct {
	store       *Store
	viewer      access.Viewer
	hops, limit int
	seen        map[catalog.Ref]bool
	out         catalog.Impact
}

func (w *impactWalk) run(ctx context.Context, start catalog.Ref) error {
	w.seen[start] = true
	frontier, seeds := []catalog.Ref{start}, []catalog.Ref{start}
	for depth := 0; depth < catalog.MaxDepth && len(frontier) > 0; depth++ {
		parts, err := w.step(ctx, frontier, []catalog.Family{catalog.Parts}, true)
		if err != nil {
			return err
		}
		frontier = nil
		for _, n := range parts {
			frontier = append(frontier, n.other.Ref)
		}
		seeds = append(seeds, frontier...)
	}
	frontier = seeds
	for hop := 1; hop <= w.hops && len(frontier) > 0 && !w.full(); hop++ {
		users, err := w.step(ctx, frontier, []catalog.Family{catalog.Dependencies, catalog.APIs}, false)
		if err != nil {
			return err
		}
		slices.SortStableFunc(users, func(a, b neighbour) int {
			return cmp.Or(strings.Compare(strings.ToLower(a.other.Title), strings.ToLower(b.other.Title)), a.other.Ref.Compare(b.other.Ref))
		})
		frontier = nil
		for _, n := range users {
			w.out.Hits = append(w.out.Hits, catalog.Hit{Summary: n.other, Hop: hop, Via: n.edge.To})
			frontier = append(frontier, n.other.Ref)
		}
	}
	return nil
}

// full cuts what is beyond the limit.
func (w *impactWalk) full() bool {
	if len(w.out.Hits) <= w.limit {
		return false
	}
	w.out.Hits, w.out.Cut = w.out.Hits[:w.limit], true
	return true
}

// step returns the neighbours of refs that exist and are new, each with one
// way to it.
func (w *impactWalk) step(ctx context.Context, refs []catalog.Ref, families []catalog.Family, uses bool) ([]neighbour, error) {
	const most = 256 // references of one statement
	var out []neighbour
	for chunk := range slices.Chunk(refs, most) {
		found, err := w.store.neighbours(ctx, w.viewer, chunk, families, uses)
		if err != nil {
			return nil, err
		}
		w.out.Cut = w.out.Cut || len(found) >= maxNeighbours
		for _, n := range found {
			if !n.missing && !w.seen[n.other.Ref] {
				w.seen[n.other.Ref] = true
				out = append(out, n)
			}
		}
	}
	return out, nil
}

// count sums up by hop and by owner.
func (w *impactWalk) count() {
	w.full()
	owners := map[string]int{}
	for _, h := range w.out.Hits {
		for len(w.out.ByHop) < h.Hop {
			w.out.ByHop = append(w.out.ByHop, 0)
		}
		w.out.ByHop[h.Hop-1]++
		owners[h.Owner.String()]++
	}
	for o, n := range owners {
		w.out.ByOwner = append(w.out.ByOwner, catalog.Count{Value: o, N: n})
	}
	slices.SortFunc(w.out.ByOwner, func(a, b catalog.Count) int { return cmp.Or(b.N-a.N, strings.Compare(a.Value, b.Value)) })
}
