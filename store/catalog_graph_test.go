package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// part writes one component in short.
func part(name, spec string) string {
	return "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: service, lifecycle: production, owner: " + name + "-team" + spec + "}\n"
}

const (
	anAPI   = "---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: money}\nspec: {type: openapi, lifecycle: production, owner: t, definition: x, system: bank}\n"
	aSystem = "---\napiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: bank}\nspec: {owner: t}\n"
)

// bank: shop consumes the API money of ledger, which needs a database that
// does not exist; clock and bell need each other; report needs shop.
var bank = anAPI + aSystem + part("ledger", ", system: bank, providesApis: [money], dependsOn: ['resource:db']") +
	part("shop", ", consumesApis: [money]") + part("report", ", dependsOn: ['component:shop']") +
	part("clock", ", dependsOn: ['component:bell', 'component:ledger']") + part("bell", ", dependsOn: ['component:clock']") +
	part("cron", ", dependencyOf: ['component:ledger']")

func names(g catalog.Graph) string {
	var out []string
	for _, n := range g.Nodes {
		s := fmt.Sprintf("%s%+d", n.Ref.Name, n.Level)
		if n.Missing {
			s += "?"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestEntityGraph(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		src.write("all.yaml", bank)
		src.read()
		work := []catalog.Family{catalog.Dependencies, catalog.APIs}
		for _, c := range []struct {
			name  string
			q     catalog.GraphQuery
			start string
			want  string
			edges int
		}{
			{"both sides, one step", catalog.GraphQuery{Users: true, Uses: true, Families: work}, "component:default/ledger", "clock-1 cron+1 db+1? ledger+0 money-1", 4},
			{"through the API", catalog.GraphQuery{Users: true, Families: work, Depth: 3}, "component:default/ledger", "bell-2 clock-1 ledger+0 money-1 report-3 shop-2", 6},
			{"one kind", catalog.GraphQuery{Users: true, Uses: true, Kinds: []string{"api"}}, "component:default/ledger", "ledger+0 money-1", 1},
			{"a circle", catalog.GraphQuery{Uses: true, Families: work, Depth: 6}, "component:default/bell", "bell+0 clock+1 cron+3 db+3? ledger+2", 5},
			{"parts", catalog.GraphQuery{Uses: true, Families: []catalog.Family{catalog.Parts}}, "system:default/bank", "bank+0 ledger+1 money+1", 2},
			{"an owner that is gone", catalog.GraphQuery{Uses: true, Families: []catalog.Family{catalog.Owners}}, "component:default/shop", "shop+0 shop-team+1?", 1},
			{"few nodes", catalog.GraphQuery{Users: true, Uses: true, Families: work, Most: 2}, "component:default/ledger", "clock-1 ledger+0", 1},
		} {
			t.Run(c.name, func(t *testing.T) {
				c.q.Start = catalog.MustRef(c.start)
				g, err := s.EntityGraph(context.Background(), anyone, c.q)
				if err != nil || names(g) != c.want || len(g.Edges) != c.edges {
					t.Errorf("nodes %s, %d edges %v, %v\nwant  %s, %d edges", names(g), len(g.Edges), g.Edges, err, c.want, c.edges)
				}
				if c.q.Most == 2 && (g.More != 3 || g.Nodes[0].More != 3) {
					t.Errorf("more %d, of the start %d; want 3 that have no room", g.More, g.Nodes[0].More)
				}
			})
		}
	})
}

func TestEntityImpact(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		src.write("all.yaml", bank)
		src.read()
		for _, c := range []struct {
			name, start string
			hops        int
			want        string
		}{
			{"through everything", "component:default/cron", 0, "1 ledger<cron, 2 clock<ledger, 2 money<ledger, 3 bell<clock, 3 shop<money, 4 report<shop"},
			{"two hops", "component:default/cron", 2, "1 ledger<cron, 2 clock<ledger, 2 money<ledger"},
			{"in a circle", "component:default/bell", 0, "1 clock<bell"},
			{"through the parts of a system", "system:default/bank", 0, "1 clock<ledger, 1 shop<money, 2 bell<clock, 2 report<shop"},
			{"nothing", "component:default/report", 0, ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				im, err := s.EntityImpact(context.Background(), anyone, catalog.ImpactQuery{Start: catalog.MustRef(c.start), Hops: c.hops})
				var got []string
				for _, h := range im.Hits {
					got = append(got, fmt.Sprintf("%d %s<%s", h.Hop, h.Ref.Name, h.Via.Name))
				}
				if err != nil || strings.Join(got, ", ") != c.want {
					t.Errorf("%s, %v\nwant %s", strings.Join(got, ", "), err, c.want)
				}
			})
		}
	})
}

// A thousand things that need one: the graph stays small and says how many it
// left out, the impact lists and counts them all.
func TestAThousandDependants(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		var all strings.Builder
		all.WriteString(part("core", ""))
		for i := range 1000 {
			all.WriteString(part(fmt.Sprintf("user%03d", i), ", dependsOn: ['component:core', 'component:user"+fmt.Sprintf("%03d", (i+1)%1000)+"']"))
		}
		src.write("all.yaml", all.String())
		src.read()
		core := catalog.MustRef("component:default/core")
		g, err := s.EntityGraph(context.Background(), anyone, catalog.GraphQuery{Start: core, Users: true, Depth: 6, Families: []catalog.Family{catalog.Dependencies}})
		if err != nil || len(g.Nodes) > catalog.MaxNodes || g.Nodes[0].More != 970 {
			t.Errorf("%d nodes, %d more at the start, %v; want 970 more", len(g.Nodes), g.Nodes[0].More, err)
		}
		im, err := s.EntityImpact(context.Background(), anyone, catalog.ImpactQuery{Start: core})
		if err != nil || len(im.Hits) != 1000 || len(im.ByHop) != 1 || im.ByHop[0] != 1000 || len(im.ByOwner) != 1000 || im.Cut {
			t.Errorf("%d hits, hops %v, %d owners, %v; want 1000 at the first hop", len(im.Hits), im.ByHop, len(im.ByOwner), err)
		}
		im, err = s.EntityImpact(context.Background(), anyone, catalog.ImpactQuery{Start: core, Limit: 10})
		if err != nil || len(im.Hits) != 10 || !im.Cut {
			t.Errorf("%d hits, cut %v, %v; want 10 and that there are more", len(im.Hits), im.Cut, err)
		}
	})
}
