package delivery

import (
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Query asks for the numbers of a scope over the half-open days [From, To),
// given as midnights UTC of dates in the engine's zone.
type Query struct {
	Scope Scope
	From  time.Time
	To    time.Time
	Bands string // table of bands; empty: the default
}

const maxDays = 3660

// Check refuses what cannot be asked.
func (q Query) Check() error {
	if !q.To.After(q.From) {
		return fault.InvalidField("to", "range", "The interval ends before it begins.")
	}
	if q.days() > maxDays {
		return fault.InvalidField("from", "range", "The interval may be ten years long at most.")
	}
	return nil
}

func (q Query) days() int { return int(q.To.Sub(q.From).Hours() / 24) }

// Metric is one number with all that is needed to trust it.
type Metric struct {
	ID         string
	Value      *float64 // nil: no data, see Reason
	Unit       string   // per day, s, share
	N          int64    // rows behind it
	Band       string
	BandSource string
	BandNote   string // why there is no band
	Definition string
	Reason     string
	P75, P90   *float64 // of a median
	Mean       *float64 // of the classic time to restore
	Previous   *float64 // the interval of the same length before
}

// The ids of the metrics, as the API names them.
const (
	Frequency    = "deploymentFrequency"
	LeadTime     = "changeLeadTime"
	FailRate     = "changeFailRate"
	RecoveryTime = "failedDeploymentRecoveryTime"
	ReworkRate   = "deploymentReworkRate"
	RestoreTime  = "timeToRestore"
)

// MetricIDs lists the metrics in the order of pages.
var MetricIDs = []string{LeadTime, Frequency, RecoveryTime, FailRate, ReworkRate, RestoreTime}

// Report is the numbers of an interval.
type Report struct {
	Query         Query
	Metrics       map[string]Metric
	Weekly        []WeekPoint
	OpenIncidents int64
	Unknown       int64 // deployments without change data
	Impossible    int64 // changes committed after their deployment
	DaysPerWeek   *float64
	DaysPerMonth  *float64
}

// WeekPoint is one week of the series; a metric is nil where the week has no
// data for it.
type WeekPoint struct {
	Week    string // its Monday
	Partial bool   // the interval holds only a part of it
	Tally   Tally
	Lead    *float64
	Fail    *float64
	Recover *float64
	Rework  *float64
	Restore *float64
}

// sum is everything that an interval's numbers are computed from.
type sum struct {
	Tally
	perDay map[string]int64 // deployments by date
	weeks  map[string]*Tally
}

// bucket is one stored tally.
type bucket struct {
	grain Grain
	day   time.Time
	tally Tally
}

// addUp makes the sum of an interval; without weekly it has no weeks.
func addUp(list []bucket, weekly bool) sum {
	s := sum{perDay: map[string]int64{}, weeks: map[string]*Tally{}}
	leads := 0
	for _, b := range list {
		leads += len(b.tally.Leads)
	}
	s.Leads = make([]int64, 0, leads)
	for _, b := range list {
		monday := mondayOf(b.day)
		if weekly {
			s.week(monday.Format(time.DateOnly)).gather(b.tally)
		}
		for i, n := range b.tally.Days {
			if n > 0 {
				s.perDay[monday.AddDate(0, 0, i).Format(time.DateOnly)] += n
			}
		}
		s.Tally.gather(b.tally)
	}
	return s
}

func (s *sum) week(monday string) *Tally {
	w := s.weeks[monday]
	if w == nil {
		w = &Tally{}
		s.weeks[monday] = w
	}
	return w
}

// gather adds o without keeping the lists sorted, which reading does not need.
func (t *Tally) gather(o Tally) {
	for i, n := range o.Days {
		t.Days[i] += n
	}
	t.Failed += o.Failed
	t.Rework += o.Rework
	t.Unknown += o.Unknown
	t.Impossible += o.Impossible
	t.Leads = append(t.Leads, o.Leads...)
	t.Recoveries = append(t.Recoveries, o.Recoveries...)
	t.Restores = append(t.Restores, o.Restores...)
}

// compute makes a report's metrics out of its sum. tracked says that the scope
// has had a deployment at some time, so that none in the interval is a fact.
func compute(q Query, s sum, tracked bool, b Bands) Report {
	r := Report{Query: q, Metrics: map[string]Metric{}, Unknown: s.Unknown, Impossible: s.Impossible}
	p := s.pace(q)
	r.DaysPerWeek, r.DaysPerMonth = p.perWeek, p.perMonth
	n := s.Deployments()
	for _, m := range []Metric{
		s.frequency(q, tracked, b, p), s.lead(n, b), rate(FailRate, s.Failed, n, b.Fail), s.recovery(b),
		rate(ReworkRate, s.Rework, n, nil), s.restore(),
	} {
		m.Definition = definitions[m.ID]
		if m.Value != nil {
			m.BandSource = b.Source
			if m.Band == "" {
				m.BandNote = bandNote(m, b)
			}
		}
		if m.Band == "" {
			m.BandSource = ""
		}
		r.Metrics[m.ID] = m
	}
	return r
}

func bandNote(m Metric, b Bands) string {
	switch {
	case m.ID == ReworkRate || m.ID == RestoreTime:
		return "No bands were published for this number."
	case b.note(m.ID) != "":
		return b.note(m.ID)
	case m.ID == Frequency:
		return "The interval is too short to tell the band."
	}
	return fmt.Sprintf("The table of %d has no band for this value.", b.Year)
}

func (s sum) frequency(q Query, tracked bool, b Bands, p pace) Metric {
	m := Metric{ID: Frequency, Unit: "per day", N: s.Deployments()}
	if m.N == 0 && !tracked {
		m.Reason = "No deployment to production has been recorded yet."
		return m
	}
	v := float64(m.N) / float64(q.days())
	m.Value, m.Band = &v, placePace(b.Frequency, p)
	return m
}

func (s sum) lead(deployments int64, b Bands) Metric {
	m := Metric{ID: LeadTime, Unit: "s", N: int64(len(s.Leads))}
	if m.N == 0 {
		m.Reason = "No deployment reached production in this interval."
		if deployments > 0 {
			m.Reason = "The deployments of this interval brought no change whose commit time is known."
		}
		return m
	}
	m.Value, m.P75, m.P90 = seconds(s.Leads, .5), seconds(s.Leads, .75), seconds(s.Leads, .9)
	m.Band = placeDuration(b.Lead, toDuration(*m.Value))
	return m
}

func (s sum) recovery(b Bands) Metric {
	m := Metric{ID: RecoveryTime, Unit: "s", N: int64(len(s.Recoveries))}
	if m.N == 0 {
		m.Reason = "No incident of a deployment was resolved in this interval."
		return m
	}
	m.Value, m.P75, m.P90 = seconds(s.Recoveries, .5), seconds(s.Recoveries, .75), seconds(s.Recoveries, .9)
	m.Band = placeDuration(b.Recovery, toDuration(*m.Value))
	return m
}

func (s sum) restore() Metric {
	m := Metric{ID: RestoreTime, Unit: "s", N: int64(len(s.Restores))}
	if m.N == 0 {
		m.Reason = "No incident in production was resolved in this interval."
		return m
	}
	m.Value = seconds(s.Restores, .5)
	if v, ok := mean(s.Restores); ok {
		v /= 1e6
		m.Mean = &v
	}
	return m
}

func rate(id string, part, n int64, steps []Step) Metric {
	m := Metric{ID: id, Unit: "share", N: n}
	if n == 0 {
		m.Reason = "No deployment reached production in this interval, so there is nothing to take a share of."
		return m
	}
	m.Value = share(part, n)
	if steps != nil {
		m.Band = placeShare(steps, *m.Value)
	}
	return m
}

func share(part, n int64) *float64 {
	if n == 0 {
		return nil
	}
	v := float64(part) / float64(n)
	return &v
}

// seconds is the q-quantile of microseconds, in seconds.
func seconds(values []int64, q float64) *float64 {
	v, ok := quantile(values, q)
	if !ok {
		return nil
	}
	v /= 1e6
	return &v
}

func toDuration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// weekly is the series with every week that the interval touches.
func (s sum) weekly(q Query) []WeekPoint {
	var out []WeekPoint
	for monday := mondayOf(q.From); monday.Before(q.To); monday = monday.AddDate(0, 0, 7) {
		w := WeekPoint{Week: monday.Format(time.DateOnly), Partial: monday.Before(q.From) || monday.AddDate(0, 0, 7).After(q.To)}
		if t := s.weeks[w.Week]; t != nil {
			w.Tally = *t
			n := t.Deployments()
			w.Lead, w.Recover, w.Restore = seconds(t.Leads, .5), seconds(t.Recoveries, .5), seconds(t.Restores, .5)
			w.Fail, w.Rework = share(t.Failed, n), share(t.Rework, n)
		}
		out = append(out, w)
	}
	return out
}

// pace counts days with a deployment per whole week, month and half year;
// weeks and months without any count as 0, partial ones are left out.
func (s sum) pace(q Query) pace {
	var p pace
	p.perWeek = s.medianDays(nextMonday(q.From), q.To, func(t time.Time) time.Time { return t.AddDate(0, 0, 7) })
	first := time.Date(q.From.Year(), q.From.Month(), 1, 0, 0, 0, 0, time.UTC)
	if first.Before(q.From) {
		first = first.AddDate(0, 1, 0)
	}
	p.perMonth = s.medianDays(first, q.To, func(t time.Time) time.Time { return t.AddDate(0, 1, 0) })
	p.perSixMonths = s.medianDays(first, q.To, func(t time.Time) time.Time { return t.AddDate(0, 6, 0) })
	return p
}

func (s sum) medianDays(from, to time.Time, next func(time.Time) time.Time) *float64 {
	var counts []int64
	for end := next(from); !end.After(to); from, end = end, next(end) {
		n := int64(0)
		for d := from; d.Before(end); d = d.AddDate(0, 0, 1) {
			if s.perDay[d.Format(time.DateOnly)] > 0 {
				n++
			}
		}
		counts = append(counts, n)
	}
	if v, ok := quantile(counts, .5); ok {
		return &v
	}
	return nil
}

func nextMonday(t time.Time) time.Time {
	if m := mondayOf(t); m.Before(t) {
		return m.AddDate(0, 0, 7)
	}
	return t
}
