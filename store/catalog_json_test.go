package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// One entity and the same in a list are the same text, also when its document
// is broken by now and the last good version is kept.
func TestAnEntityIsTheSameAloneAndInAList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, v := context.Background(), access.System("test")
		src := newSource(t, s, false)
		src.write("a.yaml", twoDocs+"---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: t, lifecycle: l, owner: x, dependsOn: ['resource:stays']}\n")
		src.read()
		src.write("a.yaml", strings.Replace(twoDocs, "{type: t, owner: x}", "{owner: [x]}", 1)+
			"---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: t, lifecycle: l, owner: x, dependsOn: ['resource:stays']}\n")
		src.read()
		for ref, want := range map[string]string{
			"resource:default/stays": `"status":{"items":[{"type":"backstage.io/catalog-processing","level":"error"`,
			"resource:default/goes":  `"relations":[{"type":"ownedBy","targetRef":"group:default/x"}]}`,
			"component:default/a":    `{"type":"dependsOn","targetRef":"resource:default/stays"}`,
		} {
			one, err := s.EntityJSON(ctx, v, catalog.MustRef(ref))
			if err != nil {
				t.Fatal(err)
			}
			list, err := s.EntitiesByRefs(ctx, v, []string{ref}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if string(one) != string(list[0]) || !strings.Contains(string(one), want) {
				t.Errorf("%s alone\n%s\nin a list\n%s\nwant %s", ref, one, list[0], want)
			}
		}
	})
}
