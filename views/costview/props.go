// Package costview shows what things cost.
package costview

import (
	"net/url"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/views/ui"
)

// URL is the address of the page for a query.
func URL(q cost.Query) string { return "/costs?" + values(q).Encode() }

// CSVURL is the address of the same figures as a file.
func CSVURL(q cost.Query) string { return "/costs.csv?" + values(q).Encode() }

func values(q cost.Query) url.Values {
	v := url.Values{"group": {q.Group}, "measure": {string(q.Measure)}, "from": {q.From.Format(time.DateOnly)}, "to": {q.To.Format(time.DateOnly)}}
	if q.Team != "" {
		v.Set("team", q.Team)
	}
	if q.Service != "" {
		v.Set("service", q.Service)
	}
	return v
}

// groupLabels name the groups in the order of the page.
var groupLabels = []struct{ key, label string }{
	{cost.DimTeam, "Team"}, {cost.DimService, "Service"}, {cost.DimEnvironment, "Environment"},
	{cost.DimProvider, "Provider"}, {cost.DimServiceName, "Product"}, {"month", "Month"}, {"day", "Day"},
}

// GroupLabel is what people call a group.
func GroupLabel(key string) string {
	for _, g := range groupLabels {
		if g.key == key {
			return g.label
		}
	}
	return key
}

// PageProps are those of Page.
type PageProps struct {
	Query      cost.Query
	Title      string // what the figures are narrowed to, empty for everything
	Period     string // in words
	Groups     []ui.Chip
	Periods    []ui.Chip
	Measures   []ui.Chip
	Stats      []ui.StatProps
	Chart      *ui.ChartProps
	Rows       []Row
	Total      string
	Outlook    bool // rows have a current month
	CSV        string
	Definition string
	Method     string // of the projection
	Reason     string // why there is nothing
	Unknown    []string
	MayImport  bool
}

// Row is one line of the table.
type Row struct {
	Name      string
	URL       string // of what the key names, or of the next level
	Note      string
	Amount    string
	Share     string
	Change    string
	Tone      ui.Tone
	Current   string
	Projected string
	Budget    string
	Trend     string
	Over      bool // the month is projected to exceed the budget
}

// Data is what the page is made of.
type Data struct {
	Report   cost.Report
	Matrix   []cost.Line
	Grain    cost.Grain
	Outlooks map[string]cost.Outlook // by key of the group; nil when it has none
	All      *cost.Outlook           // of everything
	Budgets  map[string]cost.Budget
	Names    func(key string) string // what people call a key
	Unknown  []string                // teams and services that the catalog does not hold
	Today    time.Time
}

// NewPage makes the page's props.
func NewPage(d Data) PageProps {
	q := d.Report.Query
	p := PageProps{Query: q, Period: period(q), CSV: CSVURL(q), Definition: cost.Definition(q), Reason: d.Report.Reason,
		Outlook: d.Outlooks != nil, Unknown: d.Unknown, Groups: groupChips(q), Periods: periodChips(q, d.Today), Measures: measureChips(q)}
	switch { // the narrowest one: a service is reached through its team
	case q.Service != "":
		p.Title = d.Names(q.Service)
	case q.Team != "":
		p.Title = d.Names(q.Team)
	}
	p.Stats = stats(d)
	if d.All != nil {
		p.Method = d.All.Method
	}
	if p.Reason != "" {
		return p
	}
	p.Total = ui.Money(d.Report.Total.String(), d.Report.Currency)
	for _, i := range d.Report.Items {
		p.Rows = append(p.Rows, newRow(d, i))
	}
	p.Chart = chart(d)
	return p
}

func newRow(d Data, i cost.Item) Row {
	q, cur := d.Report.Query, d.Report.Currency
	r := Row{Name: d.Names(i.Key), Amount: ui.Money(i.Amount.String(), cur), Share: share(i.Share), URL: rowURL(q, i.Key)}
	if cost.IsReference(i.Key) && slices.Contains(d.Unknown, i.Key) {
		r.Note = "not in the catalog"
	}
	r.Change, r.Tone = change(i.Change)
	if o, ok := d.Outlooks[i.Key]; ok {
		r.Current, r.Projected = ui.MoneyRound(o.Current.String(), cur), ui.MoneyRound(o.Projected.String(), cur)
		r.Trend = string(o.Trend)
		if b, ok := d.Budgets[i.Key]; ok {
			r.Budget, r.Over = ui.MoneyRound(b.Monthly.String(), cur), o.Projected.GreaterThan(b.Monthly)
		}
	}
	return r
}

