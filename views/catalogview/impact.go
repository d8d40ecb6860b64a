package catalogview

import (
	"fmt"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// ImpactProps are those of Impact.
type ImpactProps struct {
	Title string
	Stats []ui.StatProps
	Hops  []ImpactHop
	Teams []TeamCount
	CSV   string
	JSON  string
	Note  string
	Graph string
}

// ImpactHop is what depends on the entity at one distance.
type ImpactHop struct {
	ID    string
	Title string
	Count int
	Rows  []ImpactRow
	More  int // rows that the page leaves to the export
}

// ImpactRow is one entity that depends on another.
type ImpactRow struct {
	Row
	Kind string
	Via  ui.Link
}

// TeamCount is how much of an impact is a team's.
type TeamCount struct {
	Team  ui.Link
	N     int
	Share float64
}

// maxImpactRows bounds the rows of one distance on the page.
const maxImpactRows = 200

// NewImpact makes the props of the page that says what depends on an entity.
func NewImpact(e catalog.Entity, im catalog.Impact, names Names) ImpactProps {
	p := ImpactProps{Title: e.Title(), CSV: ShowURL(e.Ref) + "/impact.csv", JSON: ShowURL(e.Ref) + "/impact.json", Graph: NetworkQuery{Show: "users", Depth: 3}.URL(e.Ref)}
	hops := len(im.ByHop)
	p.Stats = []ui.StatProps{
		{Label: "Depend on it", Value: ui.Number(int64(len(im.Hits))), Note: "directly or through others"},
		{Label: "Directly", Value: ui.Number(int64(at(im.ByHop, 0))), Note: "at the first hop"},
		{Label: "Furthest", Value: ui.Number(int64(hops)), Unit: map[bool]string{true: "hop", false: "hops"}[hops == 1], Note: "from it"},
		{Label: "Teams", Value: ui.Number(int64(len(im.ByOwner))), Note: "to talk to before a change"},
	}
	titles := Names{}
	for _, h := range im.Hits {
		titles[h.Ref] = h.Summary
	}
	titles[e.Ref] = catalog.Summary{Ref: e.Ref, Title: e.Title()}
	for i, n := range im.ByHop {
		p.Hops = append(p.Hops, ImpactHop{ID: fmt.Sprintf("hop-%d", i+1), Title: hopTitle(i + 1), Count: n, More: max(0, n-maxImpactRows)})
	}
	for _, h := range im.Hits {
		hop := &p.Hops[h.Hop-1]
		if len(hop.Rows) >= maxImpactRows {
			continue
		}
		r := ImpactRow{Row: newRow(true, "/catalog?kind=all&tag=", h.Summary), Kind: KindName(h.Ref.Kind), Via: titles.link(h.Via)}
		r.Owner = names.owner(h.Owner)
		hop.Rows = append(hop.Rows, r)
	}
	const teams = 12
	for _, c := range im.ByOwner[:min(len(im.ByOwner), teams)] {
		ref, err := catalog.ParseRef(c.Value, "", "")
		t := TeamCount{Team: ui.Link{Label: "No owner"}, N: c.N, Share: float64(c.N) / float64(max(1, len(im.Hits)))}
		if err == nil {
			t.Team = names.owner(ref)
		}
		p.Teams = append(p.Teams, t)
	}
	if im.Cut {
		p.Note = fmt.Sprintf("There is more: only the first %s are listed and counted.", ui.Number(int64(len(im.Hits))))
	}
	return p
}

func at(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

func hopTitle(hop int) string {
	if hop == 1 {
		return "1 hop: directly"
	}
	return fmt.Sprintf("%d hops", hop)
}

// owner links to an owner; nothing for none.
func (n Names) owner(r catalog.Ref) ui.Link {
	if r.IsZero() {
		return ui.Link{Label: "No owner"}
	}
	return n.link(r)
}

// hopFoot stands below a distance that has more rows than are shown.
func hopFoot(h ImpactHop) templ.Component {
	if h.More == 0 {
		return nil
	}
	return impactMore(h)
}
