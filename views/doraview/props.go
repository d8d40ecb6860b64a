// Package doraview shows how delivery goes: the DORA numbers, the rows behind
// them, and deployments.
package doraview

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/views/ui"
)

// URL is the address of the numbers of a query.
func URL(q delivery.Query) string { return "/dora?" + values(q).Encode() }

// EventsURL is the address of the rows behind one metric.
func EventsURL(q delivery.Query, metric string) string {
	v := values(q)
	v.Set("metric", metric)
	return "/dora/events?" + v.Encode()
}

// CSVURL is the address of the weekly series as a file.
func CSVURL(q delivery.Query) string { return "/dora.csv?" + values(q).Encode() }

func values(q delivery.Query) url.Values {
	v := url.Values{"scope": {q.Scope.String()}, "from": {q.From.Format(time.DateOnly)}, "to": {q.To.Format(time.DateOnly)}}
	if q.Bands != "" {
		v.Set("bands", q.Bands)
	}
	return v
}

// metricTexts are the names of the metrics and which way is better.
var metricTexts = map[string]struct {
	name       string
	moreIsGood bool
}{
	delivery.LeadTime:     {"Change lead time", false},
	delivery.Frequency:    {"Deployment frequency", true},
	delivery.RecoveryTime: {"Failed deployment recovery time", false},
	delivery.FailRate:     {"Change fail rate", false},
	delivery.ReworkRate:   {"Deployment rework rate", false},
	delivery.RestoreTime:  {"Time to restore (classic MTTR)", false},
}

// MetricName is what people call a metric.
func MetricName(id string) string { return metricTexts[id].name }

// Option is one scope that can be chosen.
type Option struct {
	Value, Label string
	On           bool
}

// OptionGroup is scopes of one kind.
type OptionGroup struct {
	Label   string
	Options []Option
}

// PageProps are those of Page.
type PageProps struct {
	Query       delivery.Query
	Title       string // of the scope
	Period      string
	Scopes      []OptionGroup
	Periods     []ui.Chip
	Bands       []ui.Chip
	Throughput  []ui.StatProps
	Instability []ui.StatProps
	Charts      []WeekChart
	Notes       []string
	Definitions []ui.Pair
	BandSource  string
	Tracked     bool
}

// WeekChart is one weekly series.
type WeekChart struct {
	Title string
	Chart ui.ChartProps
}

// NewPage makes the page's props.
func NewPage(r delivery.Report, scopes []OptionGroup, tables []delivery.Bands, title string, today time.Time) PageProps {
	q := r.Query
	p := PageProps{Query: q, Title: title, Scopes: scopes, Period: Period(q), Periods: periodChips(q, today), Bands: bandChips(q, tables),
		Notes: notes(r), Tracked: r.Metrics[delivery.Frequency].Value != nil}
	for _, id := range []string{delivery.LeadTime, delivery.Frequency, delivery.RecoveryTime} {
		p.Throughput = append(p.Throughput, NewStat(r.Metrics[id], q))
	}
	for _, id := range []string{delivery.FailRate, delivery.ReworkRate, delivery.RestoreTime} {
		p.Instability = append(p.Instability, NewStat(r.Metrics[id], q))
	}
	for _, id := range delivery.MetricIDs {
		m := r.Metrics[id]
		text := m.Definition
		if m.BandNote != "" {
			text += " " + m.BandNote
		}
		p.Definitions = append(p.Definitions, ui.Pair{Key: MetricName(id), Value: text})
		if m.BandSource != "" {
			p.BandSource = m.BandSource
		}
	}
	if p.Tracked {
		p.Charts = charts(r)
	}
	return p
}

// NewStat is one metric as a number that leads to its rows.
func NewStat(m delivery.Metric, q delivery.Query) ui.StatProps {
	s := ui.StatProps{Label: MetricName(m.ID), URL: EventsURL(q, m.ID)}
	if m.Value == nil {
		s.Missing = m.Reason
		return s
	}
	s.Value, s.Unit = Value(m.Unit, *m.Value)
	s.Note = note(m)
	if m.Band != "" {
		s.Badge = &ui.BadgeProps{Label: strings.ToUpper(m.Band[:1]) + m.Band[1:], Tone: BandTone(m.Band)}
	}
	if m.Previous == nil {
		return s
	}
	diff := *m.Value - *m.Previous
	s.Rising = diff > 0
	switch {
	case m.Unit == "share":
		s.Delta = ui.Decimal(abs(diff)*100, 1) + " points"
	case *m.Previous != 0:
		s.Delta = ui.Percent(abs(diff / *m.Previous), 0)
	}
	s.Trend = tone(m.ID, diff)
	if diff == 0 {
		s.Delta = ""
	}
	return s
}

