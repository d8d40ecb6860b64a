package catalogview

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// NetworkQuery is what the address of a graph page says.
type NetworkQuery struct {
	Depth    int      `query:"depth"`
	Show     string   `query:"show"` // both (the zero value too), users, uses
	Relation []string `query:"relation"`
	Kind     []string `query:"kind"`
	Zoom     int      `query:"zoom"` // per cent; 0 fits the page
}

// usualDepth is how far a graph goes that was not asked to go anywhere.
const usualDepth = 2

// maxBecause bounds the relations that one row of the table says.
const maxBecause = 4

// zooms are the sizes that are offered.
var zooms = []int{50, 75, 100, 150, 200}

// usual are the families that a graph of a kind shows unless it was asked.
func usual(kind string) []catalog.Family {
	switch kind {
	case "group", "user":
		return []catalog.Family{catalog.People}
	case "system", "domain":
		return []catalog.Family{catalog.Dependencies, catalog.APIs, catalog.Parts}
	}
	return []catalog.Family{catalog.Dependencies, catalog.APIs}
}

// Graph is what to ask the store for.
func (q NetworkQuery) Graph(start catalog.Ref) catalog.GraphQuery {
	out := catalog.GraphQuery{Start: start, Depth: min(max(cmp.Or(q.Depth, usualDepth), 1), catalog.MaxDepth), Users: q.Show != "uses", Uses: q.Show != "users"}
	for _, f := range catalog.Families {
		if slices.Contains(q.Relation, string(f)) {
			out.Families = append(out.Families, f)
		}
	}
	if len(out.Families) == 0 {
		out.Families = usual(start.Kind)
	}
	for _, k := range q.Kind {
		if k != "" {
			out.Kinds = append(out.Kinds, strings.ToLower(k))
		}
	}
	return out
}

// URL is the address of the same graph around another entity or with another
// zoom.
func (q NetworkQuery) URL(start catalog.Ref) string {
	v := url.Values{}
	if q.Depth > 0 && q.Depth != usualDepth {
		v.Set("depth", strconv.Itoa(q.Depth))
	}
	if q.Show == "users" || q.Show == "uses" {
		v.Set("show", q.Show)
	}
	for _, r := range q.Relation {
		v.Add("relation", r)
	}
	for _, k := range q.Kind {
		v.Add("kind", k)
	}
	if q.Zoom > 0 {
		v.Set("zoom", strconv.Itoa(q.Zoom))
	}
	if len(v) == 0 {
		return TabURL(start, "graph")
	}
	return TabURL(start, "graph") + "?" + v.Encode()
}

// NetworkProps are those of Network.
type NetworkProps struct {
	Title   string
	Action  string
	Depths  []Choice
	Shows   []Choice
	Sorts   []Choice // families of relations
	Kinds   []Choice
	Zooms   []ui.Link // the one without address is on
	Zoom    int
	Drawing Drawing
	Rows    []NetworkRow
	Note    string // what is left out
	Impact  string
	Empty   bool
}

// Choice is one value of a filter.
type Choice struct {
	Value, Label string
	On           bool
}

// NetworkRow says one box of the graph in words.
type NetworkRow struct {
	Row
	Kind    string
	Where   string // 2 steps, uses it
	Because []string
	Missing bool
	Graph   string // the graph around it
}

var familyNames = map[catalog.Family]string{catalog.Dependencies: "Dependencies", catalog.APIs: "APIs", catalog.Parts: "Systems and parts", catalog.Owners: "Owners", catalog.People: "Groups and members"}

