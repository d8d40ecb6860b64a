package store_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

type deliveryCatalog struct{}

func (deliveryCatalog) ScopeServices(_ context.Context, _ access.Viewer, s delivery.Scope) ([]string, error) {
	if s.Ref == "group:default/a" {
		return []string{"component:default/s1", "component:default/s2"}, nil
	}
	return nil, fault.New(fault.NotFound, "There is no such team.")
}
func (deliveryCatalog) ServiceOwner(_ context.Context, _ access.Viewer, service string) (string, error) {
	if strings.HasSuffix(service, "/theirs") {
		return "group:default/others", nil
	}
	return "", nil
}
func (deliveryCatalog) ServiceOf(context.Context, string) (string, error) { return "", nil }

var deliveryNow = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func deliveryEngine(t testing.TB, s *store.Store) *delivery.Engine {
	t.Helper()
	e, err := delivery.New(delivery.Options{Store: s, Catalog: deliveryCatalog{}, Events: noEvents{}, Now: func() time.Time { return deliveryNow }})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// deployed is a production deployment at a time of October 2026, such as
// "05 10:00", with one commit lead before it.
func deployed(id, service, at string, lead time.Duration) delivery.DeploymentInput {
	end, err := time.Parse("2006-01-02 15:04", "2026-10-"+at)
	if err != nil {
		panic(err)
	}
	in := delivery.DeploymentInput{ID: id, Service: service, Environment: "production", FinishedAt: end.Format(time.RFC3339)}
	if lead > 0 {
		in.Commits = []delivery.CommitInput{{ID: "c-" + id, CommittedAt: end.Add(-lead).Format(time.RFC3339)}}
	}
	return in
}

func broke(id, service, from, to string) delivery.IncidentInput {
	in := delivery.IncidentInput{ID: id, Service: service, Environment: "production", StartedAt: "2026-10-" + from[:2] + "T" + from[3:] + ":00Z"}
	if to != "" {
		in.ResolvedAt = "2026-10-" + to[:2] + "T" + to[3:] + ":00Z"
	}
	return in
}

func ingest(t testing.TB, s *store.Store, e *delivery.Engine, items ...any) {
	t.Helper()
	for _, it := range items {
		b := delivery.Batch{Source: "test", Delivery: fmt.Sprint(rand.Uint64())}
		switch v := it.(type) {
		case delivery.DeploymentInput:
			b.Deployments = []delivery.DeploymentInput{v}
		case delivery.IncidentInput:
			b.Incidents = []delivery.IncidentInput{v}
		}
		if _, err := e.Ingest(context.Background(), s, b); err != nil {
			t.Fatalf("%+v: %v", it, err)
		}
	}
}

// october asks for the numbers of October 2026.
func october(t testing.TB, e *delivery.Engine, scope string) delivery.Report {
	t.Helper()
	sc, err := delivery.ParseScope(scope)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Report(context.Background(), access.System("test"), delivery.Query{Scope: sc, From: day("2026-10-01"), To: day("2026-11-01")})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// number is a metric as text: value to three places, n and band.
func number(m delivery.Metric) string {
	if m.Value == nil {
		if m.Reason == "" {
			return "no reason"
		}
		return "none"
	}
	return fmt.Sprintf("%.4g n=%d %s", *m.Value, m.N, m.Band)
}

func TestDeliveryNumbers(t *testing.T) {
	hotfix := deployed("d3", "s1", "06 12:00", 0)
	hotfix.Kind = "hotfix"
	rollback := deployed("d3", "s1", "06 12:00", 0)
	rollback.Kind = "rollback"
	named := deployed("d3", "s1", "06 12:00", 0)
	named.Kind, named.RollsBack = "rollback", "d1"
	failedRun := deployed("d9", "s1", "07 10:00", time.Hour)
	failedRun.Result = "failure"
	staging := deployed("d9", "s1", "07 10:00", time.Hour)
	staging.Environment = "staging"
	caused := broke("i1", "s1", "20 10:00", "20 11:00")
	caused.CausedBy = "d1"
	late := deployed("d2", "s1", "06 10:00", 2*time.Hour)
	late.Commits = append(late.Commits, delivery.CommitInput{ID: "c-d1", CommittedAt: "2026-10-05T08:00:00Z"})
	backwards := deployed("d9", "s1", "07 10:00", 0)
	backwards.Commits = []delivery.CommitInput{{ID: "x", CommittedAt: "2026-10-08T00:00:00Z"}}
	d1, d2 := deployed("d1", "s1", "05 10:00", 2*time.Hour), deployed("d2", "s1", "06 10:00", 4*time.Hour)
	tests := []struct {
		name                                       string
		items                                      []any
		freq, lead, fail, recover, rework, restore string
	}{
		{"nothing", nil, "none", "none", "none", "none", "none", "none"},
		{"two planned", []any{d1, d2}, "0.06452 n=2 medium", "1.08e+04 n=2 elite", "0 n=2 elite", "none", "0 n=2 ", "none"},
		{"only staging", []any{staging}, "none", "none", "none", "none", "none", "none"},
		{"a run that failed is not one", []any{d1, failedRun}, "0.03226 n=1 medium", "7200 n=1 elite", "0 n=1 elite", "none", "0 n=1 ", "none"},
		{"incident within the window", []any{d1, d2, broke("i1", "s1", "06 12:00", "06 13:30")},
			"0.06452 n=2 medium", "1.08e+04 n=2 elite", "0.5 n=2 low", "1.26e+04 n=1 high", "0 n=2 ", "5400 n=1 "},
		{"exactly at the deployment", []any{d1, broke("i1", "s1", "05 10:00", "05 10:30")},
			"0.03226 n=1 medium", "7200 n=1 elite", "1 n=1 low", "1800 n=1 elite", "0 n=1 ", "1800 n=1 "},
		{"exactly at the end of the window", []any{d1, broke("i1", "s1", "06 10:00", "06 11:00")},
			"0.03226 n=1 medium", "7200 n=1 elite", "1 n=1 low", "9e+04 n=1 medium", "0 n=1 ", "3600 n=1 "},
		{"after the window", []any{d1, broke("i1", "s1", "06 10:01", "06 11:00")},
			"0.03226 n=1 medium", "7200 n=1 elite", "0 n=1 elite", "none", "0 n=1 ", "3540 n=1 "},
		{"before the first deployment", []any{d1, broke("i1", "s1", "05 09:59", "05 11:00")},
			"0.03226 n=1 medium", "7200 n=1 elite", "0 n=1 elite", "none", "0 n=1 ", "3660 n=1 "},
		{"named cause wins", []any{d1, d2, caused},
			"0.06452 n=2 medium", "1.08e+04 n=2 elite", "0.5 n=2 low", "1.3e+06 n=1 low", "0 n=2 ", "3600 n=1 "},
		{"two incidents are one failure", []any{d1, d2, broke("i1", "s1", "06 12:00", "06 13:00"), broke("i2", "s1", "06 14:00", "06 18:00")},
			"0.06452 n=2 medium", "1.08e+04 n=2 elite", "0.5 n=2 low", "2.88e+04 n=1 high", "0 n=2 ", "9000 n=2 "},
		{"open incident", []any{d1, d2, broke("i1", "s1", "06 12:00", "")},
			"0.06452 n=2 medium", "1.08e+04 n=2 elite", "0.5 n=2 low", "none", "0 n=2 ", "none"},
		{"rollback of the one before", []any{d1, d2, rollback},
			"0.09677 n=3 medium", "1.08e+04 n=2 elite", "0.3333 n=3 low", "none", "0.3333 n=3 ", "none"},
		{"rollback of a named one", []any{d1, d2, named},
			"0.09677 n=3 medium", "1.08e+04 n=2 elite", "0.3333 n=3 low", "none", "0.3333 n=3 ", "none"},
		{"hotfix", []any{d1, d2, hotfix},
			"0.09677 n=3 medium", "1.08e+04 n=2 elite", "0.3333 n=3 low", "none", "0.3333 n=3 ", "none"},
		{"a change counts at its first deployment", []any{d1, late},
			"0.06452 n=2 medium", "7200 n=2 elite", "0 n=2 elite", "none", "0 n=2 ", "none"},
		{"a commit after its deployment", []any{backwards},
			"0.03226 n=1 medium", "none", "0 n=1 elite", "none", "0 n=1 ", "none"},
		{"the same id twice is one, at its later end", []any{d1, deployed("d1", "s1", "06 10:00", 0)},
			"0.03226 n=1 medium", "9.36e+04 n=1 high", "0 n=1 elite", "none", "0 n=1 ", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := storetest.SQLite(t)
			e := deliveryEngine(t, s)
			ingest(t, s, e, tt.items...)
			for _, scope := range []string{"all", "service:s1", "team:a"} {
				m := october(t, e, scope).Metrics
				got := []string{number(m[delivery.Frequency]), number(m[delivery.LeadTime]), number(m[delivery.FailRate]),
					number(m[delivery.RecoveryTime]), number(m[delivery.ReworkRate]), number(m[delivery.RestoreTime])}
				if diff := cmp.Diff([]string{tt.freq, tt.lead, tt.fail, tt.recover, tt.rework, tt.restore}, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", scope, diff)
				}
			}
		})
	}
}

// The order in which reports arrive makes no difference, and neither does
// whether the numbers are kept or counted anew from the evidence.
func TestDeliveryOrderMakesNoDifference(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := rand.New(rand.NewPCG(5, 6))
		items := randomItems(r)
		want := map[string]map[string]string{}
		for round := range 3 {
			r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
			fresh := s
			if round > 0 {
				fresh = storetest.SQLite(t)
			}
			e := deliveryEngine(t, fresh)
			ingest(t, fresh, e, items...)
			for _, scope := range []string{"all", "service:s1", "service:s2", "team:a"} {
				got := map[string]string{}
				report := october(t, e, scope)
				for id, m := range report.Metrics {
					got[id] = number(m)
				}
				if round == 0 {
					want[scope] = got
					checkEvidence(t, e, scope, report)
					continue
				}
				if diff := cmp.Diff(want[scope], got); diff != "" {
					t.Errorf("round %d, %s (-first +now):\n%s", round, scope, diff)
				}
			}
		}
	})
}

