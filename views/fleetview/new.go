package fleetview

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/ui"
)

// Around is what stands around one page of services.
type Around struct {
	Heads    map[string]fleet.Head
	Counts   []fleet.Count // of everything
	Narrowed []fleet.Count // under the query, but its state
	Teams    []string
	Now      time.Time
	May      func(team string) bool // upgrade its services
	Keys     func() string          // fresh idempotency keys
}

func sum(list []fleet.Count) fleet.Count {
	var all fleet.Count
	for _, c := range list {
		all = all.Add(c)
	}
	return all
}

// NewList is the page of the fleet.
func NewList(q Query, page fleet.Page, a Around) ListProps {
	p := ListProps{Query: q, Key: a.Keys(), None: len(a.Counts) == 0, CSV: q.url(ListURL+".csv", "", "")}
	mayAny := slices.ContainsFunc(a.Teams, a.May)
	for _, c := range a.Counts {
		p.Templates = append(p.Templates, newTemplateRow(c, a.Heads[c.Template], mayAny, a.Keys()))
	}
	slices.SortStableFunc(p.Templates, func(x, y TemplateRow) int { return cmp.Compare(y.Count.Behind, x.Count.Behind) })
	p.Stats = stats(sum(a.Counts))
	p.Chips = chips(q, sum(a.Narrowed))
	for _, t := range a.Teams {
		l := ui.Link{Label: t, URL: t}
		if ref, err := catalog.ParseRef(t, "group", ""); err == nil {
			l.Label = ref.Name
		}
		p.Teams = append(p.Teams, l)
	}
	for _, s := range page.Items {
		r := NewRow(s, a.Heads, a.Now)
		r.CanPick = r.CanPick && a.May(s.Team)
		p.CanBulk = p.CanBulk || r.CanPick
		p.Rows = append(p.Rows, r)
	}
	if page.Next != "" {
		p.Next = q.url(ListURL, "after", page.Next)
	}
	return p
}

func newTemplateRow(c fleet.Count, h fleet.Head, may bool, key string) TemplateRow {
	r := TemplateRow{Title: h.Title, Ref: c.Template, Version: h.Version, Since: h.ChangedAt, Problem: h.Problem, Deprecated: h.Deprecated, Gone: h.Gone, Count: c,
		CanUpgrade: may && !h.Gone, Key: key, ListURL: Query{}.url(ListURL, "template", c.Template), URL: ListURL}
	if ref, err := catalog.ParseRef(c.Template, "template", ""); err == nil {
		r.URL = VersionsURL(ref)
		r.Title = cmp.Or(r.Title, ref.Name)
	}
	return r
}

func stats(c fleet.Count) []ui.StatProps {
	return []ui.StatProps{
		{Label: "Services", Value: num(c.All), Note: "made from templates", URL: ListURL},
		{Label: "Behind", Value: num(c.Behind), Note: "a newer version is there", URL: Query{}.url(ListURL, "state", string(fleet.Behind))},
		{Label: "Up to date", Value: num(c.Current), Note: "at the newest version", URL: Query{}.url(ListURL, "state", string(fleet.UpToDate))},
		{Label: "Changed by teams", Value: num(c.Drifted), Note: "files differ from the base", URL: Query{}.url(ListURL, "state", string(fleet.HasDrift))},
	}
}

func chips(q Query, c fleet.Count) []ui.Chip {
	words := map[fleet.State]string{fleet.Behind: "Behind", fleet.UpToDate: "Up to date", fleet.HasDrift: "Changed by the team", fleet.Untouched: "Never touched", fleet.Upgrading: "Being upgraded", fleet.NoBase: "Base unknown"}
	numbers := map[fleet.State]int{fleet.Behind: c.Behind, fleet.UpToDate: c.Current, fleet.HasDrift: c.Drifted, fleet.Untouched: c.Untouched, fleet.NoBase: c.Unknown}
	q.After = ""
	out := []ui.Chip{{Label: "All", URL: q.url(ListURL, "state", ""), Count: num(c.All), On: q.State == ""}}
	for _, s := range fleet.States {
		chip := ui.Chip{Label: words[s], URL: q.url(ListURL, "state", string(s)), On: q.State == string(s)}
		if n, ok := numbers[s]; ok {
			chip.Count = num(n)
		}
		out = append(out, chip)
	}
	return out
}

// NewShow is the page of one service.
func NewShow(s fleet.Service, heads map[string]fleet.Head, upgrades []fleet.Upgrade, now time.Time) ShowProps {
	h := heads[s.Template]
	p := ShowProps{Row: NewRow(s, heads, now), Drifted: s.DriftFiles, Deprecated: h.Deprecated, Replaced: TemplateLink(h.Deprecated.Replacement), Problem: h.Problem}
	if n := s.Drift - len(s.DriftFiles); n > 0 {
		p.DriftMore = n
	}
	p.Facts = []ui.Pair{{Key: "Template", Value: p.Row.Template.Label, URL: p.Row.Template.URL}, {Key: "Version", Value: s.Version}}
	if h.Version != "" {
		p.Facts = append(p.Facts, ui.Pair{Key: "Newest", Value: h.Version})
	}
	if ref, err := catalog.ParseRef(s.Entity, "component", ""); err == nil && s.Entity != "" {
		p.Facts = append(p.Facts, ui.Pair{Key: "Entity", Value: ref.Name, URL: ref.Path()})
	}
	p.Facts = append(p.Facts, ui.Pair{Key: "Repository", Value: s.Address(), URL: repositoryURL(s)}, ui.Pair{Key: "Team", Value: p.Row.Team.Label, URL: p.Row.Team.URL},
		ui.Pair{Key: "Made", Body: ui.RelTime(s.MadeAt)})
	if !s.UpgradedAt.IsZero() {
		p.Facts = append(p.Facts, ui.Pair{Key: "Upgraded", Body: ui.RelTime(s.UpgradedAt)})
	}
	if !s.DriftAt.IsZero() {
		p.Facts = append(p.Facts, ui.Pair{Key: "Compared", Body: ui.RelTime(s.DriftAt)})
	}
	for _, u := range upgrades {
		p.Upgrades = append(p.Upgrades, NewUpgradeRow(u, ""))
	}
	p.Why = why(s, h)
	return p
}

