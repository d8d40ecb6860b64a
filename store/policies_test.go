package store_test

import (
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

var policyNoon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func addDecision(t *testing.T, s *store.Store, d policy.Decision) {
	t.Helper()
	if err := s.Write(t.Context(), func(tr tx.Tx) error { return s.AddDecision(t.Context(), tr, d) }); err != nil {
		t.Fatal(err)
	}
}

func TestDecisions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		broken := []policy.Check{
			{Rule: "required_tags", Level: policy.Hard, Message: "no owner", Resource: "a"},
			{Rule: "required_tags", Level: policy.Hard, Message: "no owner", Resource: "b"},
			{Rule: "ttl_max", Level: policy.Soft, Message: "too long", Waiver: "wai_1"},
			{Rule: "naming", Level: policy.Soft, Passed: true, Message: "fine"}}
		addDecision(t, s, policy.Decision{ID: "dec_1", At: policyNoon, Phase: policy.Plan, Owner: payments, Environment: "env_1", Checks: broken})
		addDecision(t, s, policy.Decision{ID: "dec_2", At: policyNoon.Add(time.Second), Phase: policy.Request, Owner: ledger, Allowed: true, Checks: broken[3:]})
		addDecision(t, s, policy.Decision{ID: "dec_3", At: policyNoon.Add(2 * time.Second), Phase: policy.Request, Owner: payments, Allowed: true, Checks: broken[3:]})

		all := access.System("test")
		tests := []struct {
			name string
			v    access.Viewer
			f    policy.Filter
			want string
		}{
			{"all", all, policy.Filter{}, "dec_3 dec_2 dec_1 "},
			{"own group", memberOf(ledger), policy.Filter{}, "dec_2 "},
			{"nobody", access.Viewer{}, policy.Filter{}, ""},
			{"stopped", all, policy.Filter{Denied: true}, "dec_1 "},
			{"rule", all, policy.Filter{Rule: "ttl_max"}, "dec_1 "},
			{"environment", all, policy.Filter{Environment: "env_1"}, "dec_1 "},
			{"other's environment", memberOf(ledger), policy.Filter{Environment: "env_1"}, ""},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				got, n := "", int64(0)
				for tt.f.Limit = 1; ; {
					p, err := s.Decisions(t.Context(), tt.v, tt.f)
					if err != nil {
						t.Fatal(err)
					}
					for _, d := range p.Items {
						got += d.ID + " "
					}
					n = p.Total
					if tt.f.Before = p.Next; p.Next == "" {
						break
					}
				}
				if got != tt.want || int(n)*6 != len(tt.want) {
					t.Errorf("got %q of %d, want %q", got, n, tt.want)
				}
			})
		}
		if _, err := s.Decisions(t.Context(), all, policy.Filter{Before: "x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong cursor: %v", err)
		}
		counts, err := s.PolicyCounts(t.Context(), all, policyNoon)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]policy.Count{"required_tags": {Broken: 1}, "ttl_max": {Waived: 1}, "naming": {Passed: 3}}
		for rule, c := range want {
			if counts[rule] != c {
				t.Errorf("%s: %+v, want %+v", rule, counts[rule], c)
			}
		}
		if later, err := s.PolicyCounts(t.Context(), all, policyNoon.AddDate(0, 0, 1)); err != nil || len(later) != 0 {
			t.Errorf("from tomorrow on: %v, %v", later, err)
		}
	})
}

func TestWaiversEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := policy.Waiver{ID: "wai_1", Rule: "naming", Scope: ledger, Reason: "The bank says so.", By: "user:default/grace", CreatedAt: policyNoon, Until: policyNoon.Add(time.Hour)}
		if err := s.Write(t.Context(), func(tr tx.Tx) error { return s.AddWaiver(t.Context(), tr, w) }); err != nil {
			t.Fatal(err)
		}
		now, err := s.WaiversAt(t.Context(), policyNoon)
		if err != nil || len(now) != 1 || now[0] != w {
			t.Errorf("now: %+v, %v", now, err)
		}
		if later, err := s.WaiversAt(t.Context(), w.Until); err != nil || len(later) != 0 {
			t.Errorf("at its end: %+v, %v", later, err)
		}
	})
}
