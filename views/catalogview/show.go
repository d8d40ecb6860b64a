package catalogview

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/apidef"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// Tab is a tab of an entity's page.
type Tab struct {
	Key   string // last part of the address; empty is the overview
	Label string
	Count string
	URL   string // replaces the address, when the page stands elsewhere
}

// HeadProps are those of Head.
type HeadProps struct {
	Header ui.PageHeaderProps
	Tabs   []ui.Tab
	Notes  []ui.CalloutProps // what is wrong with the entity
}

// Names says what related entities are called; one that is missing does not
// exist.
type Names map[catalog.Ref]catalog.Summary

func (n Names) link(r catalog.Ref) ui.Link {
	if s, ok := n[r]; ok {
		return ui.Link{Label: s.Title, URL: ShowURL(r)}
	}
	return ui.Link{Label: RefName(r), URL: ShowURL(r)}
}

// NewHead makes the head of an entity's page. current is the key of the tab
// that is shown.
func NewHead(e catalog.Entity, names Names, tabs []Tab, current string, problems []catalog.Problem) HeadProps {
	h := ui.PageHeaderProps{
		Crumbs:  []ui.Link{{Label: "Catalog", URL: "/catalog"}, {Label: e.Metadata.Namespace}, {Label: KindNames(e.Ref.Kind), URL: Query{Kind: e.Ref.Kind}.URL()}},
		Icon:    Icon(e.Ref.Kind, e.Type()),
		Title:   e.Title(),
		SubHTML: headSub(e, names),
	}
	if e.Type() != "" {
		h.Badges = append(h.Badges, ui.BadgeProps{Label: e.Type(), Tone: ui.Neutral})
	}
	if e.Lifecycle() != "" {
		h.Badges = append(h.Badges, ui.BadgeProps{Label: e.Lifecycle(), Tone: lifecycleTone(e.Lifecycle())})
	}
	p := HeadProps{Header: h}
	for _, t := range tabs {
		url := t.URL
		if url == "" {
			url = TabURL(e.Ref, t.Key)
		}
		p.Tabs = append(p.Tabs, ui.Tab{Label: t.Label, URL: url, Count: t.Count, Current: t.Key == current})
	}
	p.Notes = notes(e, names, problems)
	return p
}

// sentence ends a text with a full stop and a space, unless it is empty.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.TrimRight(s, ". ") + ". "
}

// ownerTail is what follows the owner in the head.
func ownerTail(e catalog.Entity) string {
	if e.System().IsZero() {
		return "."
	}
	return ", part of "
}

// notes say what is wrong with an entity.
func notes(e catalog.Entity, names Names, problems []catalog.Problem) []ui.CalloutProps {
	var out []ui.CalloutProps
	for _, pr := range problems {
		c := ui.CalloutProps{Tone: ui.Warn, Title: pr.Message, Text: pr.Fix}
		if pr.Severity == catalog.Error {
			c.Tone = ui.Bad
			c.Text += " What you see is the last version that could be read."
		}
		out = append(out, c)
	}
	if o := e.Owner(); !o.IsZero() {
		if _, ok := names[o]; !ok {
			out = append(out, ui.CalloutProps{Tone: ui.Warn, Title: "Its owner " + RefName(o) + " does not exist.", Text: "It belongs to the platform team until the file names another."})
		}
	}
	return out
}

// Relation is what an entity is related to in one way.
type Relation struct {
	Word string
	To   []Related
}

// Related is one end of a relation.
type Related struct {
	ui.Link
	Icon    string
	Missing bool
}

// relationWords say a relation as a person would, seen from the entity.
var relationWords = map[string]string{
	"dependsOn": "depends on", "dependencyOf": "is used by", "providesApi": "provides", "apiProvidedBy": "is provided by",
	"consumesApi": "consumes", "apiConsumedBy": "is consumed by", "partOf": "is part of", "hasPart": "has part",
	"ownedBy": "is owned by", "ownerOf": "owns", "memberOf": "is a member of", "hasMember": "has member",
	"childOf": "is below", "parentOf": "is above",
}

