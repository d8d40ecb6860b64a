package catalogview

import (
	"fmt"
	"strconv"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// GraphProps are those of Graph: the entity in the middle, what uses it at
// the left, what it uses at the right.
type GraphProps struct {
	ViewBox string
	Label   string
	Edges   []string // paths
	Nodes   []Node
}

// Node is one box of the graph.
type Node struct {
	Label, Full, Word, URL string
	X, Y, TextX, TextY     string
	WordY                  string
	Self, Missing          bool
}

// The graph's measures, in units of its view box.
const (
	nodeWidth, nodeHeight = 190, 44
	graphWidth            = 760
	rowHeight             = 62
	maxSide               = 7 // boxes on one side; the table below has the rest
)

var (
	leftRelations  = []string{"dependencyOf", "apiConsumedBy"}
	rightRelations = []string{"dependsOn", "consumesApi", "providesApi", "apiProvidedBy", "hasPart"}
)

// NewGraph lays out what is directly connected with e; nil when nothing is.
func NewGraph(e catalog.Entity, names Names) *GraphProps {
	left, right := sides(e, names, leftRelations), sides(e, names, rightRelations)
	if len(left)+len(right) == 0 {
		return nil
	}
	rows := max(len(left), len(right), 1)
	height := rows*rowHeight + 8
	mid := height / 2
	g := &GraphProps{ViewBox: fmt.Sprintf("0 0 %d %d", graphWidth, height),
		Label: fmt.Sprintf("%s: %s, %s", e.Title(), ui.Plural(len(left), "thing uses it", "things use it"), ui.Plural(len(right), "thing is used by it", "things are used by it"))}
	const gap = 4
	selfX := (graphWidth - nodeWidth) / 2
	g.side(left, gap, selfX, mid, height, false)
	g.Nodes = append(g.Nodes, node(ui.Link{Label: e.Title()}, "", selfX, mid, true, false))
	g.side(right, graphWidth-nodeWidth-gap, selfX+nodeWidth, mid, height, true)
	return g
}

// other is an entity at one side.
type other struct {
	link    ui.Link
	word    string
	missing bool
}

func sides(e catalog.Entity, names Names, kinds []string) []other {
	var out []other
	all := 0
	for _, k := range kinds {
		for _, r := range e.Related(k) {
			if all++; len(out) < maxSide {
				_, ok := names[r]
				out = append(out, other{names.link(r), relationWords[k], !ok})
			}
		}
	}
	if more := all - len(out); more > 0 {
		out[len(out)-1] = other{link: ui.Link{Label: strconv.Itoa(more+1) + " more", URL: "#relations"}, word: "listed below"}
	}
	return out
}

// side places boxes in a column and joins them with the middle.
func (g *GraphProps) side(list []other, x, joint, mid, height int, right bool) {
	top := (height - len(list)*rowHeight) / 2
	for i, o := range list {
		y := top + i*rowHeight + rowHeight/2
		end := x + nodeWidth
		if right {
			end = x
		}
		half := (end + joint) / 2
		g.Edges = append(g.Edges, fmt.Sprintf("M%d %dC%d %d %d %d %d %d", end, y, half, y, half, mid, joint, mid))
		g.Nodes = append(g.Nodes, node(o.link, o.word, x, y, false, o.missing))
	}
}

func node(l ui.Link, word string, x, mid int, self, missing bool) Node {
	const most = 24
	label := l.Label
	if r := []rune(label); len(r) > most {
		label = string(r[:most-1]) + "…"
	}
	textY := mid + 4
	if word != "" {
		textY = mid - 2
	}
	if missing {
		word = "does not exist"
	}
	return Node{Label: label, Full: l.Label, Word: word, URL: l.URL, X: strconv.Itoa(x), Y: strconv.Itoa(mid - nodeHeight/2),
		TextX: strconv.Itoa(x + nodeWidth/2), TextY: strconv.Itoa(textY), WordY: strconv.Itoa(mid + 13), Self: self, Missing: missing}
}
