package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// neighbour is an entity at the other end of an arrow.
type neighbour struct {
	edge    catalog.Edge
	other   catalog.Summary
	missing bool
}

// maxNeighbours bounds what is read for one step of a graph.
const maxNeighbours = 4000

// EntityGraph walks from an entity along its relations, step by step, as far
// as the query says. What the viewer may not see is not there: neither it nor
// what is reached through it alone. It does not say whether the start exists.
func (s *Store) EntityGraph(ctx context.Context, v access.Viewer, q catalog.GraphQuery) (catalog.Graph, error) {
	w := &graphWalk{store: s, viewer: v, query: q, at: map[catalog.Ref]int{}, edges: map[catalog.Edge]bool{}}
	if len(w.query.Families) == 0 {
		w.query.Families = catalog.Families
	}
	w.query.Depth = min(max(q.Depth, 1), catalog.MaxDepth)
	w.query.Most = min(cmp.Or(q.Most, catalog.MaxNodes), catalog.MaxNodes)
	w.query.Start = q.Start.Canonical()
	if err := s.atOnce(ctx, w.run); err != nil {
		return w.graph, fmt.Errorf("graph of %s: %w", q.Start, err)
	}
	w.finish()
	return w.graph, nil
}

// graphWalk collects a graph.
type graphWalk struct {
	store  *Store
	viewer access.Viewer
	query  catalog.GraphQuery
	graph  catalog.Graph
	at     map[catalog.Ref]int // place of a node
	edges  map[catalog.Edge]bool
}

func (w *graphWalk) run(ctx context.Context) error {
	start, err := w.store.EntitySummaries(ctx, w.viewer, []catalog.Ref{w.query.Start})
	if err != nil {
		return err
	}
	first, ok := start[w.query.Start]
	first.Ref = w.query.Start
	w.add(catalog.GraphNode{Summary: first, Missing: !ok})
	if w.query.Users {
		if err := w.walk(ctx, -1); err != nil {
			return err
		}
	}
	if w.query.Uses {
		return w.walk(ctx, 1)
	}
	return nil
}

func (w *graphWalk) add(n catalog.GraphNode) {
	w.at[n.Ref] = len(w.graph.Nodes)
	w.graph.Nodes = append(w.graph.Nodes, n)
}

// walk goes one way: to what uses the start (-1) or what it uses (1).
func (w *graphWalk) walk(ctx context.Context, sign int) error {
	frontier := []catalog.Ref{w.query.Start}
	for level := 1; level <= w.query.Depth && len(frontier) > 0; level++ {
		found, err := w.store.neighbours(ctx, w.viewer, frontier, w.query.Families, sign > 0)
		if err != nil {
			return err
		}
		w.graph.Cut = w.graph.Cut || len(found) >= maxNeighbours
		frontier = w.take(found, level*sign, sign)
	}
	return nil
}

// take adds what was found at one distance, as far as there is room, and
// returns what is new.
func (w *graphWalk) take(found []neighbour, level, sign int) []catalog.Ref {
	slices.SortStableFunc(found, func(a, b neighbour) int {
		return cmp.Or(cmp.Compare(a.other.Title, b.other.Title), a.other.Ref.Compare(b.other.Ref))
	})
	var fresh []catalog.Ref
	left := map[catalog.Ref]bool{}
	for _, n := range found {
		if len(w.query.Kinds) > 0 && n.other.Ref != w.query.Start && !slices.Contains(w.query.Kinds, n.other.Ref.Kind) {
			continue
		}
		if _, known := w.at[n.other.Ref]; !known {
			if len(fresh) >= min(w.query.Most/2, maxInColumn) || len(w.graph.Nodes) >= w.query.Most {
				from := n.edge.From
				if sign < 0 {
					from = n.edge.To
				}
				w.graph.Nodes[w.at[from]].More++
				left[n.other.Ref] = true
				continue
			}
			w.add(catalog.GraphNode{Summary: n.other, Level: level, Missing: n.missing})
			fresh = append(fresh, n.other.Ref)
		}
		w.edges[n.edge] = true
	}
	w.graph.More += len(left)
	return fresh
}

