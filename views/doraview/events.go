package doraview

import (
	"net/url"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/views/ui"
)

// EventsProps are those of Events.
type EventsProps struct {
	Query      delivery.Query
	Metric     string
	Name       string
	Title      string // of the scope
	Period     string
	Stat       ui.StatProps
	Definition string
	Back       string
	Reason     string
	Deployed   []DeploymentRow
	Changes    []ChangeRow
	Recovered  []RecoveryRow
	Incidents  []IncidentRow
	Parts      []ui.Chip // all rows, or those that count against a share
	Pager      ui.PagerProps
}

// DeploymentRow is one deployment.
type DeploymentRow struct {
	Service, ServiceURL, What, URL, Environment, By, Revision string
	At                                                        time.Time
	Kind                                                      string
	KindTone                                                  ui.Tone
	Outcome                                                   string
	Tone                                                      ui.Tone
	Why                                                       string
	Changes                                                   string
	Took                                                      string
}

// ChangeRow is one change with its lead time.
type ChangeRow struct {
	Service, ServiceURL, ID, Title string
	Committed, Deployed            time.Time
	Lead                           string
}

// RecoveryRow is one failed deployment and its recovery.
type RecoveryRow struct {
	Deployment         DeploymentRow
	Resolved           time.Time
	Incidents, Recover string
}

// IncidentRow is one incident.
type IncidentRow struct {
	Service, ServiceURL, Title, ID, URL, Severity, Cause string
	Started, Resolved                                    time.Time
	Took                                                 string
}

// NewEvents makes the page's props.
func NewEvents(q delivery.EvidenceQuery, m delivery.Metric, e delivery.Evidence, title string) EventsProps {
	p := EventsProps{Query: q.Query, Metric: q.Metric, Name: MetricName(q.Metric), Title: title, Period: Period(q.Query),
		Stat: NewStat(m, q.Query), Definition: m.Definition, Back: URL(q.Query), Reason: m.Reason}
	p.Stat.URL = ""
	for _, d := range e.Deployments {
		p.Deployed = append(p.Deployed, NewDeployment(d))
	}
	for _, c := range e.Changes {
		r := ChangeRow{Service: cost.ShortName(c.Service), ServiceURL: entityURL(c.Service), ID: short(c.ID), Title: c.Title,
			Committed: c.Committed, Deployed: c.Deployed, Lead: ui.Dash}
		if lead, ok := c.Lead(); ok {
			r.Lead = ui.Duration(lead)
		}
		p.Changes = append(p.Changes, r)
	}
	for _, r := range e.Recoveries {
		p.Recovered = append(p.Recovered, RecoveryRow{NewDeployment(r.Deployment), r.Resolved, strconv.FormatInt(r.Incidents, 10), ui.Duration(r.Took())})
	}
	for _, i := range e.Incidents {
		p.Incidents = append(p.Incidents, newIncident(i))
	}
	here := EventsURL(q.Query, q.Metric)
	if part := map[string]string{delivery.FailRate: "Failed only", delivery.ReworkRate: "Rework only"}[q.Metric]; part != "" {
		p.Parts = []ui.Chip{{Label: "All deployments", URL: here, On: !q.Part}, {Label: part, URL: here + "&only=part", On: q.Part}}
	}
	if q.Part {
		here += "&only=part"
	}
	p.Pager = ui.PagerProps{Summary: ui.Plural(int(e.Total), "row", "rows") + " in all"}
	if e.Next != nil {
		p.Pager.Next = here + "&cursor=" + e.Next.String()
	}
	if q.After.ID != "" {
		p.Pager.Prev = here
	}
	return p
}

func newIncident(i delivery.Incident) IncidentRow {
	r := IncidentRow{Service: cost.ShortName(i.Service), ServiceURL: entityURL(i.Service), Title: i.Title, ID: i.ID, URL: i.URL,
		Severity: i.Severity, Cause: i.Deployment, Started: i.Started, Resolved: i.Resolved, Took: ui.Dash}
	if r.Title == "" {
		r.Title = i.ID
	}
	if !i.Resolved.IsZero() {
		r.Took = ui.Duration(i.Took())
	}
	return r
}

// NewDeployment is a deployment as lists show it.
func NewDeployment(d delivery.Deployment) DeploymentRow {
	r := DeploymentRow{Service: cost.ShortName(d.Service), ServiceURL: entityURL(d.Service), What: d.Version, URL: d.URL, Environment: d.Environment,
		By: d.Actor, Revision: short(d.Revision), At: d.Finished, Kind: string(d.Kind), KindTone: ui.Neutral, Outcome: "succeeded", Tone: ui.Good}
	if r.What == "" {
		r.What = d.Title
	}
	if r.What == "" {
		r.What = short(d.ID)
	}
	if d.IsRework() {
		r.KindTone = ui.Warn
	}
	switch {
	case d.Result != delivery.Success:
		r.Outcome, r.Tone = "did not finish", ui.Neutral
	case d.Failed:
		r.Outcome, r.Tone, r.Why = "failed", ui.Bad, d.Failure
	}
	r.Changes = strconv.FormatInt(d.Changes, 10)
	if !d.Started.IsZero() {
		r.Took = ui.Duration(d.Finished.Sub(d.Started))
	}
	return r
}

// entityURL is the address of a reference's page, empty when it is none.
func entityURL(ref string) string {
	r, err := catalog.ParseRef(ref, "component", "")
	if err != nil {
		return ""
	}
	return r.Path()
}

// short cuts a commit id to what people read.
func short(s string) string {
	if len(s) == 40 {
		return s[:8]
	}
	return s
}

// DeploymentsURL is the address of a scope's deployments.
func DeploymentsURL(s delivery.Scope) string {
	return "/deployments?" + url.Values{"scope": {s.String()}}.Encode()
}

// ListProps are those of List.
type ListProps struct {
	Scope        delivery.Scope
	Title        string
	Environments []ui.Chip
	Rows         []DeploymentRow
	Unknown      []string // services that the catalog does not hold
	Pager        ui.PagerProps
}

// NewList makes the props of the list of deployments.
func NewList(s delivery.Scope, title, environment string, list []delivery.Deployment, next *delivery.Cursor, paged bool) ListProps {
	at := func(env string) string {
		v := url.Values{"scope": {s.String()}}
		if env != "" {
			v.Set("environment", env)
		}
		return "/deployments?" + v.Encode()
	}
	p := ListProps{Scope: s, Title: title}
	for _, c := range []struct{ label, env string }{{"All environments", ""}, {"Production", "production"}, {"Staging", "staging"}} {
		p.Environments = append(p.Environments, ui.Chip{Label: c.label, URL: at(c.env), On: environment == c.env})
	}
	for _, d := range list {
		p.Rows = append(p.Rows, NewDeployment(d))
	}
	p.Pager.Summary = ui.Plural(len(p.Rows), "deployment", "deployments") + " on this page"
	if next != nil {
		p.Pager.Next = at(environment) + "&cursor=" + next.String()
	}
	if paged {
		p.Pager.Prev = at(environment)
	}
	return p
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
