package doraview

import (
	"strconv"
	"time"

	echarts "github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/views/ui"
)

// series is one weekly series before it is drawn.
type series struct {
	id, title, unit string
	bars            bool
	value           func(w delivery.WeekPoint) *float64
	n               func(w delivery.WeekPoint) int64
	digits          int
}

func deployments(w delivery.WeekPoint) int64 { return w.Tally.Deployments() }

// scaled is a pointer's value divided, nil without one.
func scaled(v *float64, by float64) *float64 {
	if v == nil {
		return nil
	}
	f := *v / by
	return &f
}

var allSeries = []series{
	{id: "frequency", title: "Deployments per week", bars: true, n: deployments,
		value: func(w delivery.WeekPoint) *float64 { f := float64(w.Tally.Deployments()); return &f }},
	{id: "lead", title: "Change lead time, median per week", unit: "h", digits: 1,
		value: func(w delivery.WeekPoint) *float64 { return scaled(w.Lead, 3600) },
		n:     func(w delivery.WeekPoint) int64 { return int64(len(w.Tally.Leads)) }},
	{id: "fail", title: "Change fail rate per week", unit: "%", digits: 1, n: deployments,
		value: func(w delivery.WeekPoint) *float64 { return scaled(w.Fail, .01) }},
	{id: "recovery", title: "Recovery time, median per week", unit: "h", digits: 1,
		value: func(w delivery.WeekPoint) *float64 { return scaled(w.Recover, 3600) },
		n:     func(w delivery.WeekPoint) int64 { return int64(len(w.Tally.Recoveries)) }},
	{id: "rework", title: "Rework rate per week", unit: "%", digits: 1, n: deployments,
		value: func(w delivery.WeekPoint) *float64 { return scaled(w.Rework, .01) }},
	{id: "restore", title: "Time to restore, median per week", unit: "h", digits: 1,
		value: func(w delivery.WeekPoint) *float64 { return scaled(w.Restore, 3600) },
		n:     func(w delivery.WeekPoint) int64 { return int64(len(w.Tally.Restores)) }},
}

// charts draws every weekly series; a week without data is a gap, and stands
// in the table as such.
func charts(r delivery.Report) []WeekChart {
	labels := make([]string, len(r.Weekly))
	for i, w := range r.Weekly {
		labels[i] = weekLabel(w)
	}
	out := make([]WeekChart, len(allSeries))
	for i, s := range allSeries {
		out[i] = WeekChart{s.title, ui.ChartProps{ID: "dora-" + s.id, Label: s.title + ", " + strconv.Itoa(len(labels)) + " weeks",
			Option: s.option(labels, r.Weekly), Unit: s.unit, Size: "small", Data: s.table(r.Weekly), CSV: CSVURL(r.Query)}}
	}
	return out
}

func weekLabel(w delivery.WeekPoint) string {
	t, err := time.Parse(time.DateOnly, w.Week)
	if err != nil {
		return w.Week
	}
	return t.Format("2 Jan")
}

// none is what ECharts and its tooltip take for no data.
const none = "-"

func (s series) option(labels []string, weeks []delivery.WeekPoint) map[string]any {
	if s.bars {
		c := echarts.NewBar()
		c.SetXAxis(labels)
		data := make([]opts.BarData, len(weeks))
		for i, w := range weeks {
			data[i] = opts.BarData{Value: point(s.value(w))}
		}
		c.AddSeries(s.title, data)
		c.Validate()
		return c.JSON()
	}
	c := echarts.NewLine()
	c.SetXAxis(labels)
	data := make([]opts.LineData, len(weeks))
	for i, w := range weeks {
		data[i] = opts.LineData{Value: point(s.value(w))}
	}
	c.AddSeries(s.title, data)
	c.Validate()
	return c.JSON()
}

func point(v *float64) any {
	if v == nil {
		return none
	}
	return *v
}

func (s series) table(weeks []delivery.WeekPoint) ui.GridProps {
	t := ui.GridProps{Caption: s.title, Head: []ui.Cell{{Text: "Week from"}, {Text: s.head(), Num: true}, {Text: "n", Num: true}}}
	for _, w := range weeks {
		week, value := w.Week, ui.Dash
		if w.Partial {
			week += " (part)"
		}
		if v := s.value(w); v != nil {
			value = ui.Decimal(*v, s.digits)
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: week}, {Text: value, Num: true}, {Text: ui.Number(s.n(w)), Num: true}})
	}
	return t
}

// CSV is the weekly series as rows of a file; no data is an empty cell.
func CSV(r delivery.Report) [][]string {
	out := [][]string{{"week", "partial", "deployments", "failed", "rework", "change_lead_time_s", "change_fail_rate",
		"failed_deployment_recovery_time_s", "deployment_rework_rate", "time_to_restore_s"}}
	for _, w := range r.Weekly {
		out = append(out, []string{w.Week, strconv.FormatBool(w.Partial), strconv.FormatInt(w.Tally.Deployments(), 10),
			strconv.FormatInt(w.Tally.Failed, 10), strconv.FormatInt(w.Tally.Rework, 10), cell(w.Lead), cell(w.Fail), cell(w.Recover),
			cell(w.Rework), cell(w.Restore)})
	}
	return out
}

func cell(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// head is the title of the figures' column.
func (s series) head() string {
	if s.unit == "" {
		return s.title
	}
	return s.title + ", " + s.unit
}
