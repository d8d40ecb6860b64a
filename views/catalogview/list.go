package catalogview

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/views/ui"
)

// ListProps are those of List.
type ListProps struct {
	Query       Query
	Sub         string
	Problems    int
	CanRegister bool
	CanCreate   bool
	Unknown     string // what of the address was not understood
	Kinds       []ui.Chip
	Choices     []ui.Chip
	Save        []ui.Chip // a way to keep the choice
	Facets      ui.FacetsProps
	Caption     string
	Rows        []Row
	Groups      []GroupRow // instead of rows, when the list is grouped
	OpenAll     ui.Link
	Back        string // address of the list as it is, to come back to
	CanStar     bool
	Pager       ui.PagerProps
	SortURL     string
	SortDir     string // of the name column: asc, desc or empty
	Empty       ui.EmptyProps
}

// Row is one entity of the list.
type Row struct {
	Icon, Name, URL, Type, Text string
	Star                        StarProps
	Marks                       []RowMark // what is wrong with it
	Owner                       ui.Link
	Lifecycle                   string
	Tone                        ui.Tone
	Tags                        []ui.Link
}

// RowMark is something wrong with an entity; it leads to what can be done.
type RowMark struct {
	Label, URL string
	Tone       ui.Tone
}

// ListInput is what the list is made of.
type ListInput struct {
	Query       Query
	Page        catalog.Page
	Kinds       []catalog.Count // of what stays when another kind is chosen
	Total       int             // entities in all
	Problems    int
	Unowned     int
	Groups      catalog.Groups // with Query.Group, instead of Page
	Systems     Names          // of the groups
	Marks       map[catalog.Ref]catalog.Mark
	Stars       []string
	Views       []keep.View
	Unknown     []string // what of the address was not understood
	CanRegister bool
	CanCreate   bool
	CanStar     bool
	CanSave     bool
}

const resultsID = "catalog-results"

// NewList makes the props of the list.
func NewList(in ListInput) ListProps {
	q := in.Query
	kind := q.kind()
	p := ListProps{Query: q, Problems: in.Problems, CanRegister: in.CanRegister, CanCreate: in.CanCreate, CanStar: in.CanStar, Caption: "Entities", Back: q.URL()}
	p.Sub = ui.Number(int64(in.Total)) + " things that the company runs, and who owns them."
	p.Unknown = strings.Join(in.Unknown, ", ")
	if kind != "" {
		p.Caption = KindNames(kind)
	}
	p.Kinds = kindChips(q, kind, in.Kinds)
	p.Choices = choices(q, in)
	if in.CanSave && q.Saved() != "" && !slices.ContainsFunc(in.Views, func(v keep.View) bool { return v.Query == q.Saved() }) {
		p.Save = []ui.Chip{{Label: "Save this view", URL: NewViewURL(q)}}
	}
	p.Facets = facets(q, in.Page.Facets)
	rows := newRows(in, kind == "")
	for _, e := range in.Page.Items {
		p.Rows = append(p.Rows, rows.row(e))
	}
	p.Pager = pager(q, in.Page)
	p.Pager.CSV, p.Pager.JSON = q.ExportURL("csv"), q.ExportURL("json")
	if q.Group != "" {
		p.group(in, rows)
	}
	p.SortURL, p.SortDir = sorting(q)
	p.Empty = emptyList(in)
	return p
}

// sorting is where the head of the names leads, and how they are ordered.
func sorting(q Query) (url, dir string) {
	switch q.Sort {
	case "-name":
		return q.sorted("").URL(), "desc"
	case "changed":
		return q.sorted("").URL(), ""
	}
	return q.sorted("-name").URL(), "asc"
}

// choices are the views that everybody has, and the named ones.
func choices(q Query, in ListInput) []ui.Chip {
	turn := func(label string, on bool, set func(*Query)) ui.Chip {
		to := q.choice()
		set(&to)
		return ui.Chip{Label: label, URL: to.URL(), On: on}
	}
	out := []ui.Chip{
		turn("Mine", q.Mine, func(q *Query) { q.Mine = !q.Mine }),
		turn("Starred", q.Starred, func(q *Query) { q.Starred = !q.Starred }),
		turn("Recently changed", q.Sort == "changed", func(to *Query) {
			if to.Sort = "changed"; q.Sort == "changed" {
				to.Sort = ""
			}
		}),
		turn("By system", q.Group != "", func(to *Query) {
			if to.Group = GroupSystem; q.Group != "" {
				to.Group = ""
			}
		}),
		turn("Unowned", q.Unowned, func(q *Query) { q.Unowned = !q.Unowned }),
	}
	out[1].Count, out[4].Count = countText(len(in.Stars)), countText(in.Unowned)
	if q.State != "" {
		out = append(out, turn(stateWords[catalog.State(q.State)], true, func(q *Query) { q.State = "" }))
	}
	return append(out, viewChips(q, in.Views)...)
}

