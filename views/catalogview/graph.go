package catalogview

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// GraphProps are those of Graph: the entity in the middle, what uses it at
// the left, what it uses at the right.
type GraphProps struct {
	ViewBox string
	Wide    bool // things stand at both sides
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
	column, row            int // where it stands, for the order of the keyboard
}

// The graph's measures, in units of its view box.
const (
	nodeWidth, nodeHeight = 190, 44
	sideWidth             = 280 // from one column to the next
	edgeGap               = 4
	rowHeight             = 62
	maxSide               = 7 // boxes on one side; the table of relations has the rest
)

var (
	leftRelations  = []string{"dependencyOf", "apiConsumedBy"}
	rightRelations = []string{"dependsOn", "consumesApi", "providesApi", "apiProvidedBy", "hasPart"}
)

// NewGraph lays out what is directly connected with e, and who uses the APIs
// that it provides; nil when nothing is.
func NewGraph(e catalog.Entity, users []catalog.Ref, names Names) *GraphProps {
	left := sides(e, names, leftRelations)
	for _, u := range users {
		if !slices.Contains(e.Related("dependencyOf"), u) {
			left = append(left, other{names.link(u), "uses its API", false})
		}
	}
	left, right := cut(left), cut(sides(e, names, rightRelations))
	if len(left)+len(right) == 0 {
		return nil
	}
	height := max(len(left), len(right))*rowHeight + 2*edgeGap
	mid, x := height/2, edgeGap
	g := &GraphProps{Label: fmt.Sprintf("%s: %s, %s", e.Title(), ui.Plural(len(left), "thing uses it", "things use it"), ui.Plural(len(right), "thing is used by it", "things are used by it"))}
	if len(left) > 0 {
		x += sideWidth
		g.side(left, edgeGap, x, mid, height, false)
	}
	g.Nodes = append(g.Nodes, node(ui.Link{Label: e.Title()}, "", x, mid, true, false))
	if len(right) > 0 {
		g.side(right, x+sideWidth, x+nodeWidth, mid, height, true)
		x += sideWidth
	}
	g.Wide = len(left) > 0 && len(right) > 0
	g.ViewBox = fmt.Sprintf("0 0 %d %d", x+nodeWidth+edgeGap, height)
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
	for _, k := range kinds {
		for _, r := range e.Related(k) {
			_, ok := names[r]
			out = append(out, other{names.link(r), relationWords[k], !ok})
		}
	}
	return out
}

// cut leaves as many as fit into a column, the last of which says how many
// there are more.
func cut(list []other) []other {
	if more := len(list) - maxSide + 1; more > 1 {
		list = append(list[:maxSide-1:maxSide-1], other{link: ui.Link{Label: strconv.Itoa(more) + " more", URL: "#relations"}, word: "in the list of relations"})
	}
	return list
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
