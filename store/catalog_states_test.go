package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// loose adds to shop what nobody answers for.
const loose = `apiVersion: backstage.io/v1alpha1
kind: Gadget
metadata: {name: helper}
spec: {}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: worker}
spec: {type: service, lifecycle: production, owner: payments, system: money}
`

// looseShop is shop with loose; worker's source is gone.
func looseShop(t *testing.T, s *store.Store) *source {
	t.Helper()
	src := newSource(t, s, true)
	src.write("shop.yaml", shop)
	src.write("loose.yaml", loose)
	src.read()
	mustWrite(t, s, func(_ context.Context, t tx.Tx) error {
		_, err := t.SQL().Exec(`UPDATE entity_bodies SET orphan = 1 WHERE ref = 'component:default/worker'`)
		if err == nil {
			_, err = t.SQL().Exec(`UPDATE entities SET generation = (SELECT generation FROM catalog_generations WHERE id = 1) WHERE ref = 'component:default/worker'`)
		}
		return err
	})
	return src
}

func TestStatesAndReferences(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := looseShop(t, s)
		for name, c := range map[string]struct {
			f    catalog.Filter
			want []string
		}{
			"without an owner": {catalog.Filter{State: catalog.Ownerless}, []string{"gadget:default/helper"}},
			"owner gone":       {catalog.Filter{State: catalog.OwnerGone}, []string{"component:default/portal"}},
			"either":           {catalog.Filter{Unowned: true}, []string{"gadget:default/helper", "component:default/portal"}},
			"orphaned":         {catalog.Filter{State: catalog.Orphaned}, []string{"component:default/worker"}},
			"only these":       {catalog.Filter{Refs: []string{"component:default/ledger", "component:default/gone"}}, []string{"component:default/ledger"}},
			"none at all":      {catalog.Filter{Refs: []string{}}, nil},
			"these of a kind":  {catalog.Filter{Refs: []string{"component:default/ledger", "system:default/money"}, Kinds: []string{"system"}}, []string{"system:default/money"}},
			"without a system": {catalog.Filter{Systems: []string{""}, Kinds: []string{"component"}}, []string{"component:default/portal"}},
		} {
			if diff := cmp.Diff(c.want, src.list(c.f)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestOwnership(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		looseShop(t, s)
		o, err := s.Ownership(context.Background(), anyone)
		if err != nil {
			t.Fatal(err)
		}
		want := catalog.Ownership{Total: 5, Owned: 3, Ownerless: 1, Gone: 1, Orphaned: 1, Owners: []catalog.OwnerCount{
			{Ref: "group:default/nobody", Gone: true, N: 1, Kinds: map[string]int{"component": 1}},
			{Ref: "group:default/payments", N: 3, Orphaned: 1, Kinds: map[string]int{"component": 2, "system": 1}}}}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Errorf("ownership (-want +got):\n%s", diff)
		}
	})
}

func TestGroupsOfTheList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		looseShop(t, s)
		ctx := context.Background()
		components := catalog.Filter{Kinds: []string{"component"}}
		for name, c := range map[string]struct {
			q    catalog.GroupQuery
			want string
		}{
			"closed":        {catalog.GroupQuery{Filter: components, Field: "system", Rows: 5}, "system:default/money 2 [];  1 []; 2 groups of 3 next  prev "},
			"one open":      {catalog.GroupQuery{Filter: components, Field: "system", Rows: 5, Open: []string{"system:default/money"}}, "system:default/money 2 [Ledger worker];  1 []; 2 groups of 3 next  prev "},
			"few rows":      {catalog.GroupQuery{Filter: components, Field: "system", Rows: 1, All: true}, "system:default/money 2 [Ledger];  1 [Merchant portal]; 2 groups of 3 next  prev "},
			"first page":    {catalog.GroupQuery{Filter: catalog.Filter{Kinds: []string{"component"}, Limit: 1}, Field: "system"}, "system:default/money 2 []; 2 groups of 3 next 1 prev "},
			"second page":   {catalog.GroupQuery{Filter: catalog.Filter{Kinds: []string{"component"}, Limit: 1, After: "1"}, Field: "system"}, " 1 []; 2 groups of 3 next  prev first"},
			"no such page":  {catalog.GroupQuery{Filter: catalog.Filter{Kinds: []string{"component"}, After: "x9"}, Field: "type"}, "service 2 []; website 1 []; 2 groups of 3 next  prev "},
			"nothing found": {catalog.GroupQuery{Filter: catalog.Filter{Text: "nowhere"}, Field: "system"}, "0 groups of 0 next  prev "},
		} {
			g, err := s.EntityGroups(ctx, anyone, c.q)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, x := range g.Items {
				var names []string
				for _, e := range x.Items {
					names = append(names, e.Title)
				}
				got += fmt.Sprintf("%s %d %v; ", x.Value, x.N, names)
			}
			got += fmt.Sprintf("%d groups of %d next %s prev %s", g.Total, g.Things, g.Next, g.Prev)
			if got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	})
}

// An export holds all that a filter finds, in its order, more than one chunk.
func TestExportHoldsEverything(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		const n = 1100
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: c-%04d, title: \"Worker %04d\"}\nspec: {type: service, lifecycle: production, owner: x}\n", i, i)
		}
		src.write("many.yaml", b.String())
		src.write("shop.yaml", shop)
		src.read()
		var got []catalog.Exported
		err := s.ExportEntities(context.Background(), anyone, catalog.Filter{Text: "worker", Sort: "-name", Limit: 5}, func(e catalog.Exported) error {
			got = append(got, e)
			return nil
		})
		if err != nil || len(got) != n {
			t.Fatalf("%d of %d, %v", len(got), n, err)
		}
		for i, e := range got {
			if want := fmt.Sprintf("Worker %04d", n-1-i); e.Title != want || e.File != "many.yaml" || e.Source != src.id || e.Changed == "" {
				t.Fatalf("row %d is %+v, want %s", i, e, want)
			}
		}
		stop := fmt.Errorf("enough")
		if err := s.ExportEntities(context.Background(), anyone, catalog.Filter{}, func(catalog.Exported) error { return stop }); err != stop {
			t.Errorf("a reader that ends: %v", err)
		}
	})
}

func TestRowMarks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := looseShop(t, s)
		src.write("bad.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: Ledger}\nspec: {type: t, lifecycle: l, owner: x}\n")
		src.read()
		worker, ledger := catalog.MustRef("component:default/worker"), catalog.MustRef("component:default/ledger")
		got, err := s.RowMarks(context.Background(), anyone, []catalog.Ref{worker, ledger, catalog.MustRef("system:default/money")})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[catalog.Ref]catalog.Mark{worker: {Orphan: true}, ledger: {Problems: 1}}, got); diff != "" {
			t.Errorf("marks (-want +got):\n%s", diff)
		}
	})
}
