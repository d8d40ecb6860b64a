package catalogview

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// Drawing is a graph laid out in columns: what uses the start at its left,
// what it uses at its right, one column for each step.
type Drawing struct {
	ViewBox       string
	Width, Height string // at the chosen zoom; empty when it fits the page
	Size          string // class
	Label         string
	Edges         []Arrow
	Nodes         []Node
}

// Arrow is one line from what needs to what is needed.
type Arrow struct {
	Path  string
	Start bool // at the entity in the middle
}

// drawing measures, in units of the view box.
const (
	columnWidth = nodeWidth + 90
	edgeRoom    = 16
)

// draw lays out a graph. The order of a column follows that of the column
// nearer to the start, so that few lines cross.
func draw(g catalog.Graph, q NetworkQuery) Drawing {
	columns, lowest := columnsOf(g)
	tallest := 1
	for _, c := range columns {
		tallest = max(tallest, len(c))
	}
	height := tallest*rowHeight + 2*edgeRoom
	at := map[catalog.Ref]spot{}
	for level, c := range columns {
		top := (height - len(c)*rowHeight) / 2
		for i, n := range c {
			at[n.Ref] = spot{x: edgeRoom + (level-lowest)*columnWidth, mid: top + i*rowHeight + rowHeight/2, level: level}
		}
	}
	width := 2*edgeRoom + (len(columns)-1)*columnWidth + nodeWidth
	d := Drawing{ViewBox: fmt.Sprintf("0 0 %d %d", width, height), Label: fmt.Sprintf("%s and %s around it; the table below says the same", g.Nodes[0].Title, ui.Plural(len(g.Nodes)-1, "thing", "things"))}
	switch {
	case len(columns) > 6:
		d.Size = "longer"
	case len(columns) > 4:
		d.Size = "long"
	}
	if q.Zoom > 0 {
		d.Size = "zoomed"
		z := min(max(q.Zoom, 25), 400)
		d.Width, d.Height = strconv.Itoa(width*z/100), strconv.Itoa(height*z/100)
	}
	for _, e := range g.Edges {
		from, to := at[e.From], at[e.To]
		d.Edges = append(d.Edges, Arrow{arrow(from, to), from.level == 0 || to.level == 0})
	}
	for i, n := range g.Nodes {
		d.Nodes = append(d.Nodes, networkNode(n, at[n.Ref], i == 0, q))
	}
	// The order in which the keyboard goes: column by column, from the top.
	slices.SortStableFunc(d.Nodes, func(a, b Node) int { return cmp.Or(a.column-b.column, a.row-b.row) })
	return d
}

type spot struct{ x, mid, level int }

// columnsOf sorts the nodes into columns by level.
func columnsOf(g catalog.Graph) (columns map[int][]catalog.GraphNode, lowest int) {
	columns = map[int][]catalog.GraphNode{}
	highest := 0
	for _, n := range g.Nodes {
		columns[n.Level] = append(columns[n.Level], n)
		lowest, highest = min(lowest, n.Level), max(highest, n.Level)
	}
	near := map[catalog.Ref][]catalog.Ref{}
	for _, e := range g.Edges {
		near[e.From] = append(near[e.From], e.To)
		near[e.To] = append(near[e.To], e.From)
	}
	for _, side := range []int{-1, 1} {
		place := map[catalog.Ref]float64{g.Nodes[0].Ref: .5}
		for level := side; level >= lowest && level <= highest; level += side {
			c := columns[level]
			slices.SortStableFunc(c, func(a, b catalog.GraphNode) int {
				return cmp.Compare(mean(near[a.Ref], place), mean(near[b.Ref], place))
			})
			for i, n := range c {
				place[n.Ref] = (float64(i) + .5) / float64(len(c))
			}
		}
	}
	return columns, lowest
}

// mean is the middle of those neighbours that have a place already.
func mean(near []catalog.Ref, place map[catalog.Ref]float64) float64 {
	sum, n := 0.0, 0
	for _, r := range near {
		if p, ok := place[r]; ok {
			sum, n = sum+p, n+1
		}
	}
	if n == 0 {
		return .5
	}
	return sum / float64(n)
}

// arrow is a curve between two boxes. It leaves at the side at which the other
// stands; in one column it goes around.
func arrow(from, to spot) string {
	const head = 6 // room for the tip
	switch {
	case from.x < to.x:
		x, end := from.x+nodeWidth, to.x-head
		half := (x + end) / 2
		return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x, from.mid, half, from.mid, half, to.mid, end, to.mid)
	case from.x > to.x:
		x, end := from.x, to.x+nodeWidth+head
		half := (x + end) / 2
		return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x, from.mid, half, from.mid, half, to.mid, end, to.mid)
	}
	x, out := from.x+nodeWidth, from.x+nodeWidth+46
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x, from.mid, out, from.mid, out, to.mid, x+head, to.mid)
}

// networkNode is a box that leads to the graph around what it stands for.
func networkNode(n catalog.GraphNode, at spot, self bool, q NetworkQuery) Node {
	title := cmp.Or(n.Title, n.Ref.Name)
	word := KindName(n.Ref.Kind)
	if n.Type != "" {
		word += ", " + n.Type
	}
	if n.More > 0 {
		word = "and " + ui.Number(int64(n.More)) + " more"
	}
	l := ui.Link{Label: title}
	if !n.Missing && !self {
		with := q
		with.Zoom = 0
		l.URL = with.URL(n.Ref)
	}
	out := node(l, word, at.x, at.mid, self, n.Missing)
	out.column, out.row = at.level, at.mid
	out.Full = title + ", " + KindName(n.Ref.Kind)
	if !self {
		out.Full += ", " + where(n.Level)
	}
	return out
}
