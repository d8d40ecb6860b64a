package store_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// benchDeployments is how many deployments the benchmarks begin with:
// WAYMARK_BENCH_DEPLOYMENTS, else few enough for a quick run.
func benchDeployments() int {
	if n, err := strconv.Atoi(os.Getenv("WAYMARK_BENCH_DEPLOYMENTS")); err == nil {
		return n
	}
	return 2000
}

// benchDeployment is the n-th of total deployments of a year, of 100 services,
// with five changes.
func benchDeployment(n, total int) delivery.DeploymentInput {
	end := deliveryNow.AddDate(-1, 0, 1).Add(time.Duration(n) * 364 * 24 * time.Hour / time.Duration(total)).Truncate(time.Second)
	in := delivery.DeploymentInput{ID: fmt.Sprintf("d%d", n), Service: fmt.Sprintf("svc-%d", n%100), Environment: "production", FinishedAt: end.Format(time.RFC3339)}
	for c := range 5 {
		in.Commits = append(in.Commits, delivery.CommitInput{ID: fmt.Sprintf("%d-%d", n, c),
			CommittedAt: end.Add(-time.Duration(1+(n*7919+c*104729)%400_000) * time.Second).Format(time.RFC3339)})
	}
	if n%15 == 0 {
		in.Kind = "rollback"
	}
	return in
}

func fill(b *testing.B, s *store.Store, e *delivery.Engine, total int) {
	for n := 0; n < total; n += 500 {
		batch := delivery.Batch{Source: "bench", Delivery: strconv.Itoa(n)}
		for i := n; i < min(n+500, total); i++ {
			batch.Deployments = append(batch.Deployments, benchDeployment(i, total))
		}
		if _, err := e.Ingest(context.Background(), s, batch); err != nil {
			b.Fatal(err)
		}
	}
}

// fillTallies writes what 100,000 deployments with five changes each, of 100
// services in a year, leave to be read.
func fillTallies(b *testing.B, s *store.Store) {
	ctx, end := context.Background(), day("2026-11-21")
	const services, perDay = 100, 275
	err := s.Write(ctx, func(t tx.Tx) error {
		for week := end.AddDate(0, 0, -364-int(end.AddDate(0, 0, -364).Weekday())+1); week.Before(end); week = week.AddDate(0, 0, 7) {
			all := delivery.Tally{}
			for n := range services {
				own := delivery.Tally{}
				for i := range 7 {
					d := delivery.Tally{Rework: 1}
					d.Days[i] = int64(perDay+n) / services
					for c := range d.Days[i] * 5 {
						d.Leads = append(d.Leads, int64(3600+(n*7919+i*104729+int(c)*1299709)%400_000)*1_000_000)
					}
					slices.Sort(d.Leads)
					if err := s.SaveTally(ctx, t, fmt.Sprintf("component:default/svc-%d", n), delivery.Day, week.AddDate(0, 0, i).Format(time.DateOnly), d); err != nil {
						return err
					}
					own = own.Replace(delivery.Tally{}, d)
				}
				if err := s.SaveTally(ctx, t, fmt.Sprintf("component:default/svc-%d", n), delivery.Week, week.Format(time.DateOnly), own); err != nil {
					return err
				}
				all = all.Replace(delivery.Tally{}, own)
			}
			if err := s.SaveTally(ctx, t, delivery.All, delivery.Week, week.Format(time.DateOnly), all); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// teamOf50 owns half of the services.
type teamOf50 struct{ deliveryCatalog }

func (teamOf50) ScopeServices(context.Context, access.Viewer, delivery.Scope) ([]string, error) {
	out := make([]string, 50)
	for i := range out {
		out[i] = fmt.Sprintf("component:default/svc-%d", i)
	}
	return out, nil
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDeliveryReport(b *testing.B) {
	s := storetest.SQLite(b)
	e, err := delivery.New(delivery.Options{Store: s, Catalog: teamOf50{}, Events: noEvents{}, Now: func() time.Time { return deliveryNow }})
	if err != nil {
		b.Fatal(err)
	}
	fillTallies(b, s)
	for _, days := range []int{90, 180} {
		for _, scope := range []string{"all", "team:half", "service:svc-1"} {
			b.Run(fmt.Sprintf("%s/%dd", scope, days), func(b *testing.B) {
				sc, err := delivery.ParseScope(scope)
				if err != nil {
					b.Fatal(err)
				}
				q := delivery.Query{Scope: sc, From: day("2026-11-21").AddDate(0, 0, -days), To: day("2026-11-21")}
				used := cpu()
				for b.Loop() {
					if _, err := e.Report(context.Background(), access.System("bench"), q); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

func BenchmarkDeliveryIngestOneByOne(b *testing.B) {
	s := storetest.SQLite(b)
	e := deliveryEngine(b, s)
	total := benchDeployments()
	fill(b, s, e, total)
	n := 0
	for b.Loop() {
		in := benchDeployment(n*37%total, total)
		in.ID += fmt.Sprintf("-%d", n)
		n++
		if _, err := e.Ingest(context.Background(), s, delivery.Batch{Source: "bench", Delivery: in.ID, Deployments: []delivery.DeploymentInput{in}}); err != nil {
			b.Fatal(err)
		}
	}
}
