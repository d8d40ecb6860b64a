package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const visibleRoles = `
roles:
  viewer: {everywhere: true}
  developer: {}
  auditor: {everywhere: true, reads_all: true}
  platform: {everywhere: true, reads_all: true, includes: [auditor]}
  admin: {everywhere: true, reads_all: true, permissions: ["*"]}
assignments: []
`

// hrRule hides what the group hr owns from all but it and auditors.
var hrRule = config.VisibilityRule{Name: "hr", Reason: "Pay is nobody else's business.",
	Match: config.VisibleMatch{Owner: config.OneOrMany{"hr"}}, Visible: config.VisibleTo{Groups: config.OneOrMany{"group:default/hr"}}}

func useRules(t *testing.T, s *store.Store, rules ...config.VisibilityRule) {
	t.Helper()
	roles, err := access.ParseRoles([]byte(visibleRoles))
	if err != nil {
		t.Fatal(err)
	}
	x, err := access.NewVisibility(rules, roles)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UseVisibility(context.Background(), x); err != nil {
		t.Fatal(err)
	}
}

func withRole(role string) access.Viewer {
	return access.Viewer{Actor: action.Actor{ID: "user:default/x", Grants: []action.Grant{{Role: role}}}}
}

var (
	outsider = access.Viewer{Actor: action.Actor{ID: "user:default/ada", Grants: []action.Grant{{Role: "viewer"}}},
		Reads: []string{"group:default/payments", "group:default/company"}}
	insider = access.Viewer{Actor: action.Actor{ID: "user:default/hal"}, Reads: []string{"group:default/payroll", "group:default/hr"}}
	boss    = access.Viewer{Actor: action.Actor{ID: "user:default/ines", Grants: []action.Grant{{Role: "admin"}}}, All: true}
)

// payroll is what the rule hides: everything in it has zebra in its name.
const payroll = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: zebra-pay, title: Zebra Payroll, description: Pays the zebras, tags: [zebratag]}
spec: {type: zebraservice, lifecycle: zebracycle, owner: hr, system: zebra-suite, dependsOn: ["component:ledger"], providesApis: [zebra-api]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: zebra-api, title: Zebra API}
spec: {type: grpc, lifecycle: production, owner: hr, definition: zebra}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: zebra-suite}
spec: {owner: hr}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: zebra-bad}
spec: {lifecycle: production, owner: hr, type: [zebra]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: zebra-lost, namespace: default}
spec: {type: service, lifecycle: production, owner: hr, dependsOn: ["component:zebra-nowhere"]}
`

const zebra = "zebra"

func ownedBy(name, owner string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: service, lifecycle: production, owner: " + owner + "}\n"
}

func mentions(t *testing.T, v any) bool {
	t.Helper()
	text := fmt.Sprintf("%+v", v)
	if b, err := json.Marshal(v); err == nil {
		text += string(b)
	}
	return strings.Contains(strings.ToLower(text), zebra)
}

// hiddenShop is the small catalog beside what the rule hides; one hidden
// entity has been removed.
func hiddenShop(t *testing.T, s *store.Store) *source {
	t.Helper()
	src := newSource(t, s, true)
	src.write("all.yaml", shop)
	src.write("hr/payroll.yaml", payroll)
	src.write("hr/old.yaml", ownedBy("zebra-old", "hr"))
	src.read()
	src.remove("hr/old.yaml")
	src.read()
	return src
}

func TestWhoSeesWhatARuleCovers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rule := hrRule
		rule.Visible.Roles = config.OneOrMany{"auditor"}
		useRules(t, s, rule)
		hiddenShop(t, s)
		tests := []struct {
			name string
			v    access.Viewer
			sees bool
		}{
			{"nobody", access.Viewer{}, false},
			{"a viewer", withRole("viewer"), false},
			{"a member of the group", access.Viewer{Reads: []string{"group:default/hr"}}, true},
			{"a member of a group below", insider, true},
			{"a member as an actor", access.Viewer{Actor: action.Actor{Above: []string{"group:default/hr"}}}, true},
			{"a member of a group above", access.Viewer{Reads: []string{"group:default/company"}}, false},
			{"a holder of the role", withRole("auditor"), true},
			{"a holder of a role that includes it", withRole("platform"), true},
			{"a holder of another role", withRole("developer"), false},
			{"who reads everything, without a named role", access.Viewer{All: true}, false},
			{"an administrator", boss, true},
			{"an administrator of one group", access.Viewer{Actor: action.Actor{Grants: []action.Grant{{Role: "admin", Group: "group:default/payments"}}}}, false},
			{"the portal itself", access.System("test"), true},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				_, err := s.Entity(context.Background(), tt.v, catalog.MustRef("component:default/zebra-pay"))
				if (err == nil) != tt.sees {
					t.Errorf("sees it: %v, want %v (%v)", err == nil, tt.sees, err)
				}
			})
		}
	})
}

func TestAHiddenEntityIsAsOneThatNeverWas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		useRules(t, s, hrRule)
		hiddenShop(t, s)
		for _, name := range []string{"component:default/zebra-pay", "component:default/zebra-old", "component:default/never-was"} {
			ref := catalog.MustRef(name)
			_, one := s.Entity(ctx, outsider, ref)
			_, two := s.EntityJSON(ctx, outsider, ref)
			_, three := s.Tombstone(ctx, outsider, ref)
			for _, err := range []error{one, two, three} {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: %v, want not found", name, err)
				}
			}
		}
		if _, err := s.Entity(ctx, insider, catalog.MustRef("component:default/zebra-old")); !fault.Is(err, fault.Gone) {
			t.Errorf("the removed one for who may see it: %v, want gone", err)
		}
		ledger, err := s.EntityJSON(ctx, outsider, catalog.MustRef("component:default/ledger"))
		if err != nil || mentions(t, string(ledger)) {
			t.Errorf("the ledger says who depends on it: %s, %v", ledger, err)
		}
		if full, err := s.EntityJSON(ctx, insider, catalog.MustRef("component:default/ledger")); err != nil || !mentions(t, string(full)) {
			t.Errorf("the ledger does not say who depends on it: %s, %v", full, err)
		}
	})
}

// A world with hidden entities looks, to who may not see them, like the world
// without them: byte for byte, whatever a visible file names.
func TestHiddenAndMissingTargetsLookAlike(t *testing.T) {
	const teller = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: teller}
spec: {type: service, lifecycle: production, owner: payments, dependsOn: ["component:zebra-pay", "component:never-was", "component:ledger"], providesApis: [zebra-api]}
`
	look := func(t *testing.T, s *store.Store) string {
		ctx, ref := context.Background(), catalog.MustRef("component:default/teller")
		raw, err := s.EntityJSON(ctx, outsider, ref)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CheckReferences(ctx); err != nil {
			t.Fatal(err)
		}
		marks, err := s.RowMarks(ctx, outsider, []catalog.Ref{ref})
		if err != nil {
			t.Fatal(err)
		}
		graph, err := s.EntityGraph(ctx, outsider, catalog.GraphQuery{Start: ref, Depth: 3, Users: true, Uses: true})
		if err != nil {
			t.Fatal(err)
		}
		problems, total, err := s.Problems(ctx, outsider, "")
		if err != nil {
			t.Fatal(err)
		}
		impact, err := s.EntityImpact(ctx, outsider, catalog.ImpactQuery{Start: catalog.MustRef("component:default/zebra-pay")})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s\n%v\n%v\n%v %d\n%v", raw, marks, graph, len(problems), total, impact)
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		useRules(t, s, hrRule)
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.write("teller.yaml", teller)
		src.read()
		without := look(t, s)
		src.write("hr/payroll.yaml", payroll)
		src.read()
		if diff := cmp.Diff(without, look(t, s)); diff != "" {
			t.Errorf("hidden entities change what an outsider sees (-without +with):\n%s", diff)
		}
		p, err := s.FindProblems(context.Background(), boss, catalog.ProblemFilter{Text: "never-was"})
		if err != nil || p.Total != 1 {
			t.Errorf("an administrator is not told of dangling references: %d, %v", p.Total, err)
		}
	})
}

