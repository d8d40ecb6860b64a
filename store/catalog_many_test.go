package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// Readers see each change whole: two entities that change together are never
// seen apart, however lists and their facets are kept.
func TestReadersSeeOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e := catalog.New(catalog.Options{Store: s})
		put := func(lifecycle string) error {
			return s.Write(ctx, func(t tx.Tx) error {
				var pair []catalog.Entity
				for _, name := range []string{"left", "right"} {
					pair = append(pair, catalog.Entity{Ref: catalog.Ref{Kind: "Gadget", Namespace: "default", Name: name}, Spec: map[string]any{"lifecycle": lifecycle, "owner": "team"}})
				}
				return e.Put(ctx, t, "engine:pair", pair)
			})
		}
		if err := put("a"); err != nil {
			t.Fatal(err)
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 6 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					p, err := s.Entities(ctx, anyone, catalog.Filter{Lifecycles: []string{"a"}, Facets: true})
					if err != nil || p.Total == 1 || len(p.Facets["owner"]) > 0 && p.Facets["owner"][0].N == 1 {
						t.Errorf("total %d, facets %v, %v; want both or none", p.Total, p.Facets["owner"], err)
						return
					}
				}
			})
		}
		for i := range 40 {
			if err := put(string("ab"[i%2])); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		readers.Wait()
	})
}

// A thousand renames at once: nothing is lost, and each old name leaves a
// tombstone.
func TestManyRenames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, false)
		write := func(prefix string) {
			for f := range 4 {
				var docs []string
				for i := range 250 {
					docs = append(docs, fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: %s-%d-%d}\nspec: {owner: o}\n", prefix, f, i))
				}
				src.write(fmt.Sprintf("%d.yaml", f), strings.Join(docs, "---\n"))
			}
		}
		write("old")
		src.read()
		write("new")
		r := src.read()
		if r.Added != 1000 || r.Removed != 1000 || len(r.Problems) != 0 {
			t.Errorf("%d added, %d removed, %d problems; want 1000, 1000, 0", r.Added, r.Removed, len(r.Problems))
		}
		p, err := s.Entities(ctx, anyone, catalog.Filter{Text: "new-"})
		if err != nil || p.Total != 1000 {
			t.Errorf("%d found, %v; want 1000", p.Total, err)
		}
		if _, err := s.Tombstone(ctx, anyone, catalog.MustRef("system:default/old-3-249")); err != nil {
			t.Errorf("tombstone: %v", err)
		}
	})
}

// A file that is too large is a problem and hides nothing beside it.
func TestLargeFiles(t *testing.T) {
	s := storetest.SQLite(t)
	src := newSource(t, s, false)
	src.write("huge.yaml", "apiVersion: v1\nkind: Blob\nmetadata: {name: x}\nspec: {text: "+strings.Repeat("a", 21<<20)+"}\n")
	src.write("ok.yaml", "apiVersion: v1\nkind: Gadget\nmetadata: {name: x}\n")
	r := src.read()
	if r.Added != 1 || len(r.Problems) != 1 || r.Problems[0].Code != "limit" || r.Problems[0].File != "huge.yaml" {
		t.Errorf("%d added, problems %+v; want one and a limit", r.Added, r.Problems)
	}
}
