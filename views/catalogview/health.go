package catalogview

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// HealthProps are those of Health.
type HealthProps struct {
	Header   ui.PageHeaderProps
	Query    HealthQuery
	Unknown  string
	Sources  []SourceRow
	Problems []ProblemRow
	Total    int
	Facets   ui.FacetsProps
	Pager    ui.PagerProps
	SortURL  string
	SortDir  string // of the age: asc (oldest first), desc or empty
}

// SourceRow is one source.
type SourceRow struct {
	ID, URL, Icon    string
	Trusted          bool
	By               string
	ReadAt           time.Time
	Took             string
	Files, Entities  string
	Problems         int
	Error            string
	Version          string
	RefreshAction    string
	CanRefresh, Made bool
}

// ProblemRow is one problem.
type ProblemRow struct {
	Tone                ui.Tone
	Word, Message, Fix  string
	Place, PlaceURL     string
	Field, What         string
	Entity, Owner       ui.Link
	Source              string
	Since               time.Time
	SourceURL, SourceID string
}

// HealthInput is what the page is made of.
type HealthInput struct {
	Query      HealthQuery
	Unknown    []string // what of the address was not understood
	Sources    []catalog.SourceState
	Page       catalog.ProblemPage
	CanRefresh bool
	Names      Names // of what the problems speak of, as far as it exists
}

// NewHealth makes the props of the page.
func NewHealth(in HealthInput) HealthProps {
	q := in.Query
	p := HealthProps{Query: q, Total: in.Page.Total, Unknown: strings.Join(in.Unknown, ", ")}
	p.Header = ui.PageHeaderProps{Crumbs: []ui.Link{{Label: "Catalog", URL: "/catalog"}}, Title: "Catalog health",
		Sub: "What was read, from where, and what is wrong with it. A bad document never hides the others."}
	if q.Narrowed() {
		p.Header.Crumbs = append(p.Header.Crumbs, ui.Link{Label: "Health", URL: HealthURL})
	}
	for _, s := range in.Sources {
		if len(q.Source) == 0 || slices.Contains(q.Source, s.ID) {
			p.Sources = append(p.Sources, sourceRow(s, in.CanRefresh))
		}
	}
	p.Problems = ProblemRows(in.Page.Items, in.Names)
	p.Facets = problemFacets(q, in.Page.Facets)
	p.Pager = problemPager(q, in.Page)
	p.SortURL, p.SortDir = q.sorted(string(catalog.Newest)).URL(), ""
	switch catalog.ProblemSort(q.Sort) {
	case catalog.Newest:
		p.SortURL, p.SortDir = q.sorted(string(catalog.Oldest)).URL(), "desc"
	case catalog.Oldest:
		p.SortURL, p.SortDir = q.sorted("").URL(), "asc"
	}
	return p
}

func problemPager(q HealthQuery, page catalog.ProblemPage) ui.PagerProps {
	p := ui.PagerProps{Summary: ui.Number(int64(len(page.Items))) + " of " + ui.Plural(page.Total, "problem", "problems")}
	if page.Prev != "" {
		p.Prev = q.at(page.Prev).URL()
	}
	if page.Next != "" {
		p.Next = q.at(page.Next).URL()
	}
	return p
}

// codeWords are the codes of problems as people call them.
var codeWords = map[string]string{
	"syntax": "not readable YAML", "envelope": "not an entity", "field": "wrong field", "reference": "wrong reference", "placeholder": "placeholder",
	"conflict": "name is taken", "untrusted": "kind not allowed here", "rule": "kind not allowed here", "limit": "too large", "dangling": "leads nowhere", "source": "source not read", "unknown": "unknown name", "kind": "schema of a kind",
}

func codeWord(code string) string {
	if w, ok := codeWords[code]; ok {
		return w
	}
	return code
}