// maxInColumn bounds the nodes at one distance on one side.
const maxInColumn = 30

// finish orders the edges.
func (w *graphWalk) finish() {
	for e := range w.edges {
		w.graph.Edges = append(w.graph.Edges, e)
	}
	slices.SortFunc(w.graph.Edges, func(a, b catalog.Edge) int {
		return cmp.Or(cmp.Compare(w.at[a.From], w.at[b.From]), cmp.Compare(w.at[a.To], w.at[b.To]), cmp.Compare(a.Type, b.Type))
	})
}

// neighbours returns what the entities use, or what uses them, with an end
// that does not exist but without one that the viewer may not see.
func (s *Store) neighbours(ctx context.Context, v access.Viewer, refs []catalog.Ref, families []catalog.Family, uses bool) ([]neighbour, error) {
	byNeeding, byNeeded := catalog.StoredAs(families)
	if !uses {
		byNeeding, byNeeded = byNeeded, byNeeding
	}
	out, err := s.ends(ctx, v, refs, byNeeding, "r.source", "r.target")
	if err != nil {
		return nil, err
	}
	more, err := s.ends(ctx, v, refs, byNeeded, "r.target", "r.source")
	return append(out, more...), err
}

// ends reads the other ends of relations of which one end is among refs.
func (s *Store) ends(ctx context.Context, v access.Viewer, refs []catalog.Ref, relations []string, one, other string) ([]neighbour, error) {
	names, types := padded(refs), paddedTexts(relations)
	hidden := s.hiddenFrom(v)
	stated, more := unhidden("r.source", hidden) // what a hidden one states is not known
	args := append(append(append(anys(names), anys(types)...), hidden), append(more, maxNeighbours)...)
	rows, err := s.query(ctx, `
		SELECT r.source, r.type, r.target, e.ref IS NULL, COALESCE(e.kind, ''), COALESCE(e.title, ''), COALESCE(e.type, ''),
			COALESCE(e.lifecycle, ''), COALESCE(e.owner, '')
		FROM relations r LEFT JOIN entities e ON e.ref = `+other+`
		WHERE `+one+` IN (`+marks(len(names))+`) AND r.type IN (`+marks(len(types))+`) AND (COALESCE(e.hidden_by, 0) & ?) = 0`+stated+`
		LIMIT ?`, args...) // in the order of the index, so that of a hundred thousand only these are read
	list, err := collect(rows, err, func(r scanner) (neighbour, error) {
		var n neighbour
		var source, relation, target, owner string
		err := r.Scan(&source, &relation, &target, &n.missing, &n.other.Kind, &n.other.Title, &n.other.Type, &n.other.Lifecycle, &owner)
		if err != nil {
			return n, err
		}
		n.edge, _ = catalog.EdgeOf(splitRef(source), relation, splitRef(target)) // relations come from the families
		n.other.Ref, n.other.Owner = splitRef(source), splitRef(owner)
		if other == "r.target" {
			n.other.Ref = splitRef(target)
		}
		if n.missing {
			n.other.Kind, n.other.Title = n.other.Ref.Kind, n.other.Ref.Name
		}
		return n, nil
	})
	list = slices.DeleteFunc(list, func(n neighbour) bool { return n.missing && !s.mayName(hidden, n.other.Ref) })
	slices.SortFunc(list, func(a, b neighbour) int {
		return cmp.Or(a.edge.From.Compare(b.edge.From), a.edge.To.Compare(b.edge.To), cmp.Compare(a.edge.Type, b.edge.Type))
	})
	return list, err
}

// padded are references as text, filled up to a power of two, so that few
// statements are kept.
func padded(refs []catalog.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.String()
	}
	return paddedTexts(out)
}

func paddedTexts(list []string) []string {
	n := 1
	for n < len(list) {
		n *= 2
	}
	out := slices.Clone(list)
	for len(out) < n {
		out = append(out, "")
	}
	return out
}
