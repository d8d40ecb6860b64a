// Package fleetview draws what was made from templates: the fleet, one
// service, its upgrades, and the versions of a template.
package fleetview

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/ui"
)

// ListURL is the fleet.
const ListURL = "/create/fleet"

// ShowURL is one service of the fleet.
func ShowURL(id string) string { return ListURL + "/" + url.PathEscape(id) }

// VersionsURL is the page of a template's versions.
func VersionsURL(ref catalog.Ref) string {
	return "/create/" + url.PathEscape(ref.Namespace) + "/" + url.PathEscape(ref.Name) + "/versions"
}

// Query is the address of a list.
type Query struct {
	Template string `query:"template"`
	Team     string `query:"team"`
	State    string `query:"state"`
	Text     string `query:"q"`
	Sort     string `query:"sort"`
	After    string `query:"after"`
}

// Fleet is the query as the store takes it.
func (q Query) Fleet() fleet.Query {
	return fleet.Query{Template: q.Template, Team: q.Team, State: fleet.State(q.State), Text: q.Text, Sort: q.Sort, After: q.After}
}

// url is the address with one field changed.
func (q Query) url(path, name, value string) string {
	v := url.Values{"template": {q.Template}, "team": {q.Team}, "state": {q.State}, "q": {q.Text}, "sort": {q.Sort}}
	if name != "" {
		v.Set(name, value)
	}
	for k := range v {
		if v.Get(k) == "" {
			v.Del(k)
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// ListProps are those of List.
type ListProps struct {
	Query     Query
	Stats     []ui.StatProps
	Templates []TemplateRow
	Chips     []ui.Chip
	Teams     []ui.Link // Label and reference
	Rows      []Row
	Next      string
	CSV       string
	CanBulk   bool
	Key       string
	None      bool // nothing was ever made
}

// TemplateRow is one template of the fleet.
type TemplateRow struct {
	Title, URL, ListURL, Ref string
	Version                  string
	Since                    time.Time
	Problem                  string
	Deprecated               scaffold.Deprecation
	Gone                     bool
	Count                    fleet.Count
	CanUpgrade               bool
	Key                      string
}

// Row is one service.
type Row struct {
	ID, Name, URL  string
	Entity         ui.Link
	Repository     string
	Template, Team ui.Link
	Version        string
	Latest         string
	State          ui.BadgeProps
	Age            string // how long it has been behind
	Drift          string
	DriftTone      ui.Tone
	Upgrade        ui.Link
	CanPick        bool
}

// NewRow is a service as the list shows it.
func NewRow(s fleet.Service, heads map[string]fleet.Head, now time.Time) Row {
	r := Row{ID: s.ID, Name: s.Name, URL: ShowURL(s.ID), Repository: s.Address(), Version: s.Version, Template: ui.Link{Label: s.Template}}
	if ref, err := catalog.ParseRef(s.Template, "template", ""); err == nil {
		r.Template = ui.Link{Label: ref.Name, URL: VersionsURL(ref)}
	}
	if ref, err := catalog.ParseRef(s.Team, "group", ""); err == nil && s.Team != "" {
		r.Team = ui.Link{Label: ref.Name, URL: ref.Path()}
	}
	r.Latest = heads[s.Template].Version
	r.State, r.Age = stateOf(s, now)
	r.Drift, r.DriftTone = driftOf(s)
	switch s.Upgrade.State {
	case fleet.Running:
		r.Upgrade = ui.Link{Label: "upgrade to " + s.Upgrade.To + " runs", URL: fleet.UpgradeURL(s.Upgrade.ID)}
	case fleet.Open:
		r.Upgrade = ui.Link{Label: "upgrade to " + s.Upgrade.To + " waits", URL: fleet.UpgradeURL(s.Upgrade.ID)}
	}
	r.CanPick = s.Behind > 0 && s.Upgrade.ID == ""
	return r
}

func stateOf(s fleet.Service, now time.Time) (ui.BadgeProps, string) {
	switch {
	case !s.Known():
		return ui.BadgeProps{Label: "base unknown", Tone: ui.Neutral}, ""
	case s.Behind == 0:
		return ui.BadgeProps{Label: "up to date", Tone: ui.Good}, ""
	}
	age := ""
	if !s.BehindSince.IsZero() {
		age = "since " + ui.Ago(s.BehindSince, now)
	}
	return ui.BadgeProps{Label: ui.Plural(s.Behind, "version", "versions") + " behind", Tone: ui.Warn}, age
}

func driftOf(s fleet.Service) (string, ui.Tone) {
	switch {
	case !s.Known():
		return ui.Dash, ui.Neutral
	case s.Drift == fleet.Unknown:
		return "not compared yet", ui.Neutral
	case s.Drift == 0:
		return "never touched", ui.Good
	}
	return ui.Plural(s.Drift, "file", "files") + " changed", ui.Info
}

// ShowProps are those of Show.
type ShowProps struct {
	Row        Row
	Facts      []ui.Pair
	Drifted    []fleet.Drifted
	DriftMore  int
	Deprecated scaffold.Deprecation
	Replaced   ui.Link
	Problem    string
	CanUpgrade bool
	Why        string // why it cannot be upgraded now
	Asks       Asking
	News       string // changelog between, as safe HTML
	Upgrades   []UpgradeRow
	Plan       *fleet.Plan
	Key        string
}

// UpgradeRow is one upgrade of a list.
type UpgradeRow struct {
	Name, URL string
	Way       string // 1.0.0 → 2.0.0
	State     ui.BadgeProps
	Conflicts int
	When      time.Time
	By        string
}

// NewUpgradeRow is an upgrade as lists show it.
func NewUpgradeRow(u fleet.Upgrade, name string) UpgradeRow {
	return UpgradeRow{Name: name, URL: fleet.UpgradeURL(u.ID), Way: u.From + " → " + u.To, State: UpgradeBadge(u.State), Conflicts: len(u.Report.Conflicts), When: u.CreatedAt, By: personOf(u.By)}
}

// UpgradeBadge says where an upgrade stands.
func UpgradeBadge(s fleet.UpgradeState) ui.BadgeProps {
	return map[fleet.UpgradeState]ui.BadgeProps{
		fleet.Running: {Label: "runs", Tone: ui.Info}, fleet.Open: {Label: "waits to be merged", Tone: ui.Warn}, fleet.Merged: {Label: "merged", Tone: ui.Good},
		fleet.Closed: {Label: "closed", Tone: ui.Neutral}, fleet.Failed: {Label: "failed", Tone: ui.Bad}, fleet.Nothing: {Label: "nothing to change", Tone: ui.Good},
	}[s]
}

func personOf(by string) string {
	if ref, err := catalog.ParseRef(by, "", ""); err == nil {
		return ref.Name
	}
	return by
}

// UpgradeProps are those of UpgradePage.
type UpgradeProps struct {
	Title, Name string
	Service     string // address of the service's page
	State       ui.BadgeProps
	Facts       []ui.Pair
	Conflicts   []forge.Conflict
	Files       []forge.FileDiff
	FilesNote   string
	Changed     []fleet.Touched // where no diff can be shown
	Log         []string
	News        string
	CanMerge    bool
	CanClose    bool
	Open        bool
	Request     string // address of the pull request
	Marked      int
	Fetch       string // commands for a terminal
	ID, Key     string
}

// BulkProps are those of Bulk.
type BulkProps struct {
	Rows        []UpgradeRow
	Done, Total int
	Share       float64
	Left        string
}

// VersionsProps are those of Versions.
type VersionsProps struct {
	Title, URL string
	Ref        string
	Current    string
	Problem    string
	Deprecated scaffold.Deprecation
	Replaced   ui.Link
	Versions   []VersionRow
	Fleet      string // address of its services
}

// VersionRow is one version.
type VersionRow struct {
	Version    string
	Current    bool
	Used       bool
	Seen       time.Time
	News       string // safe HTML
	Deprecated scaffold.Deprecation
	Digest     string
	Files      string
}

// TemplateLink is the link to a template by its reference.
func TemplateLink(ref string) ui.Link {
	r, err := catalog.ParseRef(ref, "template", "")
	if ref == "" || err != nil {
		return ui.Link{}
	}
	return ui.Link{Label: r.Name, URL: "/create/" + url.PathEscape(r.Namespace) + "/" + url.PathEscape(r.Name)}
}

// lines of a unified diff, each with its sign.
type line struct{ Sign, Text string }

func diffLines(text string) []line {
	var out []line
	for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		sign := " "
		if l != "" {
			sign = l[:1]
		}
		out = append(out, line{sign, l})
	}
	return out
}

func counts(d forge.FileDiff) string {
	if d.Binary {
		return "binary"
	}
	return "+" + strconv.Itoa(d.Add) + " −" + strconv.Itoa(d.Del)
}

func how(d forge.FileDiff) ui.BadgeProps {
	switch {
	case d.Created:
		return ui.BadgeProps{Label: "added", Tone: ui.Good}
	case d.Deleted:
		return ui.BadgeProps{Label: "deleted", Tone: ui.Bad}
	}
	return ui.BadgeProps{Label: "changed", Tone: ui.Info}
}

func kindOf(c forge.Conflict) ui.BadgeProps {
	if c.Marked() {
		return ui.BadgeProps{Label: "conflict", Tone: ui.Bad}
	}
	return ui.BadgeProps{Label: "needs a look", Tone: ui.Warn}
}
