package store_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// benchDeployments is how many deployments the benchmarks begin with:
// WAYMARK_BENCH_DEPLOYMENTS, else few enough for a quick run. The budget of
// 20 ms is for 100,000 with five changes each.
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

func BenchmarkDeliveryReport(b *testing.B) {
	s := storetest.SQLite(b)
	e := deliveryEngine(b, s)
	begin := time.Now()
	total := benchDeployments()
	fill(b, s, e, total)
	b.Logf("%d deployments recorded at %.0f/s", total, float64(total)/time.Since(begin).Seconds())
	for _, days := range []int{90, 364} {
		for _, scope := range []string{"all", "service:svc-1"} {
			b.Run(fmt.Sprintf("%s/%dd", scope, days), func(b *testing.B) {
				sc, err := delivery.ParseScope(scope)
				if err != nil {
					b.Fatal(err)
				}
				q := delivery.Query{Scope: sc, From: day("2026-11-21").AddDate(0, 0, -days), To: day("2026-11-21")}
				for b.Loop() {
					if _, err := e.Report(context.Background(), access.System("bench"), q); err != nil {
						b.Fatal(err)
					}
				}
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
