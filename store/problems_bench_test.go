package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// BenchmarkProblems measures a page of 10,000 problems on SQLite, or on
// PostgreSQL with WAYMARK_BENCH_POSTGRES set.
func BenchmarkProblems(b *testing.B) {
	var s *store.Store
	if os.Getenv("WAYMARK_BENCH_POSTGRES") != "" {
		s = storetest.Postgres(b)
	} else {
		s = storetest.SQLite(b)
	}
	ctx := context.Background()
	const sources, each = 20, 500
	for src := range sources {
		id, list, files := fmt.Sprintf("url:https://git.example/o/r%d/blob/main/", src), []catalog.Problem{}, []string{}
		for i := range each {
			file := fmt.Sprintf("services/s%03d/catalog-info.yaml", i)
			files = append(files, file)
			list = append(list, catalog.Problem{ID: fmt.Sprintf("prb_%d_%d", src, i), Severity: []catalog.Severity{catalog.Error, catalog.Warning}[i%2], Code: []string{"field", "conflict", "syntax"}[i%3],
				Source: id, File: file, Document: 1, Line: i, Field: "spec.owner", Entity: fmt.Sprintf("component:default/s-%d-%d", src, i),
				Owner: fmt.Sprintf("group:default/team-%d", i%200), Message: "spec.owner is missing.", Fix: "Name a group that exists."})
		}
		err := s.Write(ctx, func(t tx.Tx) error { return s.ReplaceProblems(ctx, t, id, files, list) })
		if err != nil {
			b.Fatal(err)
		}
	}
	last := catalog.ProblemFilter{Limit: 500}
	for range 19 {
		p, err := s.FindProblems(ctx, anyone, last)
		if err != nil {
			b.Fatal(err)
		}
		last.After = p.Next
	}
	for name, f := range map[string]catalog.ProblemFilter{
		"first page": {}, "last page": last, "newest": {Sort: catalog.Newest}, "of a team": {Owners: []string{"group:default/team-7"}}, "with a text": {Text: "s-3-77"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if p, err := s.FindProblems(ctx, anyone, f); err != nil || len(p.Items) == 0 {
					b.Fatal(len(p.Items), err)
				}
			}
		})
	}
}