// maxRelated bounds one way of being related; a domain may have hundreds of
// parts.
const maxRelated = 25

// relations groups what e is related to, leaving out some ways.
func relations(e catalog.Entity, names Names, leave ...string) []Relation {
	var out []Relation
	for i, r := range e.Relations {
		if slices.Contains(leave, r.Type) {
			continue
		}
		if i == 0 || e.Relations[i-1].Type != r.Type {
			out = append(out, Relation{Word: capital(relationWords[r.Type])})
		}
		last := &out[len(out)-1]
		last.To = append(last.To, names.related(r.Target))
	}
	return out
}

func (n Names) related(r catalog.Ref) Related {
	s, ok := n[r]
	return Related{Link: n.link(r), Icon: Icon(r.Kind, s.Type), Missing: !ok}
}

// pairs shows relations as names and values; of very many it shows the first.
func pairs(list []Relation) []ui.Pair {
	out := make([]ui.Pair, len(list))
	for i, r := range list {
		out[i] = ui.Pair{Key: r.Word, Body: relatedList(r.To[:min(len(r.To), maxRelated)], max(0, len(r.To)-maxRelated))}
	}
	return out
}

// OverviewProps are those of Overview.
type OverviewProps struct {
	Stats     []ui.StatProps
	Graph     *GraphProps // nil when nothing is connected
	Relations []Relation
	About     []ui.Pair
	Events    []ui.Moment
	History   string // address of all of them
	Group     *GroupProps
	First     []templ.Component // what the kind wants before all others
	Impact    string            // address; empty when nothing can depend on it
	Panels    []templ.Component
}

// GroupProps are what is particular to a group or user.
type GroupProps struct {
	IsUser    bool
	Tree      []OrgRow // the groups around a group
	Members   []Person // direct ones
	Below     []Person // of the groups below
	MoreBelow int
	More      int       // direct members that have no room
	Groups    []ui.Link // of which a user is a member
	Owned     []Row
	Kinds     []ui.Chip // how much of each kind
	Total     int
	AllURL    string
}

// membersNote says how many people there are, with those below.
func (g GroupProps) membersNote() string {
	direct := len(g.Members) + g.More
	all := direct + len(g.Below) + g.MoreBelow
	if all == direct {
		return ui.Plural(all, "person", "people")
	}
	return ui.Number(int64(direct)) + " direct, " + ui.Number(int64(all)) + " in all"
}

// allURL is the list of all that is owned, if it is anything.
func (g GroupProps) allURL() string {
	if g.Total == 0 {
		return ""
	}
	return g.AllURL
}

// Person is one member of a group.
type Person struct {
	Name, URL, Initials string
	Missing             bool
	Of                  ui.Link // the group below to which they belong
}

// OverviewInput is what the overview is made of.
type OverviewInput struct {
	Entity catalog.Entity
	Names  Names
	Stats  []ui.StatProps
	Events []ui.Moment   // newest first
	Users  []catalog.Ref // of the APIs that the entity provides
	Owned  *catalog.Page // of a group or user
	// OwnedKinds, Org, Around and Definition are read for the kinds that show
	// them: owners, groups, systems and domains, APIs.
	OwnedKinds []catalog.Count
	Org        *catalog.Org
	Around     *catalog.Graph
	Definition *apidef.Definition
	Panels     []templ.Component
}

// NewOverview makes the props of the overview.
func NewOverview(in OverviewInput) OverviewProps {
	e := in.Entity
	p := OverviewProps{Stats: in.Stats, About: about(e, in.Names), Panels: in.Panels, History: TabURL(e.Ref, "history")}
	const shown = 6
	p.Events = in.Events[:min(len(in.Events), shown)]
	if in.Owned != nil {
		p.Group = group(e, in)
		p.Relations = relations(e, in.Names, "ownerOf", "hasMember", "memberOf")
		return p
	}
	p.First = first(in)
	if in.Around == nil {
		p.Graph = NewGraph(e, in.Users, in.Names)
	}
	p.Impact = TabURL(e.Ref, "impact")
	p.Relations = relations(e, in.Names, append(tabled(e.Ref.Kind), "ownedBy")...)
	if len(in.Users) > 0 {
		users := Relation{Word: "API used by"}
		for _, u := range in.Users {
			users.To = append(users.To, in.Names.related(u))
		}
		p.Relations = append(p.Relations, users)
	}
	return p
}

