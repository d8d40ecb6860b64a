// Package docsview shows documentation: the list of sites, a page with its
// surroundings, and what the checker found.
package docsview

import (
	"strconv"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/views/ui"
)

// ListProps are those of List.
type ListProps struct {
	Query string
	Sites []SiteRow
	Total int
}

// SiteRow is one site of the list.
type SiteRow struct {
	Title, URL, Text string
	Owner            ui.Link
	Entity           ui.Link
}

// NewListProps builds the list from the sites that a viewer may see. The
// portal's own docs stand for themselves, not for an entity.
func NewListProps(roots []docs.Root, own, query string) ListProps {
	p := ListProps{Query: query, Total: len(roots)}
	want := strings.Fields(strings.ToLower(query))
	for _, r := range roots {
		row := SiteRow{Title: r.Title, URL: docs.BaseURL(r.Ref), Text: r.Description}
		if r.Ref != own {
			row.Entity = refLink(r.Ref)
		}
		if r.Owner != "" {
			row.Owner = refLink(r.Owner)
		}
		if matches(strings.ToLower(r.Title+" "+r.Description+" "+r.Ref+" "+r.Owner), want) {
			p.Sites = append(p.Sites, row)
		}
	}
	return p
}

func matches(text string, want []string) bool {
	for _, w := range want {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// refLink is an entity as a link: its short name and its page.
func refLink(ref string) ui.Link {
	kind, rest, _ := strings.Cut(ref, ":")
	namespace, name, ok := strings.Cut(rest, "/")
	if !ok {
		return ui.Link{Label: ref}
	}
	return ui.Link{Label: strings.TrimPrefix(rest, "default/"), URL: "/catalog/" + namespace + "/" + kind + "/" + name}
}

// PageProps are those of Page.
type PageProps struct {
	Title      string
	Anchor     string // id of the title, for links to it
	HTML       string // safe, from the renderer
	Site       ui.Link
	Trail      []string
	Owner      ui.Link
	Entity     ui.Link
	Nav        []NavItem
	Toc        []docs.Heading
	Prev, Next *ui.Link
	Changed    time.Time
	EditURL    string
	SourceURL  string
	CheckURL   string
}

// NavItem is one entry of the site's navigation.
type NavItem struct {
	Title, URL string
	Current    bool
	Items      []NavItem
}

// NewPageProps builds a page of a site.
func NewPageProps(s *docs.Site, p docs.Page, own bool) PageProps {
	out := PageProps{Title: p.Title, Anchor: p.TitleID, HTML: p.HTML, Site: ui.Link{Label: s.Title, URL: s.Base}, Trail: p.Trail,
		Nav: navItems(s.Nav, p.File), Toc: toc(p.Headings), Changed: p.Changed, EditURL: p.EditURL, CheckURL: CheckURL(s.Ref)}
	if out.Title == "" {
		out.Title = s.Title
	}
	if p.File != "" {
		out.SourceURL = p.SourceURL
	}
	if s.Owner != "" {
		out.Owner = refLink(s.Owner)
	}
	if !own {
		out.Entity = refLink(s.Ref)
	}
	if p.Prev != nil {
		out.Prev = &ui.Link{Label: p.Prev.Title, URL: p.Prev.URL}
	}
	if p.Next != nil {
		out.Next = &ui.Link{Label: p.Next.Title, URL: p.Next.URL}
	}
	return out
}

func navItems(items []docs.NavItem, file string) []NavItem {
	out := make([]NavItem, 0, len(items))
	for _, i := range items {
		out = append(out, NavItem{Title: i.Title, URL: i.URL, Current: i.Page != "" && i.Page == file, Items: navItems(i.Items, file)})
	}
	return out
}

// toc lists the headings of the second and third level.
func toc(all []docs.Heading) []docs.Heading {
	var out []docs.Heading
	for _, h := range all {
		if h.Level == 2 || h.Level == 3 {
			out = append(out, h)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// crumbs lead from the docs to the page.
func (p PageProps) crumbs() []ui.Link {
	out := []ui.Link{{Label: "Docs", URL: "/docs"}, p.Site}
	for _, t := range p.Trail {
		out = append(out, ui.Link{Label: t})
	}
	return out
}

// MissingProps are those of Missing.
type MissingProps struct {
	Site    ui.Link
	Asked   string
	Nearest []ui.Link
}

// NewMissingProps builds the answer to an address that no page has.
func NewMissingProps(s *docs.Site, asked string) MissingProps {
	p := MissingProps{Site: ui.Link{Label: s.Title, URL: s.Base}, Asked: asked}
	for _, n := range s.Nearest(asked) {
		p.Nearest = append(p.Nearest, ui.Link{Label: n.Title, URL: n.URL})
	}
	return p
}

// CheckProps are those of Check.
type CheckProps struct {
	Site     ui.Link
	Pages    int
	Broken   int
	Problems []docs.Problem
}

// NewCheckProps builds the checker's report.
func NewCheckProps(s *docs.Site, found []docs.Problem) CheckProps {
	p := CheckProps{Site: ui.Link{Label: s.Title, URL: s.Base}, Pages: len(s.Pages), Problems: found}
	for _, f := range found {
		if f.Broken() {
			p.Broken++
		}
	}
	return p
}

func (p CheckProps) badge() ui.BadgeProps {
	switch {
	case p.Broken > 0:
		return ui.BadgeProps{Label: ui.Plural(p.Broken, "broken place", "broken places"), Tone: ui.Bad}
	case len(p.Problems) > 0:
		return ui.BadgeProps{Label: ui.Plural(len(p.Problems), "remark", "remarks"), Tone: ui.Info}
	}
	return ui.BadgeProps{Label: "nothing to mend", Tone: ui.Good}
}

// CheckURL is the page of the checker for a site.
func CheckURL(ref string) string { return "/docs/check?site=" + ref }

func place(p docs.Problem) string {
	if p.Line == 0 {
		return p.Page
	}
	return p.Page + ":" + strconv.Itoa(p.Line)
}

func tone(p docs.Problem) ui.Tone {
	if p.Broken() {
		return ui.Bad
	}
	return ui.Info
}

func ruleWords(rule string) string { return strings.ReplaceAll(rule, "-", " ") }

func tocClass(level int) string { return "toc-" + strconv.Itoa(level) }

// anchor is the id of the body: the title's own, so that links to it arrive.
func (p PageProps) anchor() string {
	if p.Anchor != "" {
		return p.Anchor
	}
	return "docs-body"
}