func randomItems(r *rand.Rand) []any {
	var items []any
	at := func() string { return fmt.Sprintf("%02d %02d:%02d", 1+r.IntN(30), r.IntN(24), r.IntN(60)) }
	for n := range 60 {
		d := deployed(fmt.Sprintf("d%d", n), fmt.Sprintf("s%d", 1+r.IntN(3)), at(), time.Duration(r.IntN(100))*time.Hour)
		d.Kind = []string{"planned", "planned", "planned", "rework", "rollback", "hotfix"}[r.IntN(6)]
		if d.Kind == "rollback" && r.IntN(2) == 0 {
			d.RollsBack = fmt.Sprintf("d%d", r.IntN(60))
		}
		if r.IntN(8) == 0 {
			d.Result = "failure"
		}
		d.Commits = append(d.Commits, delivery.CommitInput{ID: fmt.Sprintf("shared%d", r.IntN(10)), CommittedAt: "2026-09-30T00:00:00Z"})
		items = append(items, d)
		if r.IntN(5) == 0 { // a second job of the same deployment
			end, _ := time.Parse(time.RFC3339, d.FinishedAt)
			d.FinishedAt = end.Add(time.Duration(1+r.IntN(3000)) * time.Minute).Format(time.RFC3339)
			items = append(items, d)
		}
	}
	for n := range 40 {
		start := at()
		i := broke(fmt.Sprintf("i%d", n), fmt.Sprintf("s%d", 1+r.IntN(3)), start, "")
		if r.IntN(3) == 0 {
			i.CausedBy = fmt.Sprintf("d%d", r.IntN(70))
		}
		items = append(items, i)
		if r.IntN(4) > 0 { // the end comes in a report of its own
			from, _ := time.Parse(time.RFC3339, i.StartedAt)
			i.ResolvedAt = from.Add(time.Duration(1+r.IntN(2000)) * time.Minute).Format(time.RFC3339)
			items = append(items, i)
		}
	}
	return items
}

