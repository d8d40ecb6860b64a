package catalogview

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// SourcesURL is where all sources are listed.
const SourcesURL = "/catalog/sources"

// SourceURL is where one source is shown.
func SourceURL(id string) string { return "/catalog/source?id=" + url.QueryEscape(id) }

// SourcesProps are those of Sources.
type SourcesProps struct {
	Header ui.PageHeaderProps
	Stats  []ui.StatProps
	Rows   []ReadingRow
}

// ReadingRow is a source with its last reading.
type ReadingRow struct {
	ID, Name, Where, URL, Icon string
	Sort                       string // what sort of source it is, in words
	ReadAt                     time.Time
	Took                       string
	Commit                     string
	Files, Entities, Problems  string
	Faulty                     bool
	Error                      string
	CanRefresh                 bool
}

// SourcesInput is what the pages of sources are made of.
type SourcesInput struct {
	Sources                 []catalog.SourceState
	CanRefresh, CanRegister bool
}

// NewSources makes the props of the list.
func NewSources(in SourcesInput) SourcesProps {
	p := SourcesProps{Header: ui.PageHeaderProps{Crumbs: []ui.Link{{Label: "Catalog", URL: "/catalog"}}, Title: "Catalog sources",
		Sub: "Where entities come from, when each place was read last, and what kept it from being read."}}
	if in.CanRegister {
		p.Header.Actions = ui.Button(ui.ButtonProps{Label: "Register existing", Icon: "plus", URL: "/catalog/register"})
	}
	failed, problems := 0, 0
	for _, s := range in.Sources {
		p.Rows = append(p.Rows, readingRow(s, in.CanRefresh))
		problems += s.Problems
		if s.Error != "" {
			failed++
		}
	}
	p.Stats = []ui.StatProps{{Label: "Sources", Value: ui.Number(int64(len(in.Sources)))},
		{Label: "Not read", Value: ui.Number(int64(failed)), Note: "what they brought before is kept"},
		{Label: "Problems", Value: ui.Number(int64(problems)), URL: "/catalog/health"}}
	return p
}

func readingRow(s catalog.SourceState, canRefresh bool) ReadingRow {
	made := strings.HasPrefix(s.ID, catalog.EnginePrefix)
	r := ReadingRow{ID: s.ID, URL: SourceURL(s.ID), ReadAt: s.ReadAt, Commit: shortVersion(s.Version), Files: ui.Number(int64(s.Files)),
		Entities: ui.Number(int64(s.Entities)), Problems: ui.Number(int64(s.Problems)), Faulty: s.Problems > 0, Error: s.Error, CanRefresh: canRefresh && !made}
	if s.Took > 0 {
		r.Took = ui.Duration(s.Took)
	}
	kind, target, _ := strings.Cut(s.ID, ":")
	r.Name, r.Where = shortTarget(target)
	switch {
	case made:
		r.Icon, r.Sort, r.Files = "cpu", "written by the portal itself", ui.Dash
	case kind == "org":
		r.Icon, r.Sort = "building-2", "organisation"
	case kind == "url":
		r.Icon, r.Sort = "globe", "address"
	default:
		r.Icon, r.Sort = "folder", "on this machine"
	}
	switch {
	case made:
	case s.Trusted:
		r.Sort += ", trusted"
	case s.By != "":
		r.Sort += ", registered"
	}
	return r
}

// shortTarget tells a target as people do: what it is called, and where.
func shortTarget(target string) (name, where string) {
	rest := target
	if i := strings.Index(target, "://"); i >= 0 {
		rest = target[i+3:]
	}
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	if len(parts) < 2 {
		return rest, ""
	}
	if rest == target { // a path
		return parts[len(parts)-1], "/" + strings.Join(parts[:len(parts)-1], "/")
	}
	repo := parts[1:]
	for i, p := range repo {
		if i > 0 && (p == "blob" || p == "tree" || p == "src" || p == "-" || p == "raw") {
			return strings.Join(repo[:i], "/"), parts[0] + " · " + strings.Join(repo[i:], "/")
		}
	}
	return strings.Join(repo, "/"), parts[0]
}

