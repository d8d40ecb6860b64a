// Package searchview shows what the search found: the page and the palette's
// part.
package searchview

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/views/ui"
)

// Props are those of the page.
type Props struct {
	Query     string
	Hits      []Hit
	Summary   string
	Corrected string // the text that was searched for instead
	Loose     bool   // no document holds all the words
	Facets    ui.FacetsProps
	Prev      string
	Next      string
	Filtered  bool
	ClearURL  string
}

// Hit is one found thing as it is shown.
type Hit struct {
	Icon, Kind, URL string
	Title, Snippet  []search.Fragment
	Where           string
	Owner           ui.Link
}

// NewProps builds the page from what was asked and found.
func NewProps(q search.Query, r search.Results) Props {
	p := Props{Query: q.Text, Corrected: r.Corrected, Loose: r.Loose, Filtered: len(q.Kinds)+len(q.Owners) > 0, ClearURL: URL(search.Query{Text: q.Text})}
	for _, h := range r.Items {
		p.Hits = append(p.Hits, newHit(h))
	}
	p.Summary = summary(q, r)
	if q.Skip > 0 {
		back := q
		back.Skip = max(0, q.Skip-q.Limit)
		p.Prev = URL(back)
	}
	if q.Skip+len(r.Items) < r.Total {
		on := q
		on.Skip = q.Skip + len(r.Items)
		p.Next = URL(on)
	}
	p.Facets = ui.FacetsProps{Action: "/search", Keep: []ui.Link{{Label: "q", URL: q.Text}}, Target: "search-results",
		Facets: []ui.Facet{facet("kind", "Kind", r.Kinds, q.Kinds, KindLabel), facet("owner", "Owner", r.Owners, q.Owners, shortRef)}}
	return p
}

func summary(q search.Query, r search.Results) string {
	if len(r.Items) == 0 {
		return ""
	}
	total := ui.Number(int64(r.Total))
	if r.More {
		total = "more than " + total
	}
	return strconv.Itoa(q.Skip+1) + "–" + strconv.Itoa(q.Skip+len(r.Items)) + " of " + total + " in " + ui.Duration(r.Took)
}

// shownValues is how many values of a facet are not folded away.
const shownValues = 8

func facet(name, label string, counts []search.Facet, on []string, text func(string) string) ui.Facet {
	f := ui.Facet{Name: name, Label: label}
	for _, c := range counts {
		o := ui.FacetOption{Value: c.Value, Label: text(c.Value), Count: ui.Number(int64(c.Count)), On: slices.Contains(on, c.Value)}
		if len(f.Options) < shownValues || o.On {
			f.Options = append(f.Options, o)
		} else {
			f.More = append(f.More, o)
		}
	}
	for _, v := range on {
		if !slices.ContainsFunc(counts, func(c search.Facet) bool { return c.Value == v }) {
			f.Options = append(f.Options, ui.FacetOption{Value: v, Label: text(v), Count: "0", On: true})
		}
	}
	return f
}

func newHit(h search.Hit) Hit {
	out := Hit{Icon: Icon(h.Kind), Kind: KindLabel(h.Kind), URL: h.URL, Title: h.TitleParts, Snippet: h.Snippet}
	if h.Kind == "docs" {
		out.Where = h.Context
	} else if h.Name != "" && h.Name != h.Title {
		out.Where = h.Name
	}
	if h.Owner != "" {
		out.Owner = ui.Link{Label: shortRef(h.Owner), URL: refURL(h.Owner)}
	}
	return out
}

// URL is the address of a search.
func URL(q search.Query) string {
	v := url.Values{"q": {q.Text}}
	for _, k := range q.Kinds {
		v.Add("kind", k)
	}
	for _, o := range q.Owners {
		v.Add("owner", o)
	}
	if q.Skip > 0 {
		v.Set("from", strconv.Itoa(q.Skip))
	}
	return "/search?" + v.Encode()
}

func shortRef(ref string) string {
	_, rest, _ := strings.Cut(ref, ":")
	return strings.TrimPrefix(rest, "default/")
}

func refURL(ref string) string {
	kind, rest, ok := strings.Cut(ref, ":")
	namespace, name, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return ""
	}
	return "/catalog/" + namespace + "/" + kind + "/" + name
}

var kinds = map[string]struct{ label, icon string }{
	"component": {"Component", "box"}, "api": {"API", "plug"}, "resource": {"Resource", "database"}, "system": {"System", "boxes"},
	"domain": {"Domain", "network"}, "group": {"Team", "users"}, "user": {"Person", "user"}, "template": {"Golden path", "route"},
	"blueprint": {"Blueprint", "blocks"}, "environment": {"Environment", "layers"}, "docs": {"Docs", "book-open"},
	"action": {"Action", "zap"}, "survey": {"Survey", "message-square"}, "location": {"Location", "folder"},
}

// KindLabel is what people call a kind.
func KindLabel(kind string) string {
	if k, ok := kinds[kind]; ok {
		return k.label
	}
	if kind == "" {
		return "Other"
	}
	return strings.ToUpper(kind[:1]) + kind[1:]
}

// Icon is the icon of a kind.
func Icon(kind string) string {
	if k, ok := kinds[kind]; ok {
		return k.icon
	}
	return "circle-dot"
}

// PaletteGroups are hits by kind, in the order in which kinds first occur.
func PaletteGroups(r search.Results) []ui.PaletteGroup {
	var out []ui.PaletteGroup
	at := map[string]int{}
	for _, h := range r.Items {
		i, ok := at[h.Kind]
		if !ok {
			i = len(out)
			at[h.Kind] = i
			out = append(out, ui.PaletteGroup{Head: KindLabel(h.Kind)})
		}
		where := shortRef(h.Owner)
		if h.Kind == "docs" {
			where = h.Context
		}
		out[i].Items = append(out[i].Items, ui.PaletteItem{Label: h.Title, URL: h.URL, Icon: Icon(h.Kind), Where: where})
	}
	return out
}