// checkEvidence compares a report with the rows that it opens to.
func checkEvidence(t *testing.T, e *delivery.Engine, scope string, r delivery.Report) {
	t.Helper()
	for id, m := range r.Metrics {
		var rows, failed, rework int64
		q := delivery.EvidenceQuery{Query: r.Query, Metric: id, Limit: 7}
		for {
			ev, err := e.Evidence(context.Background(), access.System("test"), q)
			if err != nil {
				t.Fatal(err)
			}
			rows += int64(len(ev.Deployments) + len(ev.Changes) + len(ev.Recoveries) + len(ev.Incidents))
			for _, d := range ev.Deployments {
				if d.Failed {
					failed++
				}
				if d.IsRework() {
					rework++
				}
			}
			if ev.Total != m.N {
				t.Fatalf("%s %s: total %d, want n %d", scope, id, ev.Total, m.N)
			}
			if ev.Next == nil {
				break
			}
			q.After = *ev.Next
		}
		if rows != m.N {
			t.Errorf("%s %s: %d rows of evidence, n is %d", scope, id, rows, m.N)
		}
		part := map[string]int64{delivery.FailRate: failed, delivery.ReworkRate: rework}
		if n, ok := part[id]; ok && m.Value != nil && math.Abs(*m.Value-float64(n)/float64(m.N)) > 1e-12 {
			t.Errorf("%s %s: %v, the rows say %d of %d", scope, id, *m.Value, n, m.N)
		}
	}
}

