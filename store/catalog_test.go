package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

var anyone = access.Viewer{}

// shop is a small trusted catalog.
const shop = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: company}
spec: {type: company, children: [payments]}
---
kind: Group
apiVersion: backstage.io/v1alpha1
metadata: {name: payments, title: Payments Team}
spec: {type: team, children: [], members: [ben]}
---
kind: User
apiVersion: backstage.io/v1alpha1
metadata: {name: ada}
spec: {memberOf: [payments], profile: {displayName: Ada Moreau, email: Ada@Example.com}}
---
kind: User
apiVersion: backstage.io/v1alpha1
metadata: {name: ben}
spec: {memberOf: [], profile: {email: ben@example.com}}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: Ledger, description: Book of record, tags: [go, postgres]}
spec: {type: service, lifecycle: production, owner: payments, system: money, dependsOn: ["resource:ledger-db"]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: portal, title: Merchant portal, tags: [typescript]}
spec: {type: website, lifecycle: experimental, owner: nobody, dependsOn: ["component:ledger"]}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: money}
spec: {owner: payments}
`

// source is a folder that an engine reads.
type source struct {
	t      *testing.T
	store  *store.Store
	dir    string
	engine *catalog.Engine
	id     string
}

func newSource(t *testing.T, s *store.Store, trusted bool) *source {
	dir := t.TempDir()
	id := "file:" + dir
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: trusted}}})
	return &source{t: t, store: s, dir: dir, engine: e, id: id}
}

func (s *source) write(name, text string) {
	s.t.Helper()
	p := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *source) remove(name string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *source) read() catalog.Report {
	s.t.Helper()
	r, err := s.engine.ReadNow(context.Background(), s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *source) counts(want string) {
	s.t.Helper()
	r := s.read()
	if got := countsOf(r); got != want {
		s.t.Errorf("read: %s, want %s; problems %v", got, want, r.Problems)
	}
}

func countsOf(r catalog.Report) string {
	return strings.Join([]string{"+", itoa(r.Added), " ~", itoa(r.Changed), " -", itoa(r.Removed), " !", itoa(len(r.Problems))}, "")
}

func itoa(n int) string { return string(rune('0' + n%10)) } // counts of these tests are small

func (s *source) list(f catalog.Filter) []string {
	s.t.Helper()
	p, err := s.store.Entities(context.Background(), anyone, f)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, e := range p.Items {
		out = append(out, e.Ref.String())
	}
	return out
}

func TestCatalogReadsListsAndShows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.counts("+7 ~0 -0 !0")
		src.counts("+0 ~0 -0 !0")

		e, err := s.Entity(ctx, anyone, catalog.MustRef("Component:default/LEDGER"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range e.Relations {
			got = append(got, r.Type+" "+r.Target.String())
		}
		want := []string{"dependencyOf component:default/portal", "dependsOn resource:default/ledger-db", "ownedBy group:default/payments", "partOf system:default/money"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("relations (-want +got):\n%s", diff)
		}
		if e.Metadata.Name != "Ledger" || e.Source.Line != 21 || e.Source.Document != 5 {
			t.Errorf("entity %q line %d document %d, want Ledger 21 5", e.Metadata.Name, e.Source.Line, e.Source.Document)
		}
		for _, c := range []struct {
			name string
			f    catalog.Filter
			want string
		}{
			{"kind", catalog.Filter{Kinds: []string{"component"}}, "component:default/ledger component:default/portal"},
			{"kind and type", catalog.Filter{Kinds: []string{"component"}, Types: []string{"website"}}, "component:default/portal"},
			{"owner", catalog.Filter{Owners: []string{"group:default/payments"}}, "component:default/ledger system:default/money"},
			{"tag", catalog.Filter{Tags: []string{"go", "rust"}}, "component:default/ledger"},
			{"system", catalog.Filter{Systems: []string{"system:default/money"}}, "component:default/ledger"},
			{"text in title", catalog.Filter{Text: "MERCHANT"}, "component:default/portal"},
			{"text in name", catalog.Filter{Text: "edge"}, "component:default/ledger"},
			{"unknown value", catalog.Filter{Types: []string{"nothing"}}, ""},
			{"unowned", catalog.Filter{Unowned: true}, "component:default/portal"},
			{"backwards", catalog.Filter{Kinds: []string{"group"}, Sort: "-name"}, "group:default/payments group:default/company"},
		} {
			if got := strings.Join(src.list(c.f), " "); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	})
}

func TestCatalogPagesBothWays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.read()
		for _, sort := range []string{"", "-name", "changed"} {
			whole := src.list(catalog.Filter{Sort: sort})
			var paged []string
			var back string
			for after := ""; ; {
				p, err := s.Entities(context.Background(), anyone, catalog.Filter{Sort: sort, Limit: 3, After: after})
				if err != nil || p.Total != 7 {
					t.Fatalf("total %d, %v; want 7", p.Total, err)
				}
				for _, e := range p.Items {
					paged = append(paged, e.Ref.String())
				}
				if after = p.Next; after == "" {
					back = p.Prev
					break
				}
			}
			if diff := cmp.Diff(whole, paged); diff != "" {
				t.Errorf("sort %q: pages differ from the whole (-whole +pages):\n%s", sort, diff)
			}
			if diff := cmp.Diff(whole[3:6], src.list(catalog.Filter{Sort: sort, Limit: 3, After: back})); diff != "" {
				t.Errorf("sort %q: page before the last:\n%s", sort, diff)
			}
		}
	})
}

func TestCatalogFacetsShowWhatAnotherChoiceWouldFind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.read()
		p, err := s.Entities(context.Background(), anyone, catalog.Filter{Kinds: []string{"component"}, Types: []string{"service"}, Facets: true})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]catalog.Count{
			"kind":      {{Value: "component", N: 1}},
			"type":      {{Value: "service", N: 1}, {Value: "website", N: 1}},
			"owner":     {{Value: "group:default/payments", N: 1}},
			"lifecycle": {{Value: "production", N: 1}},
			"tag":       {{Value: "go", N: 1}, {Value: "postgres", N: 1}},
			"system":    {{Value: "system:default/money", N: 1}},
		}
		if diff := cmp.Diff(want, p.Facets); diff != "" {
			t.Errorf("facets (-want +got):\n%s", diff)
		}
	})
}

func TestCatalogChangesMovesAndRemovals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		docs := strings.Split(shop, "---\n")
		src.write("a.yaml", strings.Join(docs[:4], "---\n"))
		src.write("b.yaml", strings.Join(docs[4:], "---\n"))
		src.counts("+7 ~0 -0 !0")
		src.list(catalog.Filter{}) // the list in memory must follow what comes

		src.write("b.yaml", strings.Replace(strings.Join(docs[4:6], "---\n"), "production", "deprecated", 1))
		src.write("0.yaml", docs[6])
		src.counts("+0 ~2 -0 !0") // a move to another file is a change of its location, no removal
		if got := src.list(catalog.Filter{Lifecycles: []string{"deprecated"}}); len(got) != 1 {
			t.Errorf("deprecated: %v, want the ledger", got)
		}
		ref := catalog.MustRef("component:default/ledger")
		changes, err := s.EntityChanges(ctx, anyone, ref, 10)
		if err != nil || len(changes) != 2 || changes[0].What != "changed" || cmp.Diff([]string{"spec.lifecycle"}, changes[0].Fields) != "" {
			t.Errorf("changes %+v, %v; want the lifecycle changed, then added", changes, err)
		}
		if d := cmp.Diff([]catalog.FieldChange{{Field: "spec.lifecycle", Before: "production", After: "deprecated"}}, changes[0].Diff); d != "" {
			t.Errorf("values of the change (-want +got):\n%s", d)
		}

		src.remove("b.yaml")
		src.counts("+0 ~0 -2 !0")
		if _, err := s.Entity(ctx, anyone, ref); !fault.Is(err, fault.Gone) {
			t.Errorf("removed entity: %v, want Gone", err)
		}
		d, err := s.Tombstone(ctx, anyone, ref)
		if err != nil || !strings.Contains(d.YAML, "name: Ledger") || d.Why == "" {
			t.Errorf("tombstone %+v, %v; want the last YAML and a reason", d, err)
		}
		if _, err := s.Entity(ctx, anyone, catalog.MustRef("component:default/never")); !fault.Is(err, fault.NotFound) {
			t.Errorf("entity that never was: %v, want NotFound", err)
		}
		if got := src.list(catalog.Filter{Kinds: []string{"component"}}); len(got) != 0 {
			t.Errorf("components after removal: %v, want none", got)
		}
		src.write("b.yaml", docs[4])
		src.counts("+1 ~0 -0 !0")
		if _, err := s.Entity(ctx, anyone, ref); err != nil {
			t.Errorf("entity that came back: %v", err)
		}
	})
}

func TestBrokenYAMLKeepsNeighboursAndTheLastGoodVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.read()
		broken := strings.Replace(shop, "spec: {type: service,", "spec: {type: [service,", 1)
		broken = strings.Replace(broken, "name: portal", "name: portal, description: 7", 1)
		src.write("all.yaml", strings.Replace(broken, "name: money", "name: money, title: Money", 1))
		src.counts("+0 ~1 -0 !2")
		e, err := s.Entity(ctx, anyone, catalog.MustRef("component:default/ledger"))
		if err != nil || e.Type() != "service" {
			t.Errorf("last good version: %q, %v; want service", e.Type(), err)
		}
		list, total, err := s.Problems(ctx, anyone, "")
		if err != nil || total != 2 {
			t.Fatalf("%d problems, %v; want 2", total, err)
		}
		p := list[1]
		if p.File != "all.yaml" || p.Document != 6 || p.Line != 28 || p.Field != "metadata.description" || p.Entity != "component:default/portal" {
			t.Errorf("problem %+v; want all.yaml, document 6, line 28, metadata.description", p)
		}
		src.write("all.yaml", shop)
		src.counts("+0 ~1 -0 !0")
		if _, total, _ := s.Problems(ctx, anyone, ""); total != 0 {
			t.Errorf("%d problems after mending, want 0", total)
		}
	})
}

func TestAFileChangeShowsWithinTwoSeconds(t *testing.T) {
	src := newSource(t, storetest.SQLite(t), true)
	src.write("all.yaml", shop)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- src.engine.Run(ctx) }()
	defer func() { stop(); <-done }()
	waitFor(t, 5*time.Second, func() bool { return len(src.list(catalog.Filter{})) == 7 })

	src.write("sub/new.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: fresh}\nspec: {owner: payments}\n")
	waitFor(t, 2*time.Second, func() bool { return len(src.list(catalog.Filter{Kinds: []string{"domain"}})) == 1 })
	src.write("sub/new.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: fresh, tags: [x]}\nspec: {owner: payments}\n")
	waitFor(t, 2*time.Second, func() bool { return len(src.list(catalog.Filter{Tags: []string{"x"}})) == 1 })
	src.remove("sub/new.yaml")
	waitFor(t, 2*time.Second, func() bool { return len(src.list(catalog.Filter{Kinds: []string{"domain"}})) == 0 })
}

func waitFor(t *testing.T, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s", limit)
		}
	}
}
