package catalogview

import (
	"slices"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// GroupSystem groups the list by systems.
const GroupSystem = "system"

// GroupRow is one group of the list. It is a link that opens or closes it.
type GroupRow struct {
	ID, Name, URL string // URL opens or closes the group
	Open          bool
	Count         string
	Page          ui.Link // the system's own page
	Owner         ui.Link
	Rows          []Row
	More          ui.Link // all of the group, when the rows are not all
}

// group makes p the list by systems.
func (p *ListProps) group(in ListInput, rows rowMaker) {
	q := in.Query
	for _, g := range in.Groups.Items {
		value := g.Value
		if value == "" {
			value = NoSystem
		}
		r := GroupRow{ID: "group-" + value, Name: "Without a system", URL: q.toggled(value).URL(), Count: ui.Number(int64(g.N)),
			Open: slices.Contains(q.Open, OpenAll) || slices.Contains(q.Open, value)}
		if ref, err := catalog.ParseRef(g.Value, "system", ""); err == nil {
			r.Name = RefName(ref)
			if e, ok := in.Systems[ref]; ok {
				r.Name, r.Page, r.Owner = e.Title, ui.Link{Label: "Page of " + e.Title, URL: ShowURL(ref)}, refLink(e.Owner)
			}
		}
		for _, e := range g.Items {
			r.Rows = append(r.Rows, rows.row(e))
		}
		if r.Open && g.N > len(g.Items) {
			all := q.choice()
			all.Group, all.System, all.Kind = "", []string{value}, keptKind(q)
			r.More = ui.Link{Label: "All " + ui.Number(int64(g.N)) + " in the list", URL: all.URL()}
		}
		if slices.Contains(q.Open, OpenAll) {
			r.URL = q.opened(in.Groups, value).URL()
		}
		p.Groups = append(p.Groups, r)
	}
	all := q
	all.Open = []string{OpenAll}
	p.OpenAll = ui.Link{Label: "Open all", URL: all.URL()}
	if slices.Contains(q.Open, OpenAll) {
		all.Open = nil
		p.OpenAll = ui.Link{Label: "Close all", URL: all.URL()}
	}
	p.Pager.Summary = ui.Plural(in.Groups.Total, "group", "groups") + ", " + ui.Plural(in.Groups.Things, "thing", "things")
	p.Pager.Prev, p.Pager.Next = "", ""
	if in.Groups.Prev != "" {
		p.Pager.Prev = q.at(in.Groups.Prev).URL()
	}
	if in.Groups.Next != "" {
		p.Pager.Next = q.at(in.Groups.Next).URL()
	}
}

// Groups is what the store is asked for when the list is grouped.
func (q Query) Groups(f catalog.Filter) catalog.GroupQuery {
	const groups, rows, all = 25, 25, 8
	out := catalog.GroupQuery{Filter: f, Field: GroupSystem, Open: Refs(q.Open, "system"), Rows: rows}
	out.Limit = groups
	if slices.Contains(q.Open, OpenAll) {
		out.All, out.Rows = true, all
	}
	return out
}

// RefsOf are the references of a list.
func RefsOf(list []catalog.Summary) []catalog.Ref {
	out := make([]catalog.Ref, len(list))
	for i, e := range list {
		out[i] = e.Ref
	}
	return out
}

// opened is q with every group but one open by name, instead of all.
func (q Query) opened(groups catalog.Groups, but string) Query {
	q.Open = nil
	for _, g := range groups.Items {
		value := g.Value
		if value == "" {
			value = NoSystem
		}
		if value != but {
			q.Open = append(q.Open, value)
		}
	}
	return q
}

// keptKind is the kind as an address says it.
func keptKind(q Query) string {
	if k := q.kind(); k != "" {
		return k
	}
	return AllKinds
}
