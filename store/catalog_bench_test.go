package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// bigCatalog writes files for n components and what belongs to them, 500
// documents a file, in the proportions of real catalogs.
func bigCatalog(t testing.TB, n int) string {
	dir := t.TempDir()
	var docs []string
	add := func(kind, name, meta, spec string) {
		docs = append(docs, fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: %s\nmetadata:\n  name: %s\n%sspec:\n%s", kind, name, meta, spec))
	}
	for i := range n / 50 {
		add("Group", fmt.Sprintf("group-%04d", i), fmt.Sprintf("  title: Team %d\n", i), "  type: team\n  children: []\n")
	}
	for i := range n / 20 {
		add("System", fmt.Sprintf("system-%04d", i), "", fmt.Sprintf("  owner: group-%04d\n", i%(n/50)))
	}
	for i := range n / 5 {
		add("API", fmt.Sprintf("api-%05d", i), "  tags: [rest]\n", fmt.Sprintf("  type: openapi\n  lifecycle: production\n  owner: group-%04d\n  definition: |\n    openapi: 3.0.0\n    info: {title: a, version: 1.0.0}\n", i%(n/50)))
	}
	types, lives, tags := []string{"service", "website", "library"}, []string{"production", "experimental", "deprecated"}, []string{"go", "java", "rest", "pci", "data", "kafka"}
	for i := range n {
		meta := fmt.Sprintf("  title: Order worker %d\n  description: The order worker keeps every invoice record of the platform consistent\n  annotations:\n    github.com/project-slug: example/c-%d\n  tags: [%s, %s]\n  links:\n    - {url: \"https://example.com/%d\", title: Dashboard}\n", i, i, tags[i%6], tags[(i/6)%6]+"-x", i)
		spec := fmt.Sprintf("  type: %s\n  lifecycle: %s\n  owner: group-%04d\n  system: system-%04d\n  dependsOn: [\"component:component-%06d\"]\n  consumesApis: [api-%05d]\n", types[i%3], lives[i%7%3], i%(n/50), i%(n/20), (i*7)%n, i%(n/5))
		add("Component", fmt.Sprintf("component-%06d", i), meta, spec)
	}
	for i := 0; i < len(docs); i += 500 {
		text := strings.Join(docs[i:min(i+500, len(docs))], "---\n")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("entities-%04d.yaml", i/500)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// BenchmarkCatalog measures the lines of the performance table at 10,000
// components on SQLite, or on PostgreSQL with WAYMARK_BENCH_POSTGRES set.
func BenchmarkCatalog(b *testing.B) {
	var s *store.Store
	if os.Getenv("WAYMARK_BENCH_POSTGRES") != "" {
		s = storetest.Postgres(b)
	} else {
		s = storetest.SQLite(b)
	}
	ctx := context.Background()
	dir := bigCatalog(b, 10_000)
	id := "file:" + dir
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: true}}})
	for _, what := range []string{"take in", "unchanged"} {
		began := time.Now()
		r, err := e.ReadNow(ctx, id)
		if err != nil || len(r.Problems) > 0 {
			b.Fatal(err, r.Problems[:1])
		}
		b.Logf("%s: %d added in %s", what, r.Added, time.Since(began).Round(time.Millisecond))
	}
	first := filepath.Join(dir, "entities-0010.yaml")
	text, err := os.ReadFile(first)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(first, []byte(strings.ReplaceAll(string(text), "keeps", "holds")), 0o644); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	r, err := e.ReadNow(ctx, id)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("one file: %d changed in %s", r.Changed, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	if _, err := s.Entities(ctx, anyone, catalog.Filter{}); err != nil {
		b.Fatal(err)
	}
	b.Logf("first list: %s", time.Since(began).Round(time.Microsecond))

	ref := catalog.MustRef("component:default/component-001234")
	b.Run("entity by name, JSON", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.EntityJSON(ctx, anyone, ref); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("entity by name", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Entity(ctx, anyone, ref); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, f := range map[string]catalog.Filter{
		"first page":    {Kinds: []string{"component"}, Facets: true},
		"kind and type": {Kinds: []string{"component"}, Types: []string{"service"}, Facets: true},
		"text":          {Kinds: []string{"component"}, Text: "worker 12", Facets: true},
	} {
		b.Run(name+", warm", func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Entities(ctx, anyone, f); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+", another text each time", func(b *testing.B) {
			i := 0
			for b.Loop() {
				f := f
				f.Sources = []string{id, fmt.Sprint("none", i)} // the same entities, never kept
				i++
				if _, err := s.Entities(ctx, anyone, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("groups of a user", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.GroupsOf(ctx, "user:default/ada"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
