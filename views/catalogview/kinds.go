package catalogview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// first are the panels that a kind wants before all others.
func first(in OverviewInput) []templ.Component {
	e := in.Entity
	switch e.Ref.Kind {
	case "component", "group", "user":
		return nil
	case "api":
		return apiPanels(in)
	case "resource":
		return related(in, "dependencyOf", "Who depends on it", "Entities appear here when their file names this in dependsOn.")
	case "system":
		return systemPanels(in)
	case "domain":
		return append(related(in, "hasPart", "Systems", "Systems appear here when their file names this domain."), drawingPanels(in)...)
	case "template":
		return templatePanels(e)
	case "location":
		return []templ.Component{locationPanel(locationTargets(e))}
	}
	return specPanels(e)
}

// APIProps are what an API's first page says of its definition.
type APIProps struct {
	Format string
	URL    string
	Facts  []ui.Pair
	Items  []DefLink
	More   int
	Fault  string
}

func apiPanels(in OverviewInput) []templ.Component {
	d := in.Definition
	if d == nil {
		return nil
	}
	const most = 8
	p := APIProps{Format: d.Format, URL: TabURL(in.Entity.Ref, "definition")}
	if d.Version != "" {
		p.Format += ", version " + d.Version
	}
	for _, f := range d.Facts[:min(len(d.Facts), 4)] {
		p.Facts = append(p.Facts, ui.Pair{Key: f.Key, Value: f.Value, URL: f.URL})
	}
	for _, g := range d.Groups {
		for _, it := range g.Items[:min(len(g.Items), most-len(p.Items))] {
			p.Items = append(p.Items, defLink(in.Entity.Ref, it, DefinitionQuery{}))
		}
	}
	p.More = d.Total - len(p.Items)
	if len(d.Faults) > 0 {
		p.Fault = d.Faults[0].String()
	}
	return []templ.Component{apiPanel(p)}
}

// note says how many things a definition has.
func (p APIProps) note() string {
	if n := p.More + len(p.Items); n > 0 {
		return "All " + ui.Plural(n, "operation and type", "operations and types")
	}
	return "The text"
}

// maxParts bounds the rows of one table of parts.
const maxParts = 50

// PartsProps are those of a table of what is related to an entity.
type PartsProps struct {
	Title, Empty, URL string
	Rows              []Row
	More              int
}

// noteURL is where all of them are listed, when there are any.
func (p PartsProps) noteURL() string {
	if len(p.Rows) == 0 {
		return ""
	}
	return p.URL
}

// related is a table of what stands in one relation to the entity.
func related(in OverviewInput, relation, title, empty string) []templ.Component {
	p := partsOf(in, in.Entity.Related(relation))
	p.Title, p.Empty, p.URL = title, empty, TabURL(in.Entity.Ref, "impact")
	return []templ.Component{relatedPanel(p)}
}

// partsOf makes rows of references, as far as there is room.
func partsOf(in OverviewInput, refs []catalog.Ref) PartsProps {
	p := PartsProps{More: max(0, len(refs)-maxParts)}
	for _, r := range refs[:min(len(refs), maxParts)] {
		s, ok := in.Names[r]
		if !ok {
			s = catalog.Summary{Ref: r, Kind: r.Kind, Title: RefName(r)}
		}
		row := newRow(true, "/catalog?kind=all&tag=", s)
		if !ok {
			row.Type = "does not exist"
		}
		if !s.Owner.IsZero() {
			row.Owner = in.Names.link(s.Owner)
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// partKinds are the kinds of parts in the order in which people ask for them.
var partKinds = []string{"system", "component", "api", "resource"}

// systemPanels are the diagram of a system and its parts by kind.
func systemPanels(in OverviewInput) []templ.Component {
	out := drawingPanels(in)
	byKind := map[string][]catalog.Ref{}
	kinds := slices.Clone(partKinds)
	for _, r := range in.Entity.Related("hasPart") {
		byKind[r.Kind] = append(byKind[r.Kind], r)
		if !slices.Contains(kinds, r.Kind) {
			kinds = append(kinds, r.Kind)
		}
	}
	for _, k := range kinds {
		if len(byKind[k]) == 0 {
			continue
		}
		p := partsOf(in, byKind[k])
		p.Title, p.URL = KindNames(k), Query{Kind: k, System: []string{in.Entity.Ref.String()}}.URL()
		out = append(out, relatedPanel(p))
	}
	if len(byKind) == 0 {
		out = append(out, relatedPanel(PartsProps{Title: "Parts", Empty: "Components, APIs and resources appear here when their file names this system."}))
	}
	return out
}

// drawingPanels draw the parts with what connects them.
func drawingPanels(in OverviewInput) []templ.Component {
	if in.Around == nil || len(in.Around.Nodes) < 2 {
		return nil
	}
	return []templ.Component{drawingPanel(draw(*in.Around, NetworkQuery{}), TabURL(in.Entity.Ref, "graph"))}
}

// OrgRow is a group of the tree, with how deep it stands.
type OrgRow struct {
	ui.Link
	Indent string // class
	Note   string
	Self   bool
}

// maxOrgRows bounds the tree of groups.
const maxOrgRows = 100

// orgRows are the groups above, the group itself and those below it.
func orgRows(e catalog.Entity, org *catalog.Org) []OrgRow {
	if org == nil || len(org.Above)+len(org.Below) == 0 {
		return nil
	}
	var out []OrgRow
	add := func(s catalog.Summary, depth int, note string) {
		out = append(out, OrgRow{Link: ui.Link{Label: cmp.Or(s.Title, s.Ref.Name), URL: ShowURL(s.Ref)}, Indent: fmt.Sprintf("in-%d", min(depth, 6)), Note: note, Self: s.Ref == e.Ref})
	}
	for i, g := range org.Above {
		add(g, i, g.Type)
	}
	add(catalog.Summary{Ref: e.Ref, Title: e.Title()}, len(org.Above), e.Type())
	below := map[catalog.Ref][]catalog.OrgGroup{}
	for _, g := range org.Below {
		below[g.Parent] = append(below[g.Parent], g)
	}
	var walk func(at catalog.Ref, depth int)
	walk = func(at catalog.Ref, depth int) {
		for _, g := range below[at] {
			if len(out) < maxOrgRows {
				add(g.Summary, depth, ui.Plural(g.Direct, "person", "people"))
				walk(g.Ref, depth+1)
			}
		}
	}
	walk(e.Ref, len(org.Above)+1)
	return out
}

// ownedKinds say how much of each kind an owner has.
func ownedKinds(e catalog.Entity, counts []catalog.Count) []ui.Chip {
	out := make([]ui.Chip, 0, len(counts))
	for _, c := range counts {
		out = append(out, ui.Chip{Label: KindNames(c.Value), Count: ui.Number(int64(c.N)), URL: Query{Kind: c.Value, Owner: []string{e.Ref.String()}}.URL()})
	}
	return out
}

// locationTargets are the addresses that a Location names.
func locationTargets(e catalog.Entity) []ui.Link {
	var out []ui.Link
	list, _ := e.Spec["targets"].([]any)
	for _, t := range append([]any{e.Spec["target"]}, list...) {
		s := text(t)
		if s == "" {
			continue
		}
		l := ui.Link{Label: s}
		if safeLink(s) && !strings.ContainsAny(s, "*{[") {
			l.URL = s
		}
		out = append(out, l)
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
