package delivery

import (
	"context"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Stored is one tally as the store reads it.
type Stored struct {
	Grain  Grain
	Bucket string
	Tally  Tally
}

// Span is the buckets of one grain from a date up to another, which is not in
// it.
type Span struct {
	Grain    Grain
	From, To time.Time
}

// Reader is what the numbers need of the store. services nil means all.
type Reader interface {
	Tallies(ctx context.Context, v access.Viewer, scopes []string, spans []Span) ([]Stored, error)
	OpenIncidents(ctx context.Context, v access.Viewer, services []string) (int64, error)
	// HasDeployments reports whether any of the services ever reached production.
	HasDeployments(ctx context.Context, v access.Viewer, services []string) (bool, error)
	// UnknownServices lists services with deliveries that the catalog does not hold.
	UnknownServices(ctx context.Context, v access.Viewer, limit int) ([]string, error)
	Deployments(ctx context.Context, v access.Viewer, f Filter) ([]Deployment, error)
	Changes(ctx context.Context, v access.Viewer, f Filter) ([]Change, error)
	Recoveries(ctx context.Context, v access.Viewer, f Filter) ([]Recovery, error)
	Incidents(ctx context.Context, v access.Viewer, f Filter) ([]Incident, error)
}

// Filter chooses rows, newest first.
type Filter struct {
	Services    []string  // nil: all
	From        time.Time // moments, [From, To); zero: no bound
	To          time.Time
	Counted     bool // only deployments of the numbers, only incidents in production
	Environment string
	Resolved    bool   // only incidents that are over
	Failed      bool   // only deployments that failed
	Rework      bool   // only deployments that were not planned
	After       Cursor // the last row of the page before
	Limit       int
}

// Cursor is a place in rows by time and id.
type Cursor struct {
	At time.Time
	ID string
}

// Store keeps deliveries.
type Store interface {
	tx.DB
	Book
	Reader
}

// Catalog says which services a scope holds.
type Catalog interface {
	// ScopeServices returns the services of a team or system; fault NotFound
	// for one that does not exist or is hidden from v.
	ScopeServices(ctx context.Context, v access.Viewer, s Scope) ([]string, error)
	// ServiceOwner returns the group that owns a service, empty when the
	// catalog does not hold it.
	ServiceOwner(ctx context.Context, v access.Viewer, service string) (string, error)
	// ServiceOf returns the service of a repository (owner/name), empty when
	// the catalog does not know it.
	ServiceOf(ctx context.Context, repository string) (string, error)
}

// Options are what an engine stands on.
type Options struct {
	Store   Store
	Catalog Catalog
	Events  event.Log
	Zone    *time.Location // where days begin; nil means UTC
	Now     func() time.Time
	Window  time.Duration // see Recorder; 0 means DefaultWindow
	Bands   []Bands       // nil: the published ones
}

// Engine records deliveries and answers how delivery goes.
type Engine struct {
	o        Options
	recorder *Recorder
}

// New returns an engine. It fails when the bands cannot be read.
func New(o Options) (*Engine, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.Bands == nil {
		b, err := PublishedBands()
		if err != nil {
			return nil, err
		}
		o.Bands = b
	}
	return &Engine{o, &Recorder{Book: o.Store, Events: o.Events, Zone: o.Zone, Window: o.Window}}, nil
}

// Today is the current date in the engine's zone, as midnight UTC.
func (e *Engine) Today() time.Time { return dateOf(e.o.Now(), e.o.Zone) }

// Bands lists the tables of bands.
func (e *Engine) Bands() []Bands { return e.o.Bands }

func (e *Engine) bands(id string) (Bands, error) {
	if id == "" {
		id = DefaultBands
	}
	for _, b := range e.o.Bands {
		if b.ID == id {
			return b, nil
		}
	}
	return Bands{}, fault.InvalidField("bands", "enum", "There is no such table of bands.")
}

// Report answers q with the interval before it for comparison.
func (e *Engine) Report(ctx context.Context, v access.Viewer, q Query) (Report, error) {
	if err := q.Check(); err != nil {
		return Report{}, err
	}
	b, err := e.bands(q.Bands)
	if err != nil {
		return Report{}, err
	}
	services, err := e.services(ctx, v, q.Scope)
	if err != nil {
		return Report{}, err
	}
	tracked, err := e.o.Store.HasDeployments(ctx, v, services)
	if err != nil {
		return Report{}, err
	}
	now, err := e.sum(ctx, v, q, services, true)
	if err != nil {
		return Report{}, err
	}
	r := compute(q, now, tracked, b)
	r.Weekly = now.weekly(q)
	if r.OpenIncidents, err = e.o.Store.OpenIncidents(ctx, v, services); err != nil {
		return Report{}, err
	}
	return r, e.compare(ctx, v, services, tracked, b, &r)
}

func (e *Engine) compare(ctx context.Context, v access.Viewer, services []string, tracked bool, b Bands, r *Report) error {
	q := r.Query
	q.From, q.To = q.From.Add(q.From.Sub(q.To)), q.From
	s, err := e.sum(ctx, v, q, services, false)
	if err != nil {
		return err
	}
	old := compute(q, s, tracked && s.Deployments() > 0, b)
	for id, m := range r.Metrics {
		m.Previous = old.Metrics[id].Value
		r.Metrics[id] = m
	}
	return nil
}

// services are those of a scope; nil for all.
func (e *Engine) services(ctx context.Context, v access.Viewer, s Scope) ([]string, error) {
	switch s.Kind {
	case "all":
		return nil, nil
	case "service":
		return []string{s.Ref}, nil
	}
	list, err := e.o.Catalog.ScopeServices(ctx, v, s)
	if list == nil {
		list = []string{}
	}
	return list, err
}

// sum adds up what happened in the interval of q.
func (e *Engine) sum(ctx context.Context, v access.Viewer, q Query, services []string, weekly bool) (sum, error) {
	scopes := services
	if services == nil {
		scopes = []string{All}
	}
	rows, err := e.o.Store.Tallies(ctx, v, scopes, spans(q.From, q.To))
	if err != nil {
		return sum{}, err
	}
	list := make([]bucket, len(rows))
	for i, r := range rows {
		day, err := time.Parse(time.DateOnly, r.Bucket)
		if err != nil {
			return sum{}, err
		}
		list[i] = bucket{r.Grain, day, r.Tally}
	}
	return addUp(list, weekly), nil
}

// spans are the whole weeks of an interval and the days at both its ends.
func spans(from, to time.Time) []Span {
	first, end := nextMonday(from), mondayOf(to)
	if end.Before(first) {
		return []Span{{Day, from, to}}
	}
	return slices.DeleteFunc([]Span{{Day, from, first}, {Week, first, end}, {Day, end, to}}, func(s Span) bool { return !s.To.After(s.From) })
}

// Evidence is the rows that a number consists of; one of the lists is set.
type Evidence struct {
	Deployments []Deployment
	Changes     []Change
	Recoveries  []Recovery
	Incidents   []Incident
	Total       int64
	Next        *Cursor // nil on the last page
}

// EvidenceQuery asks for the rows behind one metric.
type EvidenceQuery struct {
	Query
	Metric string
	Part   bool // of a share, only the rows that count against it
	After  Cursor
	Limit  int // 0 means 50; at most 500
}

// Evidence answers q: the very rows that the metric is made of.
func (e *Engine) Evidence(ctx context.Context, v access.Viewer, q EvidenceQuery) (Evidence, error) {
	if !slices.Contains(MetricIDs, q.Metric) {
		return Evidence{}, fault.InvalidField("metric", "enum", "There is no such metric.")
	}
	if err := q.Check(); err != nil {
		return Evidence{}, err
	}
	services, err := e.services(ctx, v, q.Scope)
	if err != nil {
		return Evidence{}, err
	}
	s, err := e.sum(ctx, v, q.Query, services, false)
	if err != nil {
		return Evidence{}, err
	}
	f := Filter{Services: services, From: e.start(q.From), To: e.start(q.To), Counted: true, Resolved: true, After: q.After,
		Failed: q.Part && q.Metric == FailRate, Rework: q.Part && q.Metric == ReworkRate, Limit: limit(q.Limit) + 1}
	return e.rows(ctx, v, q.Metric, f, s)
}

func (e *Engine) rows(ctx context.Context, v access.Viewer, metric string, f Filter, s sum) (Evidence, error) {
	var out Evidence
	var err error
	n := f.Limit - 1
	switch metric {
	case LeadTime:
		out.Total = int64(len(s.Leads))
		if out.Changes, err = e.o.Store.Changes(ctx, v, f); len(out.Changes) > n {
			out.Changes = out.Changes[:n]
			out.Next = &Cursor{out.Changes[n-1].Deployed, out.Changes[n-1].Service + " " + out.Changes[n-1].ID}
		}
	case RecoveryTime:
		out.Total = int64(len(s.Recoveries))
		if out.Recoveries, err = e.o.Store.Recoveries(ctx, v, f); len(out.Recoveries) > n {
			out.Recoveries = out.Recoveries[:n]
			out.Next = &Cursor{out.Recoveries[n-1].Resolved, out.Recoveries[n-1].Deployment.ID}
		}
	case RestoreTime:
		out.Total = int64(len(s.Restores))
		if out.Incidents, err = e.o.Store.Incidents(ctx, v, f); len(out.Incidents) > n {
			out.Incidents = out.Incidents[:n]
			out.Next = &Cursor{out.Incidents[n-1].Resolved, out.Incidents[n-1].ID}
		}
	default:
		switch {
		case f.Failed:
			out.Total = s.Failed
		case f.Rework:
			out.Total = s.Rework
		default:
			out.Total = s.Deployments()
		}
		out.Deployments, out.Next, err = e.page(ctx, v, f)
	}
	return out, err
}

// Unknown lists services that were delivered and that the catalog does not
// hold, a hundred at most.
func (e *Engine) Unknown(ctx context.Context, v access.Viewer) ([]string, error) {
	return e.o.Store.UnknownServices(ctx, v, 100)
}

// Deployments lists deployments of every environment, newest first.
func (e *Engine) Deployments(ctx context.Context, v access.Viewer, s Scope, f Filter) ([]Deployment, *Cursor, error) {
	var err error
	if f.Services, err = e.services(ctx, v, s); err != nil {
		return nil, nil, err
	}
	f.Limit = limit(f.Limit) + 1
	return e.page(ctx, v, f)
}

func (e *Engine) page(ctx context.Context, v access.Viewer, f Filter) ([]Deployment, *Cursor, error) {
	list, err := e.o.Store.Deployments(ctx, v, f)
	n := f.Limit - 1
	if err != nil || len(list) <= n {
		return list, nil, err
	}
	return list[:n], &Cursor{list[n-1].Finished, list[n-1].ID}, nil
}

// start is the moment at which a date begins in the engine's zone.
func (e *Engine) start(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, e.o.Zone)
}

func limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 500)
}
