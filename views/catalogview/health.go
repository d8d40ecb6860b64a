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
	Chosen   string // source that is shown alone
	Sources  []SourceRow
	Problems []ProblemRow
	Total    int
	Dangling []DanglingRow
	Missing  int // dangling references in all
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
	Place, Field        string
	Entity, Owner       ui.Link
	Source              string
	Since               time.Time
	SourceURL, SourceID string
}

// DanglingRow is a reference to something that does not exist.
type DanglingRow struct {
	From, To ui.Link
	Word     string
}

// HealthInput is what the page is made of.
type HealthInput struct {
	Source     string // shown alone; empty: all
	Sources    []catalog.SourceState
	Problems   []catalog.Problem
	Total      int
	Dangling   []catalog.Dangling
	Missing    int
	CanRefresh bool
	Names      Names // of what the problems speak of, as far as it exists
}

// NewHealth makes the props of the page.
func NewHealth(in HealthInput) HealthProps {
	p := HealthProps{Chosen: in.Source, Total: in.Total, Missing: in.Missing}
	p.Header = ui.PageHeaderProps{Crumbs: []ui.Link{{Label: "Catalog", URL: "/catalog"}}, Title: "Catalog health",
		Sub: "What was read, from where, and what is wrong with it. A bad document never hides the others."}
	if in.Source != "" {
		p.Header.Crumbs = append(p.Header.Crumbs, ui.Link{Label: "Health", URL: "/catalog/health"})
	}
	for _, s := range in.Sources {
		if in.Source == "" || s.ID == in.Source {
			p.Sources = append(p.Sources, sourceRow(s, in.CanRefresh))
		}
	}
	p.Problems = ProblemRows(in.Problems, in.Names)
	for _, d := range in.Dangling {
		p.Dangling = append(p.Dangling, DanglingRow{From: refLink(d.From), Word: relationWords[d.Type], To: ui.Link{Label: d.To.String()}})
	}
	return p
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
	r := ProblemRow{Tone: ui.Warn, Word: "warning", Message: p.Message, Fix: p.Fix, Field: p.Field, Since: p.Since, SourceID: p.Source,
		SourceURL: "/catalog/health?source=" + url.QueryEscape(p.Source)}
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