// tabled are the relations that a kind's own panels show.
func tabled(kind string) []string {
	switch kind {
	case "system", "domain":
		return []string{"hasPart"}
	case "resource":
		return []string{"dependencyOf"}
	}
	return nil
}

func group(e catalog.Entity, in OverviewInput) *GroupProps {
	g := &GroupProps{IsUser: e.Ref.Kind == "user", Total: in.Owned.Total, AllURL: Query{Kind: AllKinds, Owner: []string{e.Ref.String()}}.URL()}
	g.Tree, g.Kinds = orgRows(e, in.Org), ownedKinds(e, in.OwnedKinds)
	if in.Org != nil {
		g.people(*in.Org)
	}
	for _, m := range e.Related("memberOf") {
		g.Groups = append(g.Groups, in.Names.link(m))
	}
	for _, s := range in.Owned.Items {
		g.Owned = append(g.Owned, newRow(true, "/catalog?kind=all&tag=", s))
	}
	return g
}

// people fills in the members, direct ones and, up to a bound, those below.
func (g *GroupProps) people(org catalog.Org) {
	const most = 200
	titles := map[catalog.Ref]string{}
	for _, b := range org.Below {
		titles[b.Ref] = b.Title
	}
	for _, m := range org.Members {
		p := Person{Name: m.Title, URL: ShowURL(m.Ref), Initials: Initials(m.Title), Missing: m.Missing}
		switch {
		case m.Direct && len(g.Members) < most:
			g.Members = append(g.Members, p)
		case m.Direct:
			g.More++
		case len(g.Below) < most:
			p.Of = ui.Link{Label: cmp.Or(titles[m.Of], m.Of.Name), URL: ShowURL(m.Of)}
			g.Below = append(g.Below, p)
		default:
			g.MoreBelow++
		}
	}
}

// Initials are the first letters of the first and the last word of a name.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' || r == '.' })
	if len(words) == 0 {
		return "?"
	}
	out := string([]rune(words[0])[:1])
	if len(words) > 1 {
		out += string([]rune(words[len(words)-1])[:1])
	}
	return strings.ToUpper(out)
}

// Moments turns an entity's history into a timeline.
func Moments(changes []catalog.Change) []ui.Moment {
	var out []ui.Moment
	for _, c := range changes {
		at, err := time.Parse(time.RFC3339Nano, c.At)
		if err != nil {
			continue // written by the store in exactly this form
		}
		m := ui.Moment{Time: at, Tone: ui.Info, Word: "Changed", Title: strings.Join(c.Fields, ", "), Sub: changeSub(c)}
		switch c.What {
		case "added":
			m.Tone, m.Word, m.Title = ui.Good, "Added", "to the catalog"
		case "removed":
			m.Tone, m.Word, m.Title = ui.Bad, "Removed", "from the catalog"
		}
		out = append(out, m)
	}
	return out
}

func changeSub(c catalog.Change) string {
	sub := c.File
	if sub == "" {
		sub = strings.TrimPrefix(c.Source, catalog.EnginePrefix)
	}
	if isCommit.MatchString(c.Commit) {
		sub += " at " + shortCommit(c.Commit)
	}
	return sub
}

func newestEntries(list []Entry) []Entry {
	slices.SortStableFunc(list, func(a, b Entry) int { return b.Time.Compare(a.Time) })
	return list
}

// NewestFirst orders moments.
func NewestFirst(list []ui.Moment) []ui.Moment {
	slices.SortStableFunc(list, func(a, b ui.Moment) int { return b.Time.Compare(a.Time) })
	return list
}
