package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// BenchmarkVisibility measures what visibility rules cost at 10,000
// components, a sixth of them hidden, on SQLite, or on PostgreSQL with
// WAYMARK_BENCH_POSTGRES set.
func BenchmarkVisibility(b *testing.B) {
	var s *store.Store
	if os.Getenv("WAYMARK_BENCH_POSTGRES") != "" {
		s = storetest.Postgres(b)
	} else {
		s = storetest.SQLite(b)
	}
	ctx := context.Background()
	id := "file:" + bigCatalog(b, 10_000)
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: true}}})
	if _, err := e.ReadNow(ctx, id); err != nil {
		b.Fatal(err)
	}
	roles, err := access.ParseRoles([]byte(visibleRoles))
	if err != nil {
		b.Fatal(err)
	}
	rules, err := access.NewVisibility([]config.VisibilityRule{{Name: "pci", Match: config.VisibleMatch{Tag: config.OneOrMany{"pci"}}, Visible: config.VisibleTo{Roles: config.OneOrMany{"auditor"}}}}, roles)
	if err != nil {
		b.Fatal(err)
	}
	for _, what := range []string{"rules put in force", "rules already in force"} {
		began := time.Now()
		if err := s.UseVisibility(ctx, rules); err != nil {
			b.Fatal(err)
		}
		b.Logf("%s: %s", what, time.Since(began).Round(time.Microsecond))
	}
	for name, v := range map[string]access.Viewer{"hidden from": outsider, "sees all": boss} {
		b.Run("entity by name, JSON, "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.EntityJSON(ctx, v, catalog.MustRef("component:default/component-001234")); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("first page, warm, "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Entities(ctx, v, catalog.Filter{Kinds: []string{"component"}, Facets: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("first page, another text each time, "+name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				i++
				if _, err := s.Entities(ctx, v, catalog.Filter{Kinds: []string{"component"}, Facets: true, Sources: []string{id, fmt.Sprint(i)}}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("search, "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(ctx, v, search.Query{Text: "worker 123", Limit: 20}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("dangling, "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.ProblemCount(ctx, v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