// shortVersion is a commit as people write it.
func shortVersion(v string) string {
	v = strings.Trim(strings.TrimPrefix(v, "W/"), `"`)
	if len(v) > 10 {
		return v[:10]
	}
	return v
}

// SourceProps are those of Source.
type SourceProps struct {
	Header     ui.PageHeaderProps
	Row        ReadingRow
	Facts      []ui.Pair
	Problems   []ProblemRow
	Total      int
	MoreURL    string // all problems of the source
	Files      []FileRow
	FilesTotal int
	Unregister *ui.ConfirmProps
	Waits      bool // for its first reading
}

// Again makes the page ask for itself until the first reading is through.
func (p SourceProps) Again() templ.Attributes {
	if !p.Waits {
		return nil
	}
	return templ.Attributes{"hx-get": p.Row.URL, "hx-trigger": "load delay:1s", "hx-target": "#source", "hx-swap": "outerHTML"}
}

// FileRow is one file of a source.
type FileRow struct {
	Path  string
	Names int // how many targets its Locations name
}

// SourceInput is what the page of a source is made of.
type SourceInput struct {
	Source                    catalog.SourceState
	Problems                  []catalog.Problem
	Total                     int
	Names                     Names
	Files                     []catalog.FileState
	FilesTotal                int
	CanRefresh, CanUnregister bool
	Key                       string // of the form that unregisters
}

// NewSource makes the props of the page of a source.
func NewSource(in SourceInput) SourceProps {
	s := in.Source
	row := readingRow(s, in.CanRefresh)
	p := SourceProps{Row: row, Problems: ProblemRows(in.Problems, in.Names), Total: in.Total, FilesTotal: in.FilesTotal,
		MoreURL: "/catalog/health?source=" + url.QueryEscape(s.ID)}
	p.Header = ui.PageHeaderProps{Crumbs: []ui.Link{{Label: "Catalog", URL: "/catalog"}, {Label: "Sources", URL: SourcesURL}}, Icon: row.Icon, Title: row.Name, Sub: row.Where}
	switch {
	case s.Error != "":
		p.Header.Badges = []ui.BadgeProps{{Label: "not read", Tone: ui.Bad}}
	case s.ReadAt.IsZero():
		p.Header.Badges = []ui.BadgeProps{{Label: "waits to be read", Tone: ui.Info}}
	}
	p.Facts, p.Waits = readingFacts(s, row), s.ReadAt.IsZero() && in.FilesTotal == 0
	for _, f := range in.Files {
		p.Files = append(p.Files, FileRow{Path: f.Path, Names: len(f.Targets)})
	}
	if in.CanUnregister && s.By != "" {
		p.Unregister = &ui.ConfirmProps{ID: "unregister", Title: "Unregister " + row.Name + "?", Action: "/catalog/unregister", Verb: "Unregister", Danger: true, Key: in.Key,
			Text: "It is read no more. " + ui.Plural(s.Entities, "entity", "entities") + " that it brought leave the catalog; their addresses will say that they were removed."}
	}
	return p
}

func readingFacts(s catalog.SourceState, row ReadingRow) []ui.Pair {
	who := "the configuration"
	if s.By != "" {
		who = s.By
	}
	trust := "no: people, groups, templates and policies in it are refused"
	if s.Trusted {
		trust = "yes: it may define people, groups, templates and policies"
	}
	out := []ui.Pair{{Key: "Source", Value: s.ID, Mono: true}, {Key: "Named by", Value: who}, {Key: "Trusted", Value: trust},
		{Key: "Last read", Body: ui.RelTime(s.ReadAt)}}
	if row.Took != "" {
		out = append(out, ui.Pair{Key: "Took", Value: row.Took})
	}
	if s.Version != "" {
		out = append(out, ui.Pair{Key: "Version", Value: s.Version, Mono: true})
	}
	return append(out, ui.Pair{Key: "Files", Value: row.Files}, ui.Pair{Key: "Entities", Value: row.Entities}, ui.Pair{Key: "Problems", Value: row.Problems})
}
