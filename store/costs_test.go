package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

type costDirectory struct{}

func (costDirectory) CostDirectory(context.Context, access.Viewer) (cost.Directory, error) {
	return cost.Directory{Teams: map[string]bool{"group:default/a": true}}, nil
}

type noEvents struct{}

func (noEvents) Append(context.Context, tx.Tx, event.Event) error { return nil }

func costEngine(s *store.Store) *cost.Engine {
	return cost.New(cost.Options{Store: s, Catalog: costDirectory{}, Events: noEvents{},
		Now: func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }})
}

const focusHead = "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,Tags\n"

func focusRow(amount, day, team string) string {
	return fmt.Sprintf("%[1]s,%[1]s,USD,%[2]sT00:00:00Z,%[2]sT23:00:00Z,AWS,EC2,\"{\"\"team\"\":\"\"%[3]s\"\",\"\"service\"\":\"\"s-%[3]s\"\"}\"\n", amount, day, team)
}

func importBill(t *testing.T, e *cost.Engine, source, text string) cost.Receipt {
	t.Helper()
	r, err := e.Import(context.Background(), action.System("test"), cost.Upload{Source: source, Name: "x.csv", Body: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestCostsReport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e, v, ctx := costEngine(s), access.System("test"), context.Background()
		q := cost.Query{Group: "team", From: day("2026-10-01"), To: day("2026-11-01"), Measure: cost.Effective}
		r, err := e.Report(ctx, v, q)
		if err != nil || r.Reason == "" || len(r.Items) != 0 {
			t.Fatalf("without bills: %+v, %v; want a reason", r, err)
		}
		importBill(t, e, "aws", focusHead+focusRow("0.1", "2026-09-01", "a")+focusRow("0.2", "2026-10-01", "a")+
			focusRow("0.3", "2026-10-31", "b")+focusRow("0.4", "2026-10-31", ""))
		r, err = e.Report(ctx, v, q)
		if err != nil {
			t.Fatal(err)
		}
		if r.Total.String() != "0.9" || r.Unallocated.String() != "0.4" || r.Currency != "USD" || len(r.Items) != 3 {
			t.Errorf("report %+v; want total 0.9, unallocated 0.4, 3 items", r)
		}
		if a := r.Items[2]; a.Key != "group:default/a" || a.Change == nil || *a.Change != 1 {
			t.Errorf("item %+v; want team a, doubled", a)
		}
		if r.Items[1].Change != nil {
			t.Errorf("change of b is %v, want none: it cost nothing before", *r.Items[1].Change)
		}
		for _, group := range cost.Groups {
			q.Group = group
			if got, err := e.Report(ctx, v, q); err != nil || got.Total.String() != "0.9" {
				t.Errorf("by %s: %s, %v; want 0.9", group, got.Total, err)
			}
		}
		q = cost.Query{Group: "service", From: day("2026-10-02"), To: day("2026-12-01"), Measure: cost.Billed, Team: "group:default/b"}
		if got, err := e.Report(ctx, v, q); err != nil || got.Total.String() != "0.3" || got.Items[0].Key != "component:default/s-b" {
			t.Errorf("services of b: %+v, %v", got, err)
		}
		q.Team = cost.Unallocated
		if got, err := e.Report(ctx, v, q); err != nil || got.Total.String() != "0.4" {
			t.Errorf("services of nobody: %+v, %v", got, err)
		}
	})
}

func TestCostsImportAgainReplaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e, v, ctx := costEngine(s), access.System("test"), context.Background()
		total := func() string {
			r, err := e.Report(ctx, v, cost.Query{Group: "team", From: day("2026-01-01"), To: day("2027-01-01"), Measure: cost.Effective})
			if err != nil {
				t.Fatal(err)
			}
			return r.Total.String()
		}
		october := focusHead + focusRow("1", "2026-10-01", "a") + focusRow("2", "2026-10-02", "a")
		importBill(t, e, "aws", october)
		importBill(t, e, "aws", october)
		importBill(t, e, "gcp", focusHead+focusRow("10", "2026-10-01", "a"))
		if got := total(); got != "13" {
			t.Errorf("total %s, want 13", got)
		}
		importBill(t, e, "aws", focusHead+focusRow("5", "2026-10-01", "b"))
		if got := total(); got != "15" {
			t.Errorf("after the correction %s, want 15", got)
		}
		list, err := e.Imports(ctx, v)
		if err != nil || len(list) != 4 {
			t.Fatalf("imports %v, %v; want 4", list, err)
		}
		current := 0
		for _, i := range list {
			if i.ReplacedAt.IsZero() {
				current++
			}
		}
		if current != 2 {
			t.Errorf("%d current imports, want 2", current)
		}
	})
}

func TestCostsRefusedImportChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e, v, ctx := costEngine(s), access.System("test"), context.Background()
		importBill(t, e, "aws", focusHead+focusRow("1", "2026-10-01", "a"))
		for _, text := range []string{
			focusHead + focusRow("7", "2026-10-01", "a") + focusRow("oops", "2026-10-01", "a"),
			strings.ReplaceAll(focusHead+focusRow("7", "2026-09-01", "a"), "USD", "EUR"),
		} {
			_, err := e.Import(ctx, action.System("test"), cost.Upload{Source: "aws", Body: strings.NewReader(text)})
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("error %v, want fault Invalid", err)
			}
		}
		st, err := e.State(ctx, v)
		if err != nil || st.Rows != 1 {
			t.Errorf("state %+v, %v; want 1 charge", st, err)
		}
	})
}

func TestCostsCurrencyIsCheckedWhenWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		importBill(t, costEngine(s), "aws", focusHead+focusRow("1", "2026-10-01", "a"))
		err := s.Write(ctx, func(t tx.Tx) error {
			return s.SaveImport(ctx, t, cost.Import{ID: "cim_x", Source: "gcp", Period: "2026-10", Currency: "EUR", At: t.Now()}, nil, nil)
		})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("error %v, want fault Conflict", err)
		}
	})
}

func TestCostsOutlook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := costEngine(s)
		var text strings.Builder
		text.WriteString(focusHead)
		for d := day("2026-10-01"); d.Before(day("2026-11-20")); d = d.AddDate(0, 0, 1) {
			text.WriteString(focusRow("10", d.Format(time.DateOnly), "a"))
		}
		importBill(t, e, "aws", text.String())
		got, err := e.Outlooks(context.Background(), access.System("test"), cost.DimTeam, cost.Effective)
		if err != nil {
			t.Fatal(err)
		}
		o := got["group:default/a"]
		if o.Current.String() != "190" || o.Projected.String() != "300" || o.Trend != cost.Flat || o.Last.String() != "310" {
			t.Errorf("outlook %+v; want 190, 300, flat, 310", o)
		}
	})
}

func TestCostsBudgets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, v := context.Background(), access.System("test")
		reg := actionsOf(t, s, costEngine(s).Actions())
		if _, err := reg.Do(ctx, action.System("test"), "set-budget", []byte(`{"team":"a","monthly":"12.50"}`)); err != nil {
			t.Fatal(err)
		}
		if _, err := reg.Do(ctx, action.System("test"), "set-budget", []byte(`{"team":"a","monthly":13}`)); err != nil {
			t.Fatal(err)
		}
		for _, in := range []string{`{"team":"nobody","monthly":"1"}`, `{"team":"a","monthly":"-1"}`, `{"team":"a","monthly":"x"}`, `{"team":"a"}`} {
			if _, err := reg.Do(ctx, action.System("test"), "set-budget", []byte(in)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want fault Invalid", in, err)
			}
		}
		b, err := s.Budgets(ctx, v)
		if err != nil || len(b) != 1 || b["group:default/a"].Monthly.String() != "13" {
			t.Errorf("budgets %+v, %v", b, err)
		}
	})
}

type anything struct{}

func (anything) Authorize(context.Context, action.Actor, string, string) error { return nil }

// actionsOf makes a registry in which everybody may do everything.
func actionsOf(t *testing.T, s *store.Store, defs []action.Def) *action.Registry {
	t.Helper()
	reg := action.NewRegistry(action.Ports{DB: s, Events: noEvents{}, Access: anything{}, Quota: nil, Keys: s})
	for _, d := range defs {
		if err := reg.Register(d); err != nil {
			t.Fatal(err)
		}
	}
	return reg
}

func BenchmarkCostsImport(b *testing.B) {
	s := storetest.SQLite(b)
	e := costEngine(s)
	const rows = 200_000
	var text strings.Builder
	text.WriteString(focusHead)
	for i := range rows {
		text.WriteString(focusRow(fmt.Sprintf("0.0%d", 1+i%997), fmt.Sprintf("2026-10-%02d", 1+i%31), fmt.Sprintf("team-%d", i%40)))
	}
	src := text.String()
	for b.Loop() {
		_, err := e.Import(context.Background(), action.System("bench"), cost.Upload{Source: "aws", Body: strings.NewReader(src)})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
