package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// Answers are from one moment each: of entities that change together nobody
// finds, counts or reads some as before and some as after.
func TestQueriesSeeOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const n = 40 // more than a term's row holds
		ctx := context.Background()
		e := catalog.New(catalog.Options{Store: s})
		put := func(lifecycle string, sign int) error {
			return s.Write(ctx, func(t tx.Tx) error {
				var list []catalog.Entity
				for i := range n {
					list = append(list, catalog.Entity{Ref: catalog.Ref{Kind: "Gadget", Namespace: "default", Name: fmt.Sprintf("g%02d", i)},
						Spec: map[string]any{"lifecycle": lifecycle, "rank": fmt.Sprintf("%03d", 500+sign*i)}})
				}
				return e.Put(ctx, t, "engine:moment", list)
			})
		}
		if err := put("a", 1); err != nil {
			t.Fatal(err)
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		read := func(f func() error) {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if err := f(); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		a := query.In{Field: "spec.lifecycle", Values: []string{"a"}}
		for range 3 {
			read(func() error {
				p, err := s.QueryEntities(ctx, anyone, query.Request{Where: a, Limit: n + 5, Total: true, Order: []query.Order{{Field: "spec.rank"}}})
				if err != nil || p.Total%n != 0 || len(p.Items) != p.Total {
					return fmt.Errorf("%d of %d, %v", len(p.Items), p.Total, err)
				}
				for i, name := range itemNames(t, p.Items) {
					if name != fmt.Sprintf("g%02d", i) {
						return fmt.Errorf("%s at place %d", name, i)
					}
				}
				return nil
			})
			read(func() error {
				counts, err := s.EntityFacets(ctx, anyone, nil, []string{"spec.lifecycle", "spec.rank"})
				if list := counts["spec.lifecycle"]; err != nil || len(list) != 1 || list[0].N != n || len(counts["spec.rank"]) != n {
					return fmt.Errorf("facets %v, %v", counts, err)
				}
				return nil
			})
		}
		for i := range 30 {
			if err := put(string("ab"[i%2]), 1-2*(i%2)); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		readers.Wait()
	})
}