func note(m delivery.Metric) string {
	unit := map[string][2]string{delivery.LeadTime: {"change", "changes"}, delivery.RecoveryTime: {"failed deployment", "failed deployments"},
		delivery.RestoreTime: {"incident", "incidents"}}[m.ID]
	if unit == [2]string{} {
		unit = [2]string{"deployment", "deployments"}
	}
	text := ui.Plural(int(m.N), unit[0], unit[1])
	switch {
	case m.ID == delivery.RestoreTime && m.Mean != nil:
		text = "median of " + text + ", mean " + ui.Duration(seconds(*m.Mean))
	case m.P90 != nil:
		text = "median of " + text + ", 90 % within " + ui.Duration(seconds(*m.P90))
	case m.Unit == "share":
		text = "of " + text
	}
	return text
}

// Value is a metric's value with its unit.
func Value(unit string, v float64) (text, shown string) {
	switch unit {
	case "s":
		text := ui.Duration(seconds(v))
		for i := range text {
			if text[i] == ' ' {
				return text[:i], text[i+1:]
			}
		}
		return text, ""
	case "share":
		return ui.Decimal(v*100, 1), "%"
	}
	return perDay(v)
}

// perDay shows a frequency in the unit that reads best.
func perDay(v float64) (string, string) {
	switch {
	case v >= 1:
		return ui.Decimal(v, 1), "per day"
	case v*7 >= 1:
		return ui.Decimal(v*7, 1), "per week"
	case v == 0:
		return "0", "per day"
	}
	return ui.Decimal(v*30, 1), "per 30 days"
}

func tone(id string, diff float64) ui.Tone {
	if diff == 0 {
		return ui.Neutral
	}
	if (diff > 0) == metricTexts[id].moreIsGood {
		return ui.Good
	}
	return ui.Bad
}

// BandTone is the colour beside a band's word.
func BandTone(band string) ui.Tone {
	switch band {
	case "elite":
		return ui.Good
	case "high":
		return ui.Info
	case "medium":
		return ui.Warn
	case "low":
		return ui.Bad
	}
	return ui.Neutral
}

func notes(r delivery.Report) []string {
	var out []string
	if r.OpenIncidents > 0 {
		out = append(out, ui.Plural(int(r.OpenIncidents), "incident is", "incidents are")+" open now and not in the times to recover or restore yet.")
	}
	if r.Unknown > 0 {
		out = append(out, ui.Plural(int(r.Unknown), "deployment", "deployments")+" of this period came without changes; they count for frequency, not for lead time.")
	}
	if r.Impossible > 0 {
		out = append(out, ui.Plural(int(r.Impossible), "change was", "changes were")+" committed after the deployment that brought them; their lead time is left out.")
	}
	if r.Query.Scope.Kind != "service" {
		out = append(out, "These numbers are meant for one application. Over several services they show the mix, not a team's performance.")
	}
	return out
}

// Period is an interval in words, its last day named.
func Period(q delivery.Query) string {
	return q.From.Format("2 Jan 2006") + " to " + q.To.AddDate(0, 0, -1).Format("2 Jan 2006")
}

func periodChips(q delivery.Query, today time.Time) []ui.Chip {
	end := today.AddDate(0, 0, 1)
	var out []ui.Chip
	for _, days := range []int{30, 90, 180, 365} {
		t := q
		t.From, t.To = end.AddDate(0, 0, -days), end
		out = append(out, ui.Chip{Label: fmt.Sprintf("%d days", days), URL: URL(t), On: q.From.Equal(t.From) && q.To.Equal(t.To)})
	}
	return out
}

func bandChips(q delivery.Query, tables []delivery.Bands) []ui.Chip {
	var out []ui.Chip
	for _, b := range tables {
		t := q
		t.Bands = b.ID
		on := q.Bands == b.ID || q.Bands == "" && b.ID == delivery.DefaultBands
		out = append(out, ui.Chip{Label: fmt.Sprintf("Bands %d", b.Year), URL: URL(t), On: on})
	}
	return out
}

func seconds(v float64) time.Duration { return time.Duration(v * float64(time.Second)) }

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