// rowURL leads from a team to its services, and from a service to what it is
// made of.
func rowURL(q cost.Query, key string) string {
	switch {
	case q.Group == cost.DimTeam:
		q.Team, q.Group = key, cost.DimService
	case q.Group == cost.DimService && key != cost.Unallocated:
		q.Service, q.Group = key, cost.DimServiceName
	default:
		return ""
	}
	return URL(q)
}

func share(s *float64) string {
	if s == nil {
		return ui.Dash
	}
	return ui.Percent(*s, 1)
}

// change is a change in words; costs that grow by more than a twentieth are
// worth a look, those that shrink are good.
func change(c *float64) (string, ui.Tone) {
	switch {
	case c == nil:
		return ui.Dash, ui.Neutral
	case *c > 0.05:
		return "+" + ui.Percent(*c, 1), ui.Bad
	case *c < -0.05:
		return ui.Percent(*c, 1), ui.Good
	case *c > 0:
		return "+" + ui.Percent(*c, 1), ui.Neutral
	}
	return ui.Percent(*c, 1), ui.Neutral
}

func stats(d Data) []ui.StatProps {
	cur := d.Report.Currency
	out := []ui.StatProps{{Label: "In this period", Value: money(d.Report.Total, cur), Note: period(d.Report.Query), Missing: d.Report.Reason}}
	if d.Report.Reason != "" {
		out[0].Value = ""
	}
	o := d.All
	if o == nil {
		return out
	}
	current := ui.StatProps{Label: "This month so far", Value: money(o.Current, cur), Note: "the same days of last month cost " + money(o.Previous, cur)}
	if o.Change != nil {
		text, tone := change(o.Change)
		current.Delta, current.Trend, current.Rising = text, tone, *o.Change > 0
	}
	projected := ui.StatProps{Label: "This month, projected", Value: money(o.Projected, cur), Note: "last month cost " + money(o.Last, cur)}
	out = append([]ui.StatProps{current, projected}, out...)
	if d.Report.Query.Team != "" || d.Report.Query.Service != "" {
		return out
	}
	return append(out, unallocated(d))
}

func unallocated(d Data) ui.StatProps {
	s := ui.StatProps{Label: "Unallocated", Missing: "not told apart in this grouping", Note: "belongs to nobody yet"}
	q := d.Report.Query
	if d.Report.Reason != "" || q.Group == "day" || q.Group == "month" {
		return s
	}
	s.Value = money(d.Report.Unallocated, d.Report.Currency)
	if !d.Report.Total.IsZero() {
		s.Note = ui.Percent(d.Report.Unallocated.Div(d.Report.Total).InexactFloat64(), 1) + " of this period"
	}
	return s
}

func money(a decimal.Decimal, currency string) string { return ui.MoneyRound(a.String(), currency) }

// period is an interval in words, its last day named.
func period(q cost.Query) string {
	last := q.To.AddDate(0, 0, -1)
	if q.From.Day() == 1 && q.To.Day() == 1 {
		if q.From.AddDate(0, 1, 0).Equal(q.To) {
			return q.From.Format("January 2006")
		}
		return q.From.Format("Jan 2006") + " to " + last.Format("Jan 2006")
	}
	return q.From.Format("2 Jan 2006") + " to " + last.Format("2 Jan 2006")
}

func groupChips(q cost.Query) []ui.Chip {
	var out []ui.Chip
	for _, g := range groupLabels {
		if q.Service != "" && (g.key == cost.DimTeam || g.key == cost.DimService) || q.Team != "" && g.key == cost.DimTeam {
			continue
		}
		t := q
		t.Group = g.key
		out = append(out, ui.Chip{Label: g.label, URL: URL(t), On: q.Group == g.key})
	}
	return out
}

func measureChips(q cost.Query) []ui.Chip {
	var out []ui.Chip
	for _, m := range cost.Measures {
		t := q
		t.Measure = m
		out = append(out, ui.Chip{Label: map[cost.Measure]string{cost.Effective: "Effective", cost.Billed: "Billed", cost.List: "List"}[m],
			URL: URL(t), On: q.Measure == m})
	}
	return out
}

func periodChips(q cost.Query, today time.Time) []ui.Chip {
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	next := month.AddDate(0, 1, 0)
	var out []ui.Chip
	for _, c := range []struct {
		label    string
		from, to time.Time
	}{
		{"This month", month, next}, {"Last month", month.AddDate(0, -1, 0), month}, {"30 days", today.AddDate(0, 0, -29), today.AddDate(0, 0, 1)},
		{"3 months", month.AddDate(0, -2, 0), next}, {"12 months", month.AddDate(0, -11, 0), next},
	} {
		t := q
		t.From, t.To = c.from, c.to
		out = append(out, ui.Chip{Label: c.label, URL: URL(t), On: q.From.Equal(c.from) && q.To.Equal(c.to)})
	}
	return out
}
