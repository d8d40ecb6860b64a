package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

var shipped = os.DirFS("../../templates/policies")

// memory keeps decisions and waivers for tests.
type memory struct {
	decisions []Decision
	waivers   []Waiver
}

func (m *memory) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

func (m *memory) AddDecision(_ context.Context, _ tx.Tx, d Decision) error {
	m.decisions = append(m.decisions, d)
	return nil
}

func (m *memory) AddWaiver(_ context.Context, _ tx.Tx, w Waiver) error {
	m.waivers = append(m.waivers, w)
	return nil
}

func (m *memory) WaiversAt(_ context.Context, at time.Time) (out []Waiver, _ error) {
	for _, w := range m.waivers {
		if w.Until.After(at) {
			out = append(out, w)
		}
	}
	return out, nil
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newEngine(t testing.TB) (*Engine, *memory) {
	t.Helper()
	m := &memory{}
	e, err := New(t.Context(), shipped, m, m, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return e, m
}

// plan is Terraform's plan of n databases, as show -json writes it.
func plan(n int, tags map[string]string, encrypted bool) []byte {
	var changes []any
	for i := range n {
		changes = append(changes, map[string]any{
			"address": fmt.Sprintf("waymark_database.main[%d]", i), "mode": "managed", "type": "waymark_database", "name": "main",
			"change": map[string]any{"actions": []string{"create"}, "before": nil,
				"after":         map[string]any{"name": "main", "size": "small", "encrypted": encrypted, "tags": tags},
				"after_unknown": map[string]any{"id": true, "url": true}},
		})
	}
	b, err := json.Marshal(map[string]any{"format_version": "1.2", "resource_changes": changes})
	if err != nil {
		panic(err)
	}
	return b
}

var allTags = map[string]string{"owner": "payments-team", "cost_center": "eng-42", "environment": "pr-482"}

// names lists what blocks and what passed, as rule!level or rule.
func names(r Result) string {
	var out []string
	for _, c := range r.Checks {
		switch {
		case c.Passed:
			out = append(out, c.Rule)
		default:
			out = append(out, c.Rule+"!"+string(c.Level))
		}
	}
	return strings.Join(out, " ")
}

func TestPlan(t *testing.T) {
	request := map[string]any{"name": "pr-482", "owner": "group:default/payments-team", "kind": "preview"}
	tests := []struct {
		name    string
		plan    []byte
		cost    string
		want    string
		allowed bool
	}{
		{"fine", plan(1, allTags, true), "16.70", "cost_limit encryption_required naming public_exposure required_tags", true},
		{"over the limit is a remark", plan(1, allTags, true), "12613.50", "cost_limit!advisory encryption_required naming public_exposure required_tags", true},
		{"all violations at once", plan(2, nil, false), "1.00",
			"cost_limit encryption_required!hard-mandatory encryption_required!hard-mandatory naming public_exposure required_tags!hard-mandatory required_tags!hard-mandatory", false},
		{"cost that is no number is a remark", plan(1, allTags, true), "a lot", "cost_limit!advisory encryption_required naming public_exposure required_tags", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, m := newEngine(t)
			r, err := e.Plan(t.Context(), Input{Plan: tt.plan, Request: request, Cost: map[string]any{"monthly": tt.cost, "currency": "USD"}, Environment: "env_1"})
			if err != nil {
				t.Fatal(err)
			}
			if got := names(r); got != tt.want || r.Allowed() != tt.allowed {
				t.Errorf("got %s, allowed %t\nwant %s, allowed %t", got, r.Allowed(), tt.want, tt.allowed)
			}
			if len(m.decisions) != 1 || m.decisions[0].Owner != "group:default/payments-team" || m.decisions[0].Allowed != tt.allowed {
				t.Errorf("kept %+v", m.decisions)
			}
			for _, c := range r.Checks {
				if c.Message == "" || (!c.Passed && c.Fix == "") {
					t.Errorf("%s says nothing useful: %+v", c.Rule, c)
				}
			}
		})
	}
}

func TestAnUnreadablePlanIsAnError(t *testing.T) {
	e, _ := newEngine(t)
	for _, p := range []string{"", "[]", "{}", `{"resource_changes": []}`} {
		if _, err := e.Plan(t.Context(), Input{Plan: []byte(p)}); err == nil {
			t.Errorf("plan %q was judged", p)
		}
	}
}

func TestRequestAndWaiver(t *testing.T) {
	e, m := newEngine(t)
	request := map[string]any{"name": "load-test", "owner": "group:default/ledger-team", "kind": "dev", "ttl": "400h"}
	d, err := e.Check(t.Context(), "launch-environment", request)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Violations) != 1 || d.Violations[0].Rule != "ttl_max" || d.Violations[0].Severity != string(Soft) || len(d.Waived) != 0 {
		t.Fatalf("decision %+v", d)
	}
	m.waivers = append(m.waivers,
		Waiver{ID: "wai_other", Rule: "ttl_max", Scope: "group:default/risk-team", Until: noon.Add(time.Hour)},
		Waiver{ID: "wai_past", Rule: "ttl_max", Scope: "group:default/ledger-team", Until: noon.Add(-time.Hour)})
	if d, _ = e.Check(t.Context(), "launch-environment", request); len(d.Waived) != 0 {
		t.Errorf("waived by %+v", d)
	}
	m.waivers = append(m.waivers, Waiver{ID: "wai_1", Rule: "ttl_max", Scope: "group:default/ledger-team", Until: noon.Add(time.Hour)})
	if d, _ = e.Check(t.Context(), "launch-environment", request); len(d.Waived) != 1 || !m.decisions[len(m.decisions)-1].Allowed {
		t.Errorf("not waived: %+v", d)
	}
}

