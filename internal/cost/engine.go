package cost

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Store keeps bills and their roll-ups.
type Store interface {
	tx.DB
	// SaveImport writes one billing month, replacing the current one of the
	// same source and period.
	SaveImport(ctx context.Context, t tx.Tx, i Import, cells []Cell, sums []Sum) error
	// CostImports lists current and replaced imports, newest first.
	CostImports(ctx context.Context, v access.Viewer, limit int) ([]Import, error)
	// CostState says in which currency bills are kept and up to which day.
	CostState(ctx context.Context, v access.Viewer) (State, error)
	// CostSums reads a dimension's lines in the given spans.
	CostSums(ctx context.Context, v access.Viewer, dimension string, spans []Span, m Measure) ([]Line, error)
	// CostCells is CostSums narrowed to one team or service.
	CostCells(ctx context.Context, v access.Viewer, q Query, spans []Span) ([]Line, error)
	Budgets(ctx context.Context, v access.Viewer) (map[string]Budget, error)
	SetBudget(ctx context.Context, t tx.Tx, b Budget) error
}

// State is what the bills so far have in common.
type State struct {
	Currency string
	FirstDay string // of any charge; empty without bills
	LastDay  string
	Rows     int64
	HasList  bool
	Imports  int64 // how many were ever made: it changes whenever the bills do
}

// Catalog says who owns what.
type Catalog interface {
	CostDirectory(ctx context.Context, v access.Viewer) (Directory, error)
}

// Options are what an engine stands on.
type Options struct {
	Store   Store
	Catalog Catalog
	Events  event.Log
	Zone    *time.Location // where days begin; nil means UTC
	Now     func() time.Time
	// Spool is the folder for uploads while they are read.
	Spool string
	// Sources names bills on disk: from a source's name to a file or folder.
	Sources map[string]string
	// Minimum is the amount below which a month does not count as going up.
	Minimum decimal.Decimal
}

// Engine takes in bills and answers what things cost.
type Engine struct {
	o     Options
	seen  outlookCache
	spool spool
}

// New returns an engine.
func New(o Options) *Engine {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Minimum.IsZero() {
		o.Minimum = decimal.NewFromInt(1)
	}
	return &Engine{o: o, spool: spool{dir: o.Spool}}
}

