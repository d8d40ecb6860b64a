package catalogview

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// ListProps are those of List.
type ListProps struct {
	Query       Query
	Sub         string
	Problems    int
	CanRegister bool
	CanCreate   bool
	Kinds       []ui.Chip
	Choices     []ui.Chip
	Facets      ui.FacetsProps
	Caption     string
	Rows        []Row
	Pager       ui.PagerProps
	SortURL     string
	SortDir     string // of the name column: asc, desc or empty
	Empty       ui.EmptyProps
}

// Row is one entity of the list.
type Row struct {
	Icon, Name, URL, Type, Text string
	Owner                       ui.Link
	Lifecycle                   string
	Tone                        ui.Tone
	Tags                        []ui.Link
}

// ListInput is what the list is made of.
type ListInput struct {
	Query       Query
	Page        catalog.Page
	Kinds       []catalog.Count // of what stays when another kind is chosen
	Total       int             // entities in all
	Problems    int
	Unowned     int
	CanRegister bool
	CanCreate   bool
}

const resultsID = "catalog-results"

// NewList makes the props of the list.
func NewList(in ListInput) ListProps {
	q := in.Query
	kind := q.kind()
	p := ListProps{Query: q, Problems: in.Problems, CanRegister: in.CanRegister, CanCreate: in.CanCreate, Caption: "Entities"}
	p.Sub = ui.Number(int64(in.Total)) + " things that the company runs, and who owns them."
	if kind != "" {
		p.Caption = KindNames(kind)
	}
	p.Kinds = kindChips(q, kind, in.Kinds)
	mine, unowned := q, q
	mine.Mine, mine.After = !q.Mine, ""
	unowned.Unowned, unowned.After = !q.Unowned, ""
	recent := q.sorted("changed")
	if q.Sort == "changed" {
		recent = q.sorted("")
	}
	p.Choices = []ui.Chip{{Label: "Recently changed", URL: recent.URL(), On: q.Sort == "changed"}, {Label: "Mine", URL: mine.URL(), On: q.Mine}, {Label: "Unowned", URL: unowned.URL(), Count: countText(in.Unowned), On: q.Unowned}}
	p.Facets = facets(q, in.Page.Facets)
	tag := q.tagPrefix()
	for _, e := range in.Page.Items {
		p.Rows = append(p.Rows, newRow(kind == "", tag, e))
	}
	p.Pager = pager(q, in.Page)
	p.SortURL, p.SortDir = q.sorted("-name").URL(), "asc"
	if q.Sort == "-name" {
		p.SortURL, p.SortDir = q.sorted("").URL(), "desc"
	}
	if q.Sort == "changed" {
		p.SortURL, p.SortDir = q.sorted("").URL(), ""
	}
	p.Empty = emptyList(in)
	return p
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
	for name, on := range map[string]bool{"mine": q.Mine, "unowned": q.Unowned} {
		if on {
			p.Keep = append(p.Keep, ui.Link{Label: name, URL: "true"})
		}
	}
	if q.Sort != "" {
		p.Keep = append(p.Keep, ui.Link{Label: "sort", URL: q.Sort})
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

// newRow shows the kind where the list mixes kinds; tag is the address to
// which a tag is added.
func newRow(mixed bool, tag string, e catalog.Summary) Row {
	r := Row{Icon: Icon(e.Ref.Kind, e.Type), Name: e.Title, URL: ShowURL(e.Ref), Type: e.Type, Text: firstLine(e.Description), Lifecycle: e.Lifecycle,
		Tone: lifecycleTone(e.Lifecycle)}
	if mixed {
		r.Type = strings.TrimSpace(strings.ToLower(KindName(e.Ref.Kind)) + " " + e.Type)
		if e.Ref.Kind == "api" {
			r.Type = strings.TrimSpace("API " + e.Type)
		}
	}
	if !e.Owner.IsZero() {
		r.Owner = ui.Link{Label: RefName(e.Owner), URL: ShowURL(e.Owner)}
	}
	for _, t := range e.Tags[:min(len(e.Tags), 4)] {
		r.Tags = append(r.Tags, ui.Link{Label: t, URL: tag + url.QueryEscape(t)})
	}
	return r
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
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
