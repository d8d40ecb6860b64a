package handlers

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/policy"
)

// opsPolicies holds two rules, a decision and a waiver.
type opsPolicies struct{}

func (opsPolicies) Rules() []policy.Rule {
	return []policy.Rule{
		{Name: "required_tags", Title: "Required tags", Level: policy.Hard, Applies: []policy.Phase{policy.Plan}, File: "required_tags.rego", Source: "package x # <b>"},
		{Name: "naming", Title: "Names", Level: policy.Soft, Applies: []policy.Phase{policy.Request}, File: "naming.rego", Source: "package y", Tests: "package y_test"}}
}

func (p opsPolicies) Rule(name string) (policy.Rule, bool) {
	for _, r := range p.Rules() {
		if r.Name == name {
			return r, true
		}
	}
	return policy.Rule{}, false
}

func (opsPolicies) Decisions(context.Context, access.Viewer, policy.Filter) (policy.Page, error) {
	return policy.Page{Items: []policy.Decision{{ID: "dec_1", Phase: policy.Plan, Subject: "pr-482", Environment: "env_1", Owner: opsOwner,
		Checks: []policy.Check{{Rule: "required_tags", Level: policy.Hard, Message: "no owner"}, {Rule: "required_tags", Level: policy.Hard, Message: "no cost centre"}}}}}, nil
}

func (opsPolicies) PolicyCounts(context.Context, access.Viewer, time.Time) (map[string]policy.Count, error) {
	return map[string]policy.Count{"required_tags": {Passed: 41, Broken: 7}}, nil
}

func (opsPolicies) WaiversAt(context.Context, time.Time) ([]policy.Waiver, error) {
	return []policy.Waiver{{ID: "wai_1", Rule: "naming", Scope: opsOwner, Reason: "The bank says so.", By: opsGrace.ID}}, nil
}

func TestPolicyPages(t *testing.T) {
	tests := []struct {
		name, path  string
		who         access.Viewer
		has, hasNot []string
	}{
		{"list", "/policies", opsAda, []string{"Required tags", "hard mandatory", ">41<", ">7<", "The bank says so.", "Stopped", `href="/environments/env_1"`}, nil},
		{"hard rule", "/policies/required_tags", opsGrace, []string{"package x # &lt;b&gt;", "Cannot be waived"}, []string{"<b>", `name="scope"`}},
		{"soft rule", "/policies/naming", opsGrace, []string{"package y_test", `name="scope"`, "payments-team"}, nil},
		{"soft rule, may not waive", "/policies/naming", opsBen, []string{"package y"}, []string{`name="scope"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &Policies{Rules: opsPolicies{}, Reader: opsPolicies{}, Now: time.Now}
			w, err := opsCall(h.Register, tt.who, opsGet(tt.path))
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d, %v", w.Code, err)
			}
			opsCheck(t, w.Body.String(), tt.has, tt.hasNot)
		})
	}
	h := &Policies{Rules: opsPolicies{}, Reader: opsPolicies{}, Now: time.Now}
	if _, err := opsCall(h.Register, opsAda, opsGet("/policies/nothing")); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown rule: %v", err)
	}
}

func TestWaiveByForm(t *testing.T) {
	var got string
	form := url.Values{"scope": {"all"}, "reason": {"It is agreed."}, "until": {"2026-12-31"}}
	h := &Policies{Rules: opsPolicies{}, Reader: opsPolicies{}, Now: time.Now, Actions: opsDoor(t, &got, nil)}
	w, err := opsCall(h.Register, opsGrace, opsPost("/policies/naming/waive", form))
	if err != nil || w.Code != http.StatusSeeOther || got != `waive-policy {"reason":"It is agreed.","rule":"naming","scope":"all","until":"2026-12-31"}` {
		t.Errorf("%d, %v; did %s", w.Code, err, got)
	}
	h.Actions = opsDoor(t, &got, fault.InvalidField("until", "past", "This is in the past."))
	w, err = opsCall(h.Register, opsGrace, opsPost("/policies/naming/waive", form))
	if err != nil || w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%d, %v", w.Code, err)
	}
	opsCheck(t, w.Body.String(), []string{"This is in the past.", `value="It is agreed."`, `aria-invalid="true"`, `href="#f-until"`}, nil)
	h.Actions = opsDoor(t, &got, nil)
	if _, err := opsCall(h.Register, opsBen, opsPost("/policies/naming/waive", form)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by who may not: %v", err)
	}
}
