package handlers

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/dashboard"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/homeview"
	"github.com/waymark-portal/waymark/views/ui"
)

// HomeDelivery is what the widgets about delivery need; delivery.Engine is one.
type HomeDelivery interface {
	Report(ctx context.Context, v access.Viewer, q delivery.Query) (delivery.Report, error)
	Deployments(ctx context.Context, v access.Viewer, s delivery.Scope, f delivery.Filter) ([]delivery.Deployment, *delivery.Cursor, error)
	Today() time.Time
}

// DORAWidget shows the numbers of a period for the reader's team, or for all.
func DORAWidget(d HomeDelivery) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		groups, known := owners(v, w)
		if !known {
			return homeview.Panel{Title: "Delivery", Body: homeview.Text("You are in no team yet; the delivery of all teams stands on the DORA page.")}, nil
		}
		scope := teamScope(groups)
		to := d.Today().AddDate(0, 0, 1)
		from := w.Period.Since(to, homeDays)
		r, err := d.Report(ctx, v, delivery.Query{Scope: scope, From: from, To: to})
		if err != nil {
			return homeview.Panel{}, err
		}
		days := w.Period.Days(homeDays)
		var stats []ui.StatProps
		for _, id := range []string{delivery.Frequency, delivery.LeadTime, delivery.FailRate, delivery.RecoveryTime} {
			s := doraStat(r.Metrics[id], days)
			s.URL = "/dora?scope=" + scope.String() + "&from=" + from.Format(time.DateOnly) + "&to=" + to.Format(time.DateOnly)
			stats = append(stats, s)
		}
		return homeview.Panel{Title: "Delivery", Bare: true, Body: ui.Stats(stats)}, nil
	}
}

func teamScope(groups []string) delivery.Scope {
	if len(groups) == 0 {
		return delivery.Scope{Kind: "all"}
	}
	return delivery.Scope{Kind: "team", Ref: groups[0]}
}

// doraLabels name the metrics, and say whether more is better.
var doraLabels = map[string]struct {
	label string
	up    bool
}{
	delivery.Frequency:    {"Deployment frequency", true},
	delivery.LeadTime:     {"Change lead time", false},
	delivery.FailRate:     {"Change fail rate", false},
	delivery.RecoveryTime: {"Failed deployment recovery", false},
}

// doraStat is one metric with its band and how it moved.
func doraStat(m delivery.Metric, days int) ui.StatProps {
	l := doraLabels[m.ID]
	s := ui.StatProps{Label: l.label, Missing: m.Reason}
	if m.Value == nil {
		return s
	}
	s.Value, s.Unit = doraValue(m.Unit, *m.Value)
	if m.Band != "" {
		s.Badge = &ui.BadgeProps{Label: strings.ToUpper(m.Band[:1]) + m.Band[1:], Tone: bandTone(m.Band)}
	}
	if m.Previous == nil || *m.Previous == 0 {
		s.Note = fmt.Sprintf("in %d days", days)
		return s
	}
	change := *m.Value / *m.Previous - 1
	s.Rising = change >= 0
	s.Delta = ui.Percent(math.Abs(change), 0)
	if m.Unit == "share" { // a percentage of a percentage reads as the wrong number
		s.Delta = ui.Decimal(math.Abs(*m.Value-*m.Previous)*100, 1) + " points"
	}
	s.Note = fmt.Sprintf("on the %d days before", days)
	if math.Abs(change) >= .05 {
		s.Trend = ui.Bad
		if s.Rising == l.up {
			s.Trend = ui.Good
		}
	}
	return s
}

// doraValue is a value with its unit, for people.
func doraValue(unit string, v float64) (value, shown string) {
	switch unit {
	case "share":
		return ui.Percent(v, 1), ""
	case "s":
		text := ui.Duration(time.Duration(v * float64(time.Second)))
		value, shown, _ = strings.Cut(text, " ")
		return value, shown
	default:
		return ui.Decimal(v, 1), unit
	}
}

func bandTone(band string) ui.Tone {
	switch strings.ToLower(band) {
	case "elite":
		return ui.Good
	case "high":
		return ui.Info
	case "low":
		return ui.Bad
	default:
		return ui.Warn
	}
}

// HomeRuns lists runs; the store shows only those that the reader may see.
type HomeRuns interface {
	Runs(ctx context.Context, v access.Viewer, f run.Filter) (run.Page, error)
}

// ActivityWidget shows the last deployments and runs, newest first. Runs may
// be nil.
func ActivityWidget(d HomeDelivery, runs HomeRuns) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		groups, known := owners(v, w)
		if !known {
			return noTeam(w), nil
		}
		list, _, err := d.Deployments(ctx, v, teamScope(groups), delivery.Filter{Limit: homeRows})
		if err != nil {
			return homeview.Panel{}, err
		}
		var out []ui.Moment
		for _, x := range list {
			out = append(out, deployed(x))
		}
		if runs != nil {
			f := run.Filter{Limit: homeRows}
			if len(groups) > 0 {
				f.Owner = groups[0]
			}
			page, err := runs.Runs(ctx, v, f)
			if err != nil {
				return homeview.Panel{}, err
			}
			for _, r := range page.Items {
				out = append(out, ran(r))
			}
		}
		slices.SortFunc(out, func(a, b ui.Moment) int { return b.Time.Compare(a.Time) })
		if len(out) == 0 {
			return homeview.Panel{Body: homeview.Text("Nothing has happened yet: deployments and runs stand here.")}, nil
		}
		return homeview.Panel{Body: ui.Timeline(out[:min(len(out), homeRows)])}, nil
	}
}

func deployed(d delivery.Deployment) ui.Moment {
	m := ui.Moment{Time: d.Finished, Tone: ui.Good, Word: "Deployed", Title: shortName(d.Service) + " " + d.Version, URL: entityPath(d.Service)}
	switch {
	case d.Result != delivery.Success:
		m.Tone, m.Word = ui.Neutral, "Did not finish"
	case d.Failed:
		m.Tone, m.Word = ui.Bad, "Failed"
	case d.Kind == delivery.Rollback:
		m.Tone, m.Word = ui.Warn, "Rolled back"
	case d.IsRework():
		m.Tone, m.Word = ui.Warn, "Mended"
	}
	if d.Actor != "" {
		m.Sub = "by " + shortName(d.Actor)
	}
	if d.Environment != "" && !d.Production {
		m.Sub = strings.TrimSpace(m.Sub + " to " + d.Environment)
	}
	return m
}

func ran(r run.Run) ui.Moment {
	at := r.CreatedAt
	if !r.FinishedAt.IsZero() {
		at = r.FinishedAt
	}
	m := ui.Moment{Time: at, Tone: ui.Info, Word: strings.ReplaceAll(string(r.State), "_", " "), Title: r.Title, URL: "/runs/" + string(r.ID), Sub: "by " + shortName(r.By)}
	switch r.State {
	case run.Succeeded:
		m.Tone = ui.Good
	case run.Failed:
		m.Tone = ui.Bad
	case run.Cancelled:
		m.Tone = ui.Warn
	}
	return m
}

// shortName is the name in a reference; other texts stay as they are.
func shortName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// entityPath is the page of a canonical reference; empty for other texts.
func entityPath(ref string) string {
	kind, rest, ok := strings.Cut(ref, ":")
	namespace, name, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return ""
	}
	return "/catalog/" + namespace + "/" + kind + "/" + name
}