// emptyList says why nothing is shown and what to do about it.
func emptyList(in ListInput) ui.EmptyProps {
	p := ui.EmptyProps{Icon: "search", Title: "No match", Text: "Nothing in the catalog fits this choice.", ActionLabel: "Show everything", ActionURL: "/catalog?kind=all"}
	switch {
	case in.Total == 0:
		p = ui.EmptyProps{Icon: "box", Title: "The catalog is empty",
			Text: "Services, APIs, teams and people appear here when their catalog-info.yaml files are read. Name files, folders or globs under catalog.locations in the configuration, or register a repository."}
		if in.CanRegister {
			p.ActionLabel, p.ActionURL = "Register existing", "/catalog/register"
		}
	case in.Query.Starred && len(in.Stars) == 0:
		p.Icon, p.Title, p.Text = "star", "Nothing is starred yet", "A star beside a name keeps it here, for you alone."
	case in.Query.Mine:
		p.Text = "Neither you nor your teams own anything that fits this choice."
	}
	return p
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return ui.Number(int64(n))
}

func kindChips(q Query, kind string, counts []catalog.Count) []ui.Chip {
	all := 0
	var out []ui.Chip
	for _, c := range counts {
		all += c.N
		out = append(out, ui.Chip{Label: KindNames(c.Value), URL: q.withKind(c.Value).URL(), Count: ui.Number(int64(c.N)), On: kind == c.Value})
	}
	slices.SortStableFunc(out, func(a, b ui.Chip) int { return cmp.Compare(kindRank(a.Label), kindRank(b.Label)) })
	return append([]ui.Chip{{Label: "All", URL: q.withKind(AllKinds).URL(), Count: ui.Number(int64(all)), On: kind == ""}}, out...)
}

// kindOrder is the order of the chips; others follow by how many there are.
var kindOrder = []string{"Components", "APIs", "Resources", "Systems", "Domains", "Templates", "Groups", "Users", "Environments"}

func kindRank(label string) int {
	if i := slices.Index(kindOrder, label); i >= 0 {
		return i
	}
	return len(kindOrder)
}

func facets(q Query, counts map[string][]catalog.Count) ui.FacetsProps {
	p := ui.FacetsProps{Action: "/catalog", Target: resultsID}
	if q.Text != "" {
		p.Keep = append(p.Keep, ui.Link{Label: "q", URL: q.Text})
	}
	keptKind := q.kind()
	if keptKind == "" {
		keptKind = AllKinds
	}
	p.Keep = append(p.Keep, ui.Link{Label: "kind", URL: keptKind})
	for name, on := range map[string]bool{"mine": q.Mine, "starred": q.Starred, "unowned": q.Unowned} {
		if on {
			p.Keep = append(p.Keep, ui.Link{Label: name, URL: "true"})
		}
	}
	for name, value := range map[string]string{"sort": q.Sort, "state": q.State, "group": q.Group} {
		if value != "" {
			p.Keep = append(p.Keep, ui.Link{Label: name, URL: value})
		}
	}
	slices.SortFunc(p.Keep, func(a, b ui.Link) int { return strings.Compare(a.Label, b.Label) })
	add := func(name, label string, values []catalog.Count, chosen []string, say func(string) string) {
		if f := facet(name, label, values, chosen, say); len(f.Options) > 0 {
			p.Facets = append(p.Facets, f)
		}
	}
	plain := func(s string) string { return s }
	add("type", "Type", counts["type"], q.Type, plain)
	add("lifecycle", "Lifecycle", counts["lifecycle"], q.Lifecycle, plain)
	add("owner", "Owner", counts["owner"], q.Owner, refLabel)
	add("system", "System", counts["system"], q.System, refLabel)
	add("tag", "Tag", counts["tag"], q.Tag, plain)
	return p
}

func refLabel(s string) string {
	r, err := catalog.ParseRef(s, "", "")
	if s == NoSystem {
		return "none"
	}
	if err != nil {
		return s
	}
	return RefName(r)
}

// facet shows the chosen values and the most frequent ones; the rest is
// folded away.
func facet(name, label string, values []catalog.Count, chosen []string, say func(string) string) ui.Facet {
	const shown, folded = 6, 24
	f := ui.Facet{Name: name, Label: label}
	for _, c := range chosen {
		n := 0
		if i := slices.IndexFunc(values, func(v catalog.Count) bool { return v.Value == c }); i >= 0 {
			n = values[i].N
		}
		f.Options = append(f.Options, ui.FacetOption{Value: c, Label: say(c), Count: strconv.Itoa(n), On: true})
	}
	for _, v := range values {
		if slices.Contains(chosen, v.Value) {
			continue
		}
		o := ui.FacetOption{Value: v.Value, Label: say(v.Value), Count: ui.Number(int64(v.N))}
		if len(f.Options) < shown {
			f.Options = append(f.Options, o)
		} else if len(f.More) < folded {
			f.More = append(f.More, o)
		}
	}
	return f
}

func pager(q Query, page catalog.Page) ui.PagerProps {
	p := ui.PagerProps{Summary: "none"}
	if page.From > 0 {
		p.Summary = ui.Number(int64(page.From)) + "–" + ui.Number(int64(page.From+len(page.Items)-1)) + " of " + ui.Number(int64(page.Total))
	}
	if page.Prev != "" {
		p.Prev = q.at(page.Prev).URL()
	}
	if page.Next != "" {
		p.Next = q.at(page.Next).URL()
	}
	return p
}
