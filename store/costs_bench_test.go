package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// fillCosts writes what bills of a year, a million rows of 200 services of 20
// teams, leave to be read.
func fillCosts(b *testing.B, s *store.Store) {
	ctx := context.Background()
	for month := day("2025-12-01"); month.Before(day("2026-12-01")); month = month.AddDate(0, 1, 0) {
		var cells []cost.Cell
		for n := range 200 {
			for _, product := range []string{"EC2", "RDS", "S3"} {
				p := cost.Place{Team: fmt.Sprintf("group:default/t%d", n%20), Service: fmt.Sprintf("component:default/s%d", n), Environment: "production", Provider: "AWS", ServiceName: product}
				a := cost.Amounts{Billed: decimal.New(int64(n), -3), Effective: decimal.New(int64(n+1), -3)}
				for d := month; d.Before(month.AddDate(0, 1, 0)); d = d.AddDate(0, 0, 1) {
					cells = append(cells, cost.Cell{Grain: cost.Day, Bucket: d.Format(time.DateOnly), Place: p, Rows: 5, Amounts: a})
				}
				cells = append(cells, cost.Cell{Grain: cost.Month, Bucket: month.Format("2006-01"), Place: p, Rows: 150, Amounts: a})
			}
		}
		err := s.Write(ctx, func(t tx.Tx) error {
			i := cost.Import{ID: "cim_" + month.Format("2006-01"), Source: "aws", Period: month.Format("2006-01"), Rows: 83_000, Currency: "USD",
				FirstDay: month.Format(time.DateOnly), LastDay: month.AddDate(0, 1, -1).Format(time.DateOnly), At: t.Now()}
			return s.SaveImport(ctx, t, i, cells, cost.Sums(cells))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCostsReport is what the cost page reads, for each grouping.
func BenchmarkCostsReport(b *testing.B) {
	s := storetest.SQLite(b)
	e, v, ctx := costEngine(s), access.System("bench"), context.Background()
	fillCosts(b, s)
	for _, group := range cost.Groups {
		b.Run(group, func(b *testing.B) {
			q := cost.NewQuery(group, "", day("2026-11-20"))
			used := cpu()
			for b.Loop() {
				if _, err := e.Report(ctx, v, q); err != nil {
					b.Fatal(err)
				}
				if _, _, err := e.Matrix(ctx, v, q); err != nil {
					b.Fatal(err)
				}
				if group != "day" && group != "month" {
					if _, err := e.Outlooks(ctx, v, group, q.Measure); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}