// NewNetwork makes the props of the graph page. names are those of the
// owners.
func NewNetwork(e catalog.Entity, q NetworkQuery, g catalog.Graph, names Names) NetworkProps {
	asked := q.Graph(e.Ref)
	p := NetworkProps{Title: e.Title(), Action: TabURL(e.Ref, "graph"), Zoom: q.Zoom, Impact: TabURL(e.Ref, "impact"), Empty: len(g.Nodes) < 2}
	for d := 1; d <= catalog.MaxDepth; d++ {
		p.Depths = append(p.Depths, Choice{strconv.Itoa(d), ui.Plural(d, "step", "steps"), d == asked.Depth})
	}
	p.Shows = []Choice{{"both", "Both sides", asked.Users && asked.Uses}, {"users", "What uses it", !asked.Uses}, {"uses", "What it uses", !asked.Users}}
	for _, f := range catalog.Families {
		p.Sorts = append(p.Sorts, Choice{string(f), familyNames[f], slices.Contains(asked.Families, f)})
	}
	p.kinds(g, asked.Kinds)
	p.zooms(e.Ref, q)
	p.Drawing = draw(g, q)
	p.rows(g, q, names)
	switch {
	case g.Cut:
		p.Note = "Some things here have thousands of neighbours; not all of them were looked at."
	case g.More > 0:
		p.Note = fmt.Sprintf("%s more had no room in the drawing. Impact lists everything that depends on this.", ui.Number(int64(g.More)))
	}
	return p
}

// kinds offers those that are shown and those that were asked for.
func (p *NetworkProps) kinds(g catalog.Graph, asked []string) {
	have := map[string]bool{}
	for _, k := range asked {
		have[k] = true
	}
	for _, n := range g.Nodes[min(1, len(g.Nodes)):] {
		have[n.Ref.Kind] = true
	}
	for k := range have {
		p.Kinds = append(p.Kinds, Choice{k, KindNames(k), slices.Contains(asked, k)})
	}
	slices.SortFunc(p.Kinds, func(a, b Choice) int { return strings.Compare(a.Label, b.Label) })
}

func (p *NetworkProps) zooms(start catalog.Ref, q NetworkQuery) {
	for _, z := range append([]int{0}, zooms...) {
		l := ui.Link{Label: strconv.Itoa(z) + " %"}
		if z == 0 {
			l.Label = "Fit"
		}
		if with := q; z != q.Zoom {
			with.Zoom = z
			l.URL = with.URL(start)
		}
		p.Zooms = append(p.Zooms, l)
	}
}

// rows say every box in words: where it stands and by which relations.
func (p *NetworkProps) rows(g catalog.Graph, q NetworkQuery, names Names) {
	title := map[catalog.Ref]string{}
	for _, n := range g.Nodes {
		title[n.Ref] = cmp.Or(n.Title, n.Ref.Name)
	}
	because := map[catalog.Ref][]string{}
	for _, e := range g.Edges {
		word := cmp.Or(relationWords[e.Type], e.Type)
		because[e.From] = append(because[e.From], word+" "+title[e.To])
		if slices.ContainsFunc(g.Nodes, func(n catalog.GraphNode) bool { return n.Ref == e.To && n.Level > 0 }) {
			because[e.To] = append(because[e.To], title[e.From]+" "+word+" it")
		}
	}
	for _, n := range g.Nodes[min(1, len(g.Nodes)):] {
		r := NetworkRow{Row: Row{Icon: Icon(n.Ref.Kind, n.Type), Name: title[n.Ref], URL: ShowURL(n.Ref), Text: n.Ref.String()}, Kind: KindName(n.Ref.Kind),
			Where: where(n.Level), Because: because[n.Ref], Missing: n.Missing}
		if n.Missing {
			r.URL = ""
		} else {
			with := q
			with.Zoom = 0
			r.Graph = with.URL(n.Ref)
		}
		if !n.Owner.IsZero() {
			r.Owner = names.link(n.Owner)
		}
		p.Rows = append(p.Rows, r)
	}
	slices.SortStableFunc(p.Rows, func(a, b NetworkRow) int { return strings.Compare(a.Where, b.Where) })
}

func where(level int) string {
	if level < 0 {
		return "Uses it, " + ui.Plural(-level, "step", "steps")
	}
	return "Is used, " + ui.Plural(level, "step", "steps")
}