func TestListsTotalsAndFacetsLeaveOutWhatIsHidden(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		useRules(t, s, hrRule)
		hiddenShop(t, s)
		for v, want := range map[*access.Viewer]int{&outsider: 7, &insider: 11, &boss: 11} {
			p, err := s.Entities(ctx, *v, catalog.Filter{Facets: true, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.EntityTotal(ctx, *v)
			if err != nil || n != want || p.Total != want || len(p.Items) != want {
				t.Errorf("%s: total %d, listed %d of %d, want %d; %v", v.ID, n, len(p.Items), p.Total, want, err)
			}
			kinds, total, unowned, err := s.ListCounts(ctx, *v, catalog.Filter{})
			if err != nil || total != want || unowned != map[int]int{7: 1, 11: 5}[want] || sum(kinds) != want {
				t.Errorf("%s: counts %v, total %d, unowned %d, %v", v.ID, kinds, total, unowned, err)
			}
			if got := mentions(t, p); got != (want == 11) {
				t.Errorf("%s: the page mentions what is hidden: %v", v.ID, got)
			}
		}
	})
}

func sum(counts []catalog.Count) int {
	n := 0
	for _, c := range counts {
		n += c.N
	}
	return n
}

func TestSearchFindsNothingHidden(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		useRules(t, s, hrRule)
		hiddenShop(t, s)
		for _, ref := range []string{"component:default/zebra-pay", "component:default/ledger"} {
			name := catalog.MustRef(ref).Name
			put(t, s, search.Doc{Key: "docs:" + ref, Source: "docs:" + ref, Kind: "docs", Title: name + " runbook", Text: name, Entity: ref})
		}
		for _, text := range []string{zebra, "payroll", "zebra runbook", "zebrra", "zebratag"} {
			if got, res := find(t, s, outsider, search.Query{Text: text}); mentions(t, got) || mentions(t, res.Corrected) || mentions(t, res.Kinds) {
				t.Errorf("an outsider finds %v by %q, corrected %q", got, text, res.Corrected)
			}
			if got, _ := find(t, s, insider, search.Query{Text: text}); len(got) == 0 {
				t.Errorf("an insider finds nothing by %q", text)
			}
		}
		if got, _ := find(t, s, outsider, search.Query{Text: "runbook"}); len(got) != 1 {
			t.Errorf("an outsider finds %v by runbook, want the ledger's", got)
		}
	})
}

func TestConflictsDoNotTellOfAHiddenHolder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		useRules(t, s, hrRule)
		secret := hiddenShop(t, s)
		mine := newSource(t, s, false)
		mine.write("mine.yaml", ownedBy("zebra-pay", "payments"))
		mine.read()
		list, _, err := s.Problems(ctx, outsider, mine.id)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d problems, %v; want that the name is taken", len(list), err)
		}
		if p := list[0]; strings.Contains(p.Message+p.Fix, secret.dir) || !strings.Contains(p.Message, "is taken") {
			t.Errorf("%q %q", p.Message, p.Fix)
		}
		if list, _, err = s.Problems(ctx, insider, mine.id); err != nil || len(list) != 1 || !strings.Contains(list[0].Message, secret.dir) {
			t.Errorf("who may see the holder is told %v, %v", list, err)
		}
	})
}
