package costview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/views/ui"
)

// mostSeries is how many keys are drawn by themselves; the rest are one.
const mostSeries = 7

const others = "all others"

// grid is amounts by key and bucket.
type grid struct {
	buckets []string
	keys    []string // by amount, greatest first; others last
	cells   map[[2]string]decimal.Decimal
}

// newGrid arranges lines; every bucket of the interval is there, also empty
// ones up to the last with a charge.
func newGrid(d Data) grid {
	q := d.Report.Query
	g := grid{cells: map[[2]string]decimal.Decimal{}}
	totals := map[string]decimal.Decimal{}
	last := ""
	for _, l := range d.Matrix {
		key := l.Key
		if q.Group == "day" || q.Group == "month" {
			key = ""
		}
		totals[key] = totals[key].Add(l.Amount)
		last = max(last, l.Bucket)
	}
	g.keys = topKeys(totals)
	for _, l := range d.Matrix {
		key := l.Key
		if q.Group == "day" || q.Group == "month" {
			key = ""
		}
		if !slices.Contains(g.keys, key) {
			key = others
		}
		g.cells[[2]string{key, l.Bucket}] = g.cells[[2]string{key, l.Bucket}].Add(l.Amount)
	}
	g.buckets = buckets(q, d.Grain, last)
	return g
}

func topKeys(totals map[string]decimal.Decimal) []string {
	keys := cost.SortedKeys(totals)
	slices.SortStableFunc(keys, func(a, b string) int { return totals[b].Cmp(totals[a]) })
	if len(keys) > mostSeries+1 {
		keys = append(keys[:mostSeries:mostSeries], others)
	}
	return keys
}

func buckets(q cost.Query, g cost.Grain, last string) []string {
	layout, from := time.DateOnly, q.From
	step := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	if g == cost.Month {
		layout, from = "2006-01", time.Date(q.From.Year(), q.From.Month(), 1, 0, 0, 0, 0, time.UTC)
		step = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	}
	var out []string
	for t := from; t.Before(q.To) && t.Format(layout) <= last; t = step(t) {
		out = append(out, t.Format(layout))
	}
	return out
}

// chart draws the grid as stacked bars, with the same figures as a table.
func chart(d Data) *ui.ChartProps {
	g := newGrid(d)
	if len(g.buckets) == 0 {
		return nil
	}
	labels := make([]string, len(g.buckets))
	for i, b := range g.buckets {
		labels[i] = bucketLabel(b)
	}
	bar := charts.NewBar()
	bar.SetXAxis(labels)
	for _, k := range g.keys {
		values := make([]opts.BarData, len(g.buckets))
		for i, b := range g.buckets {
			values[i] = opts.BarData{Value: g.cells[[2]string{k, b}].Round(2).InexactFloat64()}
		}
		bar.AddSeries(seriesName(d, k), values, charts.WithBarChartOpts(opts.BarChart{Stack: "cost"}))
	}
	bar.Validate()
	per := "month"
	if d.Grain == cost.Day {
		per = "day"
	}
	q := d.Report.Query
	label := fmt.Sprintf("Cost by %s per %s, %s, %d bars", strings.ToLower(GroupLabel(q.Group)), per, period(q), len(labels))
	return &ui.ChartProps{ID: "costs", Label: label, Option: bar.JSON(), Unit: d.Report.Currency, Data: g.table(d, labels), CSV: CSVURL(q)}
}

func seriesName(d Data, key string) string {
	switch key {
	case "":
		return "Cost"
	case others:
		return "All others"
	}
	return d.Names(key)
}

// table holds the figures of the chart.
func (g grid) table(d Data, labels []string) ui.GridProps {
	group := GroupLabel(d.Report.Query.Group)
	t := ui.GridProps{Caption: "Cost by " + strings.ToLower(group) + ", figures of the chart", Head: []ui.Cell{{Text: group}}}
	for _, l := range labels {
		t.Head = append(t.Head, ui.Cell{Text: l, Num: true})
	}
	foot := []ui.Cell{{Text: "Total"}}
	sums := make([]decimal.Decimal, len(labels))
	for _, k := range g.keys {
		row := []ui.Cell{{Text: seriesName(d, k)}}
		for i, b := range g.buckets {
			a := g.cells[[2]string{k, b}]
			sums[i] = sums[i].Add(a)
			row = append(row, ui.Cell{Text: ui.Money(a.String(), d.Report.Currency), Num: true})
		}
		t.Rows = append(t.Rows, row)
	}
	for _, s := range sums {
		foot = append(foot, ui.Cell{Text: ui.Money(s.String(), d.Report.Currency), Num: true})
	}
	t.Foot = foot
	return t
}

// bucketLabel is a bucket as an axis shows it.
func bucketLabel(b string) string {
	if t, err := time.Parse("2006-01", b); err == nil {
		return t.Format("Jan 2006")
	}
	if t, err := time.Parse(time.DateOnly, b); err == nil {
		return t.Format("2 Jan")
	}
	return b
}

// CSV is the same figures as rows of a file: one line per key and bucket.
func CSV(d Data) [][]string {
	out := [][]string{{"bucket", d.Report.Query.Group, "name", "amount", "currency", "measure"}}
	for _, l := range d.Matrix {
		out = append(out, []string{l.Bucket, l.Key, d.Names(l.Key), l.Amount.String(), d.Report.Currency, string(d.Report.Query.Measure)})
	}
	return out
}