func TestAWaiverOfOneEnvironment(t *testing.T) {
	request := map[string]any{"environment": "env_1", "name": "load-test", "owner": "group:default/ledger-team", "kind": "dev", "ttl": "400h"}
	for scope, want := range map[string]int{"env_1": 1, "group:default/ledger-team/load-test": 1, "env_2": 0, "load-test": 0} {
		e, m := newEngine(t)
		m.waivers = []Waiver{{ID: "wai_1", Rule: "ttl_max", Scope: scope, Until: noon.Add(time.Hour)}}
		if d, err := e.Check(t.Context(), "extend-environment", request); err != nil || len(d.Waived) != want {
			t.Errorf("%s: waived %v, want %d; %v", scope, d.Waived, want, err)
		}
	}
}

func TestAHardRuleIsNeverWaived(t *testing.T) {
	e, m := newEngine(t)
	m.waivers = []Waiver{{ID: "wai_1", Rule: "required_tags", Scope: "all", Until: noon.Add(time.Hour)}}
	r, err := e.Plan(t.Context(), Input{Plan: plan(1, nil, true)})
	if err != nil || r.Allowed() {
		t.Errorf("allowed: %s, %v", names(r), err)
	}
}

func TestWaivePolicyAction(t *testing.T) {
	e, m := newEngine(t)
	def := e.Actions()[0]
	tests := []struct{ name, rule, until, field string }{
		{"soft", "ttl_max", "2026-12-31", ""},
		{"time", "ttl_max", "2026-11-20T18:00:00Z", ""},
		{"unknown rule", "nothing", "2026-12-31", "rule"},
		{"hard rule", "required_tags", "2026-12-31", "rule"},
		{"advisory rule", "cost_limit", "2026-12-31", "rule"},
		{"past", "ttl_max", "2026-11-19", "until"},
		{"too late", "ttl_max", "2028-01-01", "until"},
		{"no time", "ttl_max", "some day soon", "until"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, _ := json.Marshal(map[string]string{"rule": tt.rule, "scope": "group:default/ledger-team", "reason": "It is agreed.", "until": tt.until})
			p, err := def.Prepare(t.Context(), action.Actor{ID: "user:default/grace"}, in)
			if tt.field == "" {
				if err != nil || p.Owner != "group:default/ledger-team" {
					t.Errorf("owner %q, %v", p.Owner, err)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), ".") || len(m.waivers) != 0 {
				t.Errorf("got %v, want a fault of %s", err, tt.field)
			}
		})
	}
}

func TestEngineFaults(t *testing.T) {
	files := func(level, body string) fstest.MapFS {
		return fstest.MapFS{
			"settings.yaml": {Data: []byte("x: 1")},
			"bad.yaml":      {Data: []byte("title: Bad\nlevel: " + level + "\napplies: [request]\nfix: none\n")},
			"bad.rego":      {Data: []byte("package waymark.rules.bad\n" + body)},
		}
	}
	const breaks = `violations contains {"message": "never"} if to_number(input.request.name) > 3`
	m := &memory{}
	for level, blocks := range map[string]bool{"hard-mandatory": true, "soft-mandatory": true, "advisory": false} {
		e, err := New(t.Context(), files(level, breaks), m, m, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Check(t.Context(), "x", map[string]string{"name": "no number"}); err != nil {
			t.Fatal(err)
		}
		d := m.decisions[len(m.decisions)-1]
		if d.Allowed == blocks || !strings.Contains(d.Checks[0].Message, "could not be evaluated") {
			t.Errorf("%s: %+v", level, d)
		}
	}
	for name, fs := range map[string]fstest.MapFS{
		"level":   files("harsh", breaks),
		"syntax":  files("advisory", "violations contains"),
		"unknown": files("advisory", "violations contains x if x := nowhere.here"),
	} {
		if _, err := New(t.Context(), fs, m, m, time.Now); err == nil || !strings.Contains(err.Error(), "bad.") {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
	}
}

// TestShippedPolicies runs the rules' own tests.
func TestShippedPolicies(t *testing.T) {
	names, err := filepath.Glob("../../templates/policies/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]*ast.Module{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		modules[name] = ast.MustParseModule(string(b))
	}
	settings, err := readSettings(shipped)
	if err != nil {
		t.Fatal(err)
	}
	store := inmem.NewFromObject(map[string]any{"settings": settings})
	results, err := tester.NewRunner().SetCompiler(ast.NewCompiler()).SetStore(store).SetModules(modules).RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for r := range results {
		n[r.Package]++
		if !r.Pass() {
			t.Errorf("%s: %s.%s failed: %v", r.Location, r.Package, r.Name, r.Error)
		}
	}
	e, _ := newEngine(t)
	for _, rule := range e.Rules() {
		if rule.Tests == "" || n["data.waymark.rules."+rule.Name+"_test"] == 0 {
			t.Errorf("%s has no tests", rule.Name)
		}
	}
}

func BenchmarkPlanOf50(b *testing.B) {
	e, _ := newEngine(b)
	in := Input{Plan: plan(50, allTags, true), Request: map[string]any{"name": "pr-482"}, Cost: map[string]any{"monthly": "10"}}
	for b.Loop() {
		if _, err := e.Plan(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
