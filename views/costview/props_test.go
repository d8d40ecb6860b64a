package costview

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/views/ui"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func amount(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func data() Data {
	q := cost.Query{Group: cost.DimTeam, Measure: cost.Effective, From: date("2026-10-01"), To: date("2026-12-01")}
	growth := 0.2
	r := cost.Report{Query: q, Currency: "USD", Total: amount("30"), Unallocated: amount("-2")}
	r.Items = []cost.Item{{Key: "group:default/a", Amount: amount("32"), Change: &growth}, {Key: cost.Unallocated, Amount: amount("-2")}}
	return Data{Report: r, Grain: cost.Month, Today: date("2026-11-20"), Names: cost.ShortName,
		Matrix:   []cost.Line{{Bucket: "2026-10", Key: "group:default/a", Amount: amount("32")}, {Bucket: "2026-11", Key: cost.Unallocated, Amount: amount("-2")}},
		Outlooks: map[string]cost.Outlook{"group:default/a": {Current: amount("10"), Projected: amount("15"), Trend: cost.Up}},
		All:      &cost.Outlook{Current: amount("10"), Projected: amount("15"), Method: "by hand"},
		Budgets:  map[string]cost.Budget{"group:default/a": {Monthly: amount("14.99")}}, Unknown: []string{"group:default/a"}}
}

func TestNewPage(t *testing.T) {
	p := NewPage(data())
	if len(p.Rows) != 2 || p.Total != "$30.00" || p.Period != "Oct 2026 to Nov 2026" || p.Method != "by hand" {
		t.Errorf("page %+v", p)
	}
	a := p.Rows[0]
	if a.Change != "+20.0%" || a.Tone != ui.Bad || !a.Over || a.Note != "not in the catalog" || !strings.Contains(a.URL, "group=service") {
		t.Errorf("row %+v; want growth, over budget, not in the catalog, a link to services", a)
	}
	if u := p.Rows[1]; u.Amount != "−$2.00" || u.Change != ui.Dash || u.Over {
		t.Errorf("row %+v", u)
	}
	if p.Chart == nil || len(p.Chart.Data.Rows) != 2 || p.Chart.Data.Foot[1].Text != "$32.00" || p.Chart.Data.Foot[2].Text != "−$2.00" {
		t.Errorf("chart %+v", p.Chart)
	}
}

func TestNewPageWithoutDataSaysWhy(t *testing.T) {
	d := data()
	d.Report = cost.Report{Query: d.Report.Query, Reason: "No bill has been imported yet."}
	d.All, d.Outlooks = nil, nil
	p := NewPage(d)
	if p.Chart != nil || len(p.Rows) > 0 || p.Stats[0].Value != "" || p.Stats[0].Missing != d.Report.Reason {
		t.Errorf("page %+v", p)
	}
}

// The figures of the chart are those of the lines, whatever is drawn as one.
func TestGridKeepsEveryAmount(t *testing.T) {
	d := data()
	d.Matrix = nil
	want := decimal.Zero
	for i := range 30 {
		a := decimal.New(int64(i*i), -2)
		want = want.Add(a)
		d.Matrix = append(d.Matrix, cost.Line{Bucket: "2026-10", Key: string(rune('a' + i)), Amount: a})
	}
	g := newGrid(d)
	got := decimal.Zero
	for _, a := range g.cells {
		got = got.Add(a)
	}
	if !got.Equal(want) || len(g.keys) != mostSeries+1 || g.keys[mostSeries] != others {
		t.Errorf("sum %s of %v, want %s", got, g.keys, want)
	}
}

func TestPeriod(t *testing.T) {
	tests := []struct{ from, to, want string }{
		{"2026-10-01", "2026-11-01", "October 2026"}, {"2026-01-01", "2027-01-01", "Jan 2026 to Dec 2026"}, {"2026-10-02", "2026-10-05", "2 Oct 2026 to 4 Oct 2026"},
	}
	for _, tt := range tests {
		if got := period(cost.Query{From: date(tt.from), To: date(tt.to)}); got != tt.want {
			t.Errorf("%s to %s is %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
}
