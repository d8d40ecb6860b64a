package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestAncestryLeadsFromTheEntityToItsSource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		const location = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: NAME}\nspec: {targets: [TARGET]}\n"
		make := func(name, target string) string {
			return strings.NewReplacer("NAME", name, "TARGET", target).Replace(location)
		}
		src.write("all.yaml", make("all", `"./teams/*/list.yaml"`))
		src.write("teams/money/list.yaml", "---\n"+make("money", "../../parts/ledger.yaml"))
		src.write("parts/ledger.yaml", strings.SplitN(shop, "---\n", 6)[4])
		src.read()
		a, err := s.EntityAncestry(ctx, anyone, catalog.MustRef("component:default/ledger"))
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, i := range a.Items {
			steps = append(steps, i.Ref.Name+" in "+i.Source.File+" by "+i.Target)
		}
		want := "ledger in parts/ledger.yaml by ../../parts/ledger.yaml; money in teams/money/list.yaml by ./teams/*/list.yaml; all in all.yaml by "
		if got := strings.Join(steps, "; "); got != want {
			t.Errorf("steps %s\nwant  %s", got, want)
		}
		if a.Source.ID != src.id || !a.Source.Trusted || a.Source.ReadAt.IsZero() {
			t.Errorf("source %+v; want %s, trusted and read", a.Source, src.id)
		}
		if _, err := s.EntityAncestry(ctx, anyone, catalog.MustRef("component:default/none")); !fault.Is(err, fault.NotFound) {
			t.Errorf("ancestry of nothing: %v, want NotFound", err)
		}
	})
}