func TestDeliveryWeeklySeriesHoldsEmptyWeeks(t *testing.T) {
	s := storetest.SQLite(t)
	e := deliveryEngine(t, s)
	ingest(t, s, e, deployed("d1", "s1", "05 10:00", time.Hour), deployed("d2", "s1", "30 10:00", time.Hour))
	r := october(t, e, "all")
	if len(r.Weekly) != 5 || r.Weekly[0].Week != "2026-09-28" || !r.Weekly[0].Partial || !r.Weekly[4].Partial || r.Weekly[1].Partial {
		t.Fatalf("weeks %+v", r.Weekly)
	}
	for i, want := range []int64{0, 1, 0, 0, 1} {
		if got := r.Weekly[i].Tally.Deployments(); got != want {
			t.Errorf("week %s: %d deployments, want %d", r.Weekly[i].Week, got, want)
		}
	}
	if r.Weekly[2].Lead != nil || r.Weekly[2].Fail != nil || *r.Weekly[1].Lead != 3600 {
		t.Errorf("an empty week has numbers: %+v", r.Weekly[2])
	}
	if *r.DaysPerWeek != 0 || r.Metrics[delivery.Frequency].Previous != nil {
		t.Errorf("days per week %v, previous %v; want 0 and none", *r.DaysPerWeek, r.Metrics[delivery.Frequency].Previous)
	}
}

func TestDeliveryReplayAndForeignIDs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e, ctx := deliveryEngine(t, s), context.Background()
		b := delivery.Batch{Source: "github", Delivery: "x1", Deployments: []delivery.DeploymentInput{deployed("d1", "s1", "05 10:00", time.Hour)}}
		for i, want := range []string{"recorded", "repeated"} {
			if got, err := e.Ingest(ctx, s, b); err != nil || got.Outcome != want {
				t.Errorf("time %d: %+v, %v; want %s", i+1, got, err, want)
			}
		}
		b.Delivery, b.Deployments[0].Service = "x2", "s2"
		if _, err := e.Ingest(ctx, s, b); !fault.Is(err, fault.Conflict) {
			t.Errorf("another service's id: %v, want fault Conflict", err)
		}
		if got := october(t, e, "all").Metrics[delivery.Frequency].N; got != 1 {
			t.Errorf("%d deployments, want 1", got)
		}
		if got, err := e.Unknown(ctx, access.System("test")); err != nil || len(got) != 1 || got[0] != "component:default/s1" {
			t.Errorf("unknown services %v, %v; want s1", got, err)
		}
	})
}

func TestDeliveryActions(t *testing.T) {
	s := storetest.SQLite(t)
	e := deliveryEngine(t, s)
	reg := actionsOf(t, s, e.Actions())
	do := func(name, in string) error {
		_, err := reg.Do(context.Background(), action.System("test"), name, []byte(in))
		return err
	}
	if err := do("record-deployment", `{"service":"new","environment":"prod","finishedAt":"2026-10-05T10:00:00Z"}`); err != nil {
		t.Fatal(err)
	}
	if err := do("record-incident", `{"service":"new","startedAt":"2026-10-05T11:00:00Z"}`); err != nil {
		t.Fatal(err)
	}
	if got := number(october(t, e, "service:new").Metrics[delivery.FailRate]); got != "1 n=1 low" {
		t.Errorf("fail rate %s", got)
	}
	if err := do("record-deployment", `{"service":"theirs","environment":"prod","finishedAt":"2026-10-05T10:00:00Z","id":"t1"}`); err != nil {
		t.Fatal(err)
	}
	err := do("record-incident", `{"service":"new","startedAt":"2026-10-05T11:30:00Z","causedBy":"t1"}`)
	if got := october(t, e, "service:theirs").Metrics[delivery.FailRate]; !fault.Is(err, fault.Invalid) || number(got) != "0 n=1 elite" {
		t.Errorf("blaming another team's deployment: %v, fail rate %s", err, number(got))
	}
	for _, in := range []string{
		`{"service":"new","environment":"prod"}`,
		`{"service":"new","environment":"prod","finishedAt":"soon"}`,
		`{"service":"../x","environment":"prod","finishedAt":"2026-10-05T10:00:00Z"}`,
		`{"service":"new","environment":"prod","finishedAt":"2027-10-05T10:00:00Z"}`,
		`{"service":"new","environment":"prod","finishedAt":"2026-10-05T10:00:00Z","kind":"fun"}`,
		`{"service":"new","environment":"prod","finishedAt":"2026-10-05T10:00:00Z","startedAt":"2026-10-06T10:00:00Z"}`,
		`{"service":"new","environment":"prod","finishedAt":"2026-10-05T10:00:00Z","extra":1}`,
	} {
		if err := do("record-deployment", in); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want fault Invalid", in, err)
		}
	}
}
