package cost

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Groups are what a report may be grouped by.
var Groups = []string{DimTeam, DimService, DimEnvironment, DimProvider, DimServiceName, "day", "month"}

// Query asks for a report over the half-open days [From, To).
type Query struct {
	Group   string
	From    time.Time
	To      time.Time
	Measure Measure
	Team    string // only this team's charges
	Service string // only this service's charges
}

// NewQuery is a query with what stands in for what is not asked: by team, the
// current month and the eleven before it, effective cost.
func NewQuery(group, measure string, today time.Time) Query {
	month := firstOfMonth(today)
	q := Query{Group: group, Measure: Measure(measure), From: month.AddDate(0, -11, 0), To: month.AddDate(0, 1, 0)}
	if q.Group == "" {
		q.Group = DimTeam
	}
	if q.Measure == "" {
		q.Measure = Effective
	}
	return q
}

// maxDays bounds a report's interval.
const maxDays = 3660

// Check refuses what cannot be asked, with the fields named.
func (q Query) Check() error {
	var f []fault.Field
	if !slices.Contains(Groups, q.Group) {
		f = append(f, fault.Field{Field: "group", Code: "enum", Message: "Group by one of " + strings.Join(Groups, ", ") + "."})
	}
	if !slices.Contains(Measures, q.Measure) {
		f = append(f, fault.Field{Field: "measure", Code: "enum", Message: "The measure is effective, billed or list."})
	}
	if !q.To.After(q.From) {
		f = append(f, fault.Field{Field: "to", Code: "range", Message: "The interval ends before it begins."})
	} else if q.To.Sub(q.From) > maxDays*24*time.Hour {
		f = append(f, fault.Field{Field: "from", Code: "range", Message: "The interval may be ten years long at most."})
	}
	if len(f) > 0 {
		return fault.InvalidFields(f...)
	}
	return nil
}

// Span is a run of buckets of one grain, [From, To).
type Span struct {
	Grain    Grain
	From, To string
}

// Spans covers [from, to) with whole months where it can and days elsewhere,
// so that few rows are read.
func Spans(from, to time.Time) []Span {
	first := firstOfMonth(from)
	if first.Before(from) {
		first = first.AddDate(0, 1, 0)
	}
	last := firstOfMonth(to)
	if !last.After(first) {
		return daySpan(nil, from, to)
	}
	out := daySpan(nil, from, first)
	out = append(out, Span{Month, first.Format(monthLayout), last.Format(monthLayout)})
	return daySpan(out, last, to)
}

func daySpan(out []Span, from, to time.Time) []Span {
	if !to.After(from) {
		return out
	}
	return append(out, Span{Day, from.Format(time.DateOnly), to.Format(time.DateOnly)})
}

const monthLayout = "2006-01"

func firstOfMonth(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// before is the interval with which [from, to) is compared: as many whole
// months before it when it is made of whole months, else as many days.
func before(from, to time.Time) (time.Time, time.Time) {
	if from.Day() == 1 && to.Day() == 1 {
		n := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
		return from.AddDate(0, -n, 0), from
	}
	return from.Add(from.Sub(to)), from
}

// Item is one line of a report.
type Item struct {
	Key    string
	Title  string
	Amount decimal.Decimal
	Share  *float64 // of the total; nil when the total is 0
	Change *float64 // against the interval before; nil when that was 0 or has no bills
}

// Report is what an interval cost.
type Report struct {
	Items       []Item
	Total       decimal.Decimal
	Unallocated decimal.Decimal
	Currency    string
	Query       Query
	Reason      string // why there is nothing; empty when there is something
}

// Line is one amount with its key and bucket, as the store reads it.
type Line struct {
	Bucket string
	Key    string
	Amount decimal.Decimal
}

// monthsBefore moves a moment back by as many months as lie between two
// intervals' beginnings; a day that the month does not have is its end.
func monthsBefore(at, from, old time.Time) time.Time {
	n := (from.Year()-old.Year())*12 + int(from.Month()-old.Month())
	t := time.Date(at.Year(), at.Month()-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return minTime(t.AddDate(0, 0, at.Day()-1), t.AddDate(0, 1, 0))
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// tabulate adds lines up by key; for the groups by time the bucket is the key.
func tabulate(q Query, now []Line) Report {
	r := Report{Query: q}
	sums := addUp(q, now)
	for k, a := range sums {
		r.Items = append(r.Items, Item{Key: k, Title: titleOf(k), Amount: a})
		r.Total = r.Total.Add(a)
	}
	if !q.byTime() {
		r.Unallocated = sums[Unallocated]
	}
	for i := range r.Items {
		r.Items[i].Share = ratio(r.Items[i].Amount, r.Total)
	}
	slices.SortFunc(r.Items, func(a, b Item) int {
		if q.byTime() {
			return strings.Compare(a.Key, b.Key)
		}
		return cmp.Or(b.Amount.Cmp(a.Amount), strings.Compare(a.Key, b.Key))
	})
	return r
}

// titleOf is what a key is called where the catalog is not asked.
func titleOf(key string) string {
	switch {
	case key == Unallocated:
		return "Unallocated"
	case IsReference(key):
		return ShortName(key)
	}
	return key
}

// changes sets what each item's amount changed by.
func (r *Report) changes(now, was []Line) {
	a, b := addUp(r.Query, now), addUp(r.Query, was)
	for i, item := range r.Items {
		r.Items[i].Change = ratio(a[item.Key].Sub(b[item.Key]), b[item.Key].Abs())
	}
}

func (q Query) byTime() bool { return q.Group == "day" || q.Group == "month" }

func addUp(q Query, lines []Line) map[string]decimal.Decimal {
	out := map[string]decimal.Decimal{}
	for _, l := range lines {
		k := l.Key
		switch q.Group {
		case "month":
			k = l.Bucket[:len(monthLayout)]
		case "day":
			k = l.Bucket
		}
		out[k] = out[k].Add(l.Amount)
	}
	return out
}

func ratio(a, b decimal.Decimal) *float64 {
	if b.IsZero() {
		return nil
	}
	f := a.Div(b).InexactFloat64()
	return &f
}
