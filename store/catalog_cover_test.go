package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestRulesThatChangeAreApplied(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		hiddenShop(t, s)
		sees := func(want bool) {
			t.Helper()
			ref := catalog.MustRef("component:default/zebra-pay")
			_, err := s.Entity(ctx, outsider, ref)
			n, listErr := s.Entities(ctx, outsider, catalog.Filter{Text: zebra})
			_, old := s.Entity(ctx, outsider, catalog.MustRef("component:default/zebra-old"))
			problems, _, problemErr := s.Problems(ctx, outsider, "")
			if (err == nil) != want || (n.Total > 0) != want || listErr != nil || fault.Is(old, fault.Gone) != want ||
				mentions(t, problems) != want || problemErr != nil {
				t.Errorf("sees it: %v, listed %d (%v), removed one %v, problems %v (%v); want %v", err == nil, n.Total, listErr, old, problems, problemErr, want)
			}
		}
		sees(true)
		useRules(t, s, hrRule)
		sees(false)
		other := hrRule
		other.Name, other.Match = "money", config.VisibleMatch{Tag: config.OneOrMany{"nobody-has-it"}}
		useRules(t, s, other)
		sees(true)
		useRules(t, s, other, hrRule) // in another order
		sees(false)
		useRules(t, s)
		sees(true)
	})
}

// A copy of the server that has not got the rules yet writes entities without
// their bits; those are mended.
func TestWhatAnotherCopyWroteIsCovered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		useRules(t, s, hrRule)
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.read()
		src.write("hr/payroll.yaml", payroll)
		src.read()
		for _, q := range []string{`UPDATE catalog_generations SET generation = generation + 1`,
			`UPDATE entities SET hidden_by = 0, generation = (SELECT generation FROM catalog_generations) WHERE owner = 'group:default/hr'`} {
			if _, err := s.WriteDB().ExecContext(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.EntityTotal(ctx, outsider); err != nil || n != 11 {
			t.Fatalf("%d entities, want 11; %v", n, err)
		}
		if err := s.CoverEntities(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := s.EntityTotal(ctx, outsider); err != nil || n != 7 {
			t.Errorf("%d entities, want 7; %v", n, err)
		}
	})
}

func TestRulesMatchByAllTheirFields(t *testing.T) {
	tests := []struct {
		name  string
		match config.VisibleMatch
		want  int // of the shop's seven left
	}{
		{"kind", config.VisibleMatch{Kind: config.OneOrMany{"user"}}, 5},
		{"kinds", config.VisibleMatch{Kind: config.OneOrMany{"User", "SYSTEM"}}, 4},
		{"owner", config.VisibleMatch{Owner: config.OneOrMany{"group:default/payments"}}, 5},
		{"kind and owner", config.VisibleMatch{Kind: config.OneOrMany{"component"}, Owner: config.OneOrMany{"payments"}}, 6},
		{"tag", config.VisibleMatch{Tag: config.OneOrMany{"postgres", "rust"}}, 6},
		{"namespace", config.VisibleMatch{Namespace: config.OneOrMany{"default"}}, 0},
		{"another namespace", config.VisibleMatch{Namespace: config.OneOrMany{"elsewhere"}}, 7},
		{"kind and tag of none", config.VisibleMatch{Kind: config.OneOrMany{"api"}, Tag: config.OneOrMany{"go"}}, 7},
	}
	s := storetest.SQLite(t)
	src := newSource(t, s, true)
	src.write("all.yaml", shop)
	src.read()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			useRules(t, s, config.VisibilityRule{Name: tt.name, Match: tt.match, Visible: config.VisibleTo{Roles: config.OneOrMany{"auditor"}}})
			if n, err := s.EntityTotal(context.Background(), outsider); err != nil || n != tt.want {
				t.Errorf("%d left, want %d; %v", n, tt.want, err)
			}
		})
	}
}

func TestVisibilityCounts(t *testing.T) {
	s := storetest.SQLite(t)
	users := config.VisibilityRule{Name: "people", Match: config.VisibleMatch{Kind: config.OneOrMany{"user"}}, Visible: hrRule.Visible}
	useRules(t, s, users, hrRule)
	hiddenShop(t, s)
	if got, err := s.VisibilityCounts(context.Background(), boss); err != nil || !cmp.Equal(got, []int{2, 4}) {
		t.Errorf("counts %v, %v; want 2 and 4", got, err)
	}
	if got, err := s.VisibilityCounts(context.Background(), outsider); err != nil || got != nil {
		t.Errorf("an outsider is told %v, %v", got, err)
	}
}