// Today is the first moment of the current day in the engine's zone, as UTC
// midnight of that date.
func (e *Engine) Today() time.Time {
	y, m, d := e.o.Now().In(e.o.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Report answers q.
func (e *Engine) Report(ctx context.Context, v access.Viewer, q Query) (Report, error) {
	if err := q.Check(); err != nil {
		return Report{}, err
	}
	state, err := e.o.Store.CostState(ctx, v)
	if err != nil {
		return Report{}, err
	}
	if reason := state.missing(q); reason != "" {
		return Report{Query: q, Currency: state.Currency, Reason: reason}, nil
	}
	now, err := e.lines(ctx, v, q)
	if err != nil {
		return Report{}, err
	}
	r := tabulate(q, now)
	r.Currency = state.Currency
	if len(r.Items) == 0 {
		r.Reason = "No charge lies in this interval."
	}
	return r, e.compare(ctx, v, state, &r, now)
}

// compare sets each item's change against the interval before, day for day:
// of an interval that is not over yet only the complete days count. Nothing
// is compared with a time before the first bill.
func (e *Engine) compare(ctx context.Context, v access.Viewer, state State, r *Report, now []Line) error {
	q := r.Query
	if q.byTime() || len(r.Items) == 0 {
		return nil
	}
	end := lastComplete(state.LastDay, e.Today()).AddDate(0, 0, 1)
	old := q
	old.From, old.To = before(q.From, q.To)
	if first, err := time.Parse(time.DateOnly, state.FirstDay); err != nil || first.After(old.From) || !end.After(q.From) {
		return nil
	}
	if end.Before(q.To) {
		old.To = minTime(old.To, old.From.Add(end.Sub(q.From)))
		if q.From.Day() == 1 {
			old.To = minTime(old.To, monthsBefore(end, q.From, old.From))
		}
		q.To = end
		var err error
		if now, err = e.lines(ctx, v, q); err != nil {
			return err
		}
	}
	was, err := e.lines(ctx, v, old)
	if err != nil {
		return err
	}
	r.changes(now, was)
	return nil
}

func (s State) missing(q Query) string {
	switch {
	case s.Rows == 0:
		return "No bill has been imported yet."
	case q.Measure == List && !s.HasList:
		return "The imported bills hold no list prices."
	}
	return ""
}

func (e *Engine) lines(ctx context.Context, v access.Viewer, q Query) ([]Line, error) {
	spans := Spans(q.From, q.To)
	if q.Group == "day" {
		spans = daySpan(nil, q.From, q.To)
	}
	if q.Team != "" || q.Service != "" {
		return e.o.Store.CostCells(ctx, v, q, spans)
	}
	dimension := q.Group
	if q.byTime() {
		dimension = DimAll
	}
	return e.o.Store.CostSums(ctx, v, dimension, spans, q.Measure)
}

// longestDaily is the longest interval, in days, that Matrix shows by day.
const longestDaily = 62

// Matrix answers what each key cost in each month of q's interval, widened to
// whole months, or in each day of a short one.
func (e *Engine) Matrix(ctx context.Context, v access.Viewer, q Query) ([]Line, Grain, error) {
	span := Span{Day, q.From.Format(time.DateOnly), q.To.Format(time.DateOnly)}
	if q.To.Sub(q.From) > longestDaily*24*time.Hour {
		end := firstOfMonth(q.To.AddDate(0, 0, -1)).AddDate(0, 1, 0)
		span = Span{Month, q.From.Format(monthLayout), end.Format(monthLayout)}
	}
	if q.Team != "" || q.Service != "" {
		lines, err := e.o.Store.CostCells(ctx, v, q, []Span{span})
		return lines, span.Grain, err
	}
	dimension := q.Group
	if q.byTime() {
		dimension = DimAll
	}
	lines, err := e.o.Store.CostSums(ctx, v, dimension, []Span{span}, q.Measure)
	return lines, span.Grain, err
}

// Outlooks says for each key of a dimension (the whole under "") where the
// current month is going. The current month is that of the latest bills.
func (e *Engine) Outlooks(ctx context.Context, v access.Viewer, dimension string, m Measure) (map[string]Outlook, error) {
	state, err := e.o.Store.CostState(ctx, v)
	if err != nil || state.Rows == 0 {
		return nil, err
	}
	today := e.Today()
	return e.seen.get(fmt.Sprint(state.Imports, today), dimension+" "+string(m)+" "+e.sight(v), func() (map[string]Outlook, error) {
		return e.outlooks(ctx, v, dimension, m, state)
	})
}

// sight names what is open to v, for what is kept for several viewers.
func (e *Engine) sight(v access.Viewer) string {
	if s, ok := e.o.Store.(interface{ Sight(access.Viewer) string }); ok {
		return s.Sight(v)
	}
	return ""
}

func (e *Engine) outlooks(ctx context.Context, v access.Viewer, dimension string, m Measure, state State) (map[string]Outlook, error) {
	today := e.Today()
	month := firstOfMonth(today)
	spans := []Span{{Day, month.AddDate(0, -1, 0).Format(time.DateOnly), month.AddDate(0, 1, 0).Format(time.DateOnly)}}
	lines, err := e.o.Store.CostSums(ctx, v, dimension, spans, m)
	if err != nil {
		return nil, err
	}
	days := map[string]map[string]decimal.Decimal{}
	for _, l := range lines {
		if days[l.Key] == nil {
			days[l.Key] = map[string]decimal.Decimal{}
		}
		days[l.Key][l.Bucket] = days[l.Key][l.Bucket].Add(l.Amount)
	}
	last := lastComplete(state.LastDay, today)
	out := make(map[string]Outlook, len(days))
	for k, d := range days {
		if last.Before(month) {
			out[k] = LookEmpty(d, month)
		} else {
			out[k] = Look(d, history(state.FirstDay, last), last, e.o.Minimum)
		}
	}
	return out, nil
}

// lastComplete is the last day whose bills are whole: the last day with any,
// but never today.
func lastComplete(lastDay string, today time.Time) time.Time {
	yesterday := today.AddDate(0, 0, -1)
	if d, err := time.Parse(time.DateOnly, lastDay); err == nil && d.Before(yesterday) {
		return d
	}
	return yesterday
}

// history is how many days up to last have bills, at most those of a mean.
func history(firstDay string, last time.Time) int {
	d, err := time.Parse(time.DateOnly, firstDay)
	if err != nil {
		return meanDays
	}
	return max(1, min(meanDays, int(last.Sub(d).Hours()/24)+1))
}

// Imports lists what has been taken in.
func (e *Engine) Imports(ctx context.Context, v access.Viewer) ([]Import, error) {
	return e.o.Store.CostImports(ctx, v, 100)
}

// Budgets returns each team's budget.
func (e *Engine) Budgets(ctx context.Context, v access.Viewer) (map[string]Budget, error) {
	return e.o.Store.Budgets(ctx, v)
}

// State says what the bills have in common.
func (e *Engine) State(ctx context.Context, v access.Viewer) (State, error) {
	return e.o.Store.CostState(ctx, v)
}