func why(s fleet.Service, h fleet.Head) string {
	switch {
	case !s.Known():
		return "What the template made for this service is not known, so nothing can be merged: it was not made here."
	case s.Upgrade.ID != "":
		return "An upgrade to " + s.Upgrade.To + " is on its way; merge or close it first."
	case h.Gone:
		return "The template is no longer in the catalog."
	case s.Behind == 0:
		return "The service is at the newest version of its template."
	}
	return "Members of its team and platform engineers can upgrade it."
}

func repositoryURL(s fleet.Service) string {
	if s.Host == "waymark" { // the embedded forge
		return "/git/" + s.Repository
	}
	if s.Host == "" {
		return ""
	}
	return "https://" + s.Host + "/" + s.Repository
}

// NewUpgrade is the page of one upgrade, without diffs.
func NewUpgrade(u fleet.Upgrade, s fleet.Service) UpgradeProps {
	p := UpgradeProps{ID: u.ID, Title: s.Name + " " + u.From + " → " + u.To, Name: s.Name, Service: ShowURL(s.ID), State: UpgradeBadge(u.State), Conflicts: u.Report.Conflicts,
		Changed: u.Report.Changed, Log: u.Report.Log, Open: u.State == fleet.Open, Request: u.URL, Marked: u.Report.Marked(), FilesNote: ui.Plural(len(u.Report.Changed), "file", "files")}
	p.Facts = []ui.Pair{{Key: "Service", Value: s.Name, URL: p.Service}}
	if t := TemplateLink(u.Template); t.URL != "" {
		p.Facts = append(p.Facts, ui.Pair{Key: "Template", Value: t.Label, URL: t.URL + "/versions"})
	}
	p.Facts = append(p.Facts, ui.Pair{Key: "From", Value: u.From}, ui.Pair{Key: "To", Value: u.To})
	if u.Branch != "" {
		p.Facts = append(p.Facts, ui.Pair{Key: "Branch", Value: u.Branch, Mono: true}, ui.Pair{Key: "Commit", Value: u.Commit[:min(10, len(u.Commit))], Mono: true})
	}
	if u.Run != "" {
		p.Facts = append(p.Facts, ui.Pair{Key: "Run", Value: "open", URL: "/runs/" + u.Run})
	}
	if u.By != "" {
		p.Facts = append(p.Facts, ui.Pair{Key: "By", Value: personOf(u.By)})
	}
	p.Facts = append(p.Facts, ui.Pair{Key: "Asked for", Body: ui.RelTime(u.CreatedAt)})
	if !u.EndedAt.IsZero() {
		p.Facts = append(p.Facts, ui.Pair{Key: "Ended", Body: ui.RelTime(u.EndedAt)})
	}
	return p
}

// NewVersions is the page of a template's versions; render makes safe HTML of
// Markdown.
func NewVersions(ref catalog.Ref, title string, h fleet.Head, list []scaffold.Version, render func(string) string) VersionsProps {
	p := VersionsProps{Title: title, Ref: ref.String(), URL: TemplateLink(ref.String()).URL, Current: h.Version, Problem: h.Problem, Deprecated: h.Deprecated,
		Replaced: TemplateLink(h.Deprecated.Replacement), Fleet: Query{}.url(ListURL, "template", ref.String())}
	for _, v := range list {
		r := VersionRow{Version: v.Version, Current: v.Version == h.Version, Used: v.Used, Seen: v.SeenAt, News: render(v.Changelog), Deprecated: v.Deprecated, Digest: v.Digest[:min(12, len(v.Digest))], Files: "files are kept"}
		if v.Partly != "" {
			r.Files = v.Partly
		}
		p.Versions = append(p.Versions, r)
	}
	return p
}

// CSV writes services as comma-separated values.
type CSV struct {
	w     *csv.Writer
	heads map[string]fleet.Head
	begun bool
}

// NewCSV writes to w.
func NewCSV(w io.Writer, heads map[string]fleet.Head) *CSV {
	return &CSV{w: csv.NewWriter(w), heads: heads}
}

// Write adds services, after the head the first time.
func (c *CSV) Write(list []fleet.Service) error {
	if !c.begun {
		c.begun = true
		if err := c.w.Write([]string{"name", "entity", "repository", "team", "template", "version", "newest", "behind", "behind_since", "drift", "made_at", "upgraded_at", "upgrade"}); err != nil {
			return err
		}
	}
	for _, s := range list {
		err := c.w.Write([]string{safe(s.Name), safe(s.Entity), safe(s.Address()), safe(s.Team), safe(s.Template), safe(s.Version), safe(c.heads[s.Template].Version), number(s.Behind), stamp(s.BehindSince), number(s.Drift),
			stamp(s.MadeAt), stamp(s.UpgradedAt), string(s.Upgrade.State)})
		if err != nil {
			return err
		}
	}
	c.w.Flush()
	return c.w.Error()
}

// safe keeps a spreadsheet from taking text for a formula.
func safe(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@') {
		return "'" + s
	}
	return s
}

func number(n int) string {
	if n == fleet.Unknown {
		return ""
	}
	return strconv.Itoa(n)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func num(n int) string { return ui.Number(int64(n)) }