func problemFacets(q HealthQuery, counts map[string][]catalog.Count) ui.FacetsProps {
	p := ui.FacetsProps{Action: HealthURL, Target: problemsID}
	for _, k := range []ui.Link{{Label: "q", URL: q.Text}, {Label: "entity", URL: q.Entity}, {Label: "sort", URL: q.Sort}} {
		if k.URL != "" {
			p.Keep = append(p.Keep, k)
		}
	}
	owners := slices.Clone(counts["owner"])
	for i := range owners {
		if owners[i].Value == "" {
			owners[i].Value = NoOwner
		}
	}
	plain := func(s string) string { return s }
	team := func(s string) string {
		if s == NoOwner {
			return "cannot be told"
		}
		return refLabel(s)
	}
	for _, f := range []ui.Facet{facet("severity", "How bad", counts["severity"], q.Severity, plain), facet("code", "What", counts["code"], q.Code, codeWord),
		facet("owner", "Owner", owners, q.Owner, team), facet("source", "Source", counts["source"], q.Source, sourceLabel)} {
		if len(f.Options) > 0 {
			p.Facets = append(p.Facets, f)
		}
	}
	return p
}

// sourceLabel is a source without what all begin with.
func sourceLabel(id string) string {
	for _, begin := range []string{"url:https://", "url:", "file:"} {
		if rest, ok := strings.CutPrefix(id, begin); ok {
			return rest
		}
	}
	return id
}

// ProblemRows are the rows of a table of problems. What names does not hold
// does not exist and is no link.
func ProblemRows(list []catalog.Problem, names Names) []ProblemRow {
	var out []ProblemRow
	for _, p := range list {
		out = append(out, problemRow(p, names))
	}
	return out
}

// Mentioned are the references that problems speak of.
func Mentioned(list []catalog.Problem) []catalog.Ref {
	var out []catalog.Ref
	for _, p := range list {
		for _, s := range []string{p.Entity, p.Owner} {
			if r, err := catalog.ParseRef(s, "group", ""); err == nil {
				out = append(out, r)
			}
		}
	}
	slices.SortFunc(out, catalog.Ref.Compare)
	return slices.Compact(out)
}

func refLink(r catalog.Ref) ui.Link {
	if r.IsZero() {
		return ui.Link{}
	}
	return ui.Link{Label: RefName(r), URL: ShowURL(r)}
}

func sourceRow(s catalog.SourceState, canRefresh bool) SourceRow {
	made := strings.HasPrefix(s.ID, catalog.EnginePrefix)
	r := SourceRow{ID: s.ID, URL: "/catalog/health?source=" + url.QueryEscape(s.ID), Icon: "folder", Trusted: s.Trusted, By: s.By, ReadAt: s.ReadAt,
		Files: ui.Number(int64(s.Files)), Entities: ui.Number(int64(s.Entities)), Problems: s.Problems, Error: s.Error, Version: s.Version,
		Made: made, CanRefresh: canRefresh && !made}
	if s.Took > 0 {
		r.Took = ui.Duration(s.Took)
	}
	switch {
	case made:
		r.Icon, r.Files = "cpu", ui.Dash
	case strings.HasPrefix(s.ID, "url:"):
		r.Icon = "globe"
	}
	return r
}

func problemRow(p catalog.Problem, names Names) ProblemRow {
	r := ProblemRow{Tone: ui.Warn, Word: "warning", What: codeWord(p.Code), PlaceURL: p.URL, Message: p.Message, Fix: p.Fix, Field: p.Field, Since: p.Since, SourceID: p.Source,
		SourceURL: HealthURL + "?source=" + url.QueryEscape(p.Source)}
	if p.Severity == catalog.Error {
		r.Tone, r.Word = ui.Bad, "error"
	}
	r.Place = p.Place()
	mention := func(s string) ui.Link {
		ref, err := catalog.ParseRef(s, "group", "")
		if err != nil {
			return ui.Link{}
		}
		l := refLink(ref)
		if _, ok := names[ref]; !ok {
			l.URL = ""
		}
		return l
	}
	r.Entity, r.Owner = mention(p.Entity), mention(p.Owner)
	return r
}
