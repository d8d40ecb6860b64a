package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// What is recorded of a name that the catalog never held is kept and told
// until the catalog holds it.
func TestCheckNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		src.write("shop.yaml", shop)
		src.read()
		for i, service := range []string{"component:default/ledger", "component:default/unheard"} {
			mustWrite(t, s, func(ctx context.Context, t tx.Tx) error {
				return s.SaveDeployment(ctx, t, delivery.Deployment{ID: fmt.Sprint("dep_", i), Place: delivery.Place{Service: service, Environment: "production"},
					Production: true, Result: delivery.Success, Finished: t.Now()})
			})
		}
		check := func(want ...string) {
			t.Helper()
			for range 2 {
				if err := s.CheckNames(ctx); err != nil {
					t.Fatal(err)
				}
			}
			p, err := s.FindProblems(ctx, anyone, catalog.ProblemFilter{Codes: []string{"unknown"}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range p.Items {
				got = append(got, x.Source+" "+x.File+" "+x.Entity)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("unknown names (-want +got):\n%s", diff)
			}
		}
		check("records deployments component:default/unheard")
		src.write("unheard.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: unheard}\nspec: {type: service, lifecycle: production, owner: payments}\n")
		src.read()
		check()
		src.remove("unheard.yaml") // what was once known is no mistake
		src.read()
		check()
	})
}
