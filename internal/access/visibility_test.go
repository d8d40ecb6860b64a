package access

import (
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/config"
)

func someRules(t *testing.T, rules ...config.VisibilityRule) *Visibility {
	t.Helper()
	roles, err := ParseRoles([]byte("roles: {viewer: {}, auditor: {}, platform: {includes: [auditor]}, admin: {permissions: ['*']}}\nassignments: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewVisibility(rules, roles)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestVisibilityRefusesWhatItDoesNotKnow(t *testing.T) {
	roles, err := ParseRoles([]byte("roles: {viewer: {}}\nassignments: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	for want, rule := range map[string]config.VisibilityRule{
		`catalog.visibility[0] (a): visible_to.roles: there is no role "owners"`: {Name: "a", Visible: config.VisibleTo{Roles: config.OneOrMany{"viewer", "owners"}}},
		`catalog.visibility[0] (b): match.owner: "a b" is not a reference`:       {Name: "b", Match: config.VisibleMatch{Owner: config.OneOrMany{"a b"}}},
		`catalog.visibility[0] (c): visible_to.groups: "group:" is not`:          {Name: "c", Visible: config.VisibleTo{Groups: config.OneOrMany{"group:"}}},
	} {
		if _, err := NewVisibility([]config.VisibilityRule{rule}, roles); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestBitsStayWithWhatARuleMatches(t *testing.T) {
	pay := config.VisibilityRule{Name: "pay", Match: config.VisibleMatch{Tag: config.OneOrMany{"Pay"}}, Visible: config.VisibleTo{Roles: config.OneOrMany{"auditor"}}}
	same := config.VisibilityRule{Name: "renamed", Match: config.VisibleMatch{Tag: config.OneOrMany{" pay"}}, Visible: config.VisibleTo{Groups: config.OneOrMany{"hr"}}}
	other := config.VisibilityRule{Name: "other", Match: config.VisibleMatch{Kind: config.OneOrMany{"pay"}}, Visible: pay.Visible}
	a, b := someRules(t, pay, other), someRules(t, other, same)
	if a.Keys()[0] != b.Keys()[1] || a.Keys()[0] == a.Keys()[1] {
		t.Errorf("keys %v and %v: the same matches must have the same key, others another", a.Keys(), b.Keys())
	}
	moved := a.WithBits(map[string]int{a.Keys()[0]: 7, a.Keys()[1]: 3})
	if got := moved.Covers(Facts{Kind: "component", Tags: []string{"pay"}}); got != 1<<7 {
		t.Errorf("covered by %b, want the bit 7", got)
	}
	if a.Fingerprint() == moved.Fingerprint() {
		t.Error("other bits have the same fingerprint")
	}
}

func TestMayCoverAnswersByKindAndNamespaceAlone(t *testing.T) {
	x := someRules(t, config.VisibilityRule{Name: "a", Match: config.VisibleMatch{Kind: config.OneOrMany{"component"}, Namespace: config.OneOrMany{"hr"}, Tag: config.OneOrMany{"x"}},
		Visible: config.VisibleTo{Roles: config.OneOrMany{"auditor"}}})
	nobody := x.HiddenFrom(Viewer{})
	tests := []struct {
		kind, namespace string
		mask            int64
		want            bool
	}{
		{"Component", "HR", nobody, true},
		{"api", "hr", nobody, false},
		{"component", "default", nobody, false},
		{"component", "hr", 0, false},
	}
	for _, tt := range tests {
		if got := x.MayCover(tt.mask, tt.kind, tt.namespace); got != tt.want {
			t.Errorf("%s in %s for %b: %v, want %v", tt.kind, tt.namespace, tt.mask, got, tt.want)
		}
	}
}

func TestNoRulesHideNothing(t *testing.T) {
	var none *Visibility
	if none.HiddenFrom(Viewer{}) != 0 || none.Covers(Facts{Kind: "component"}) != 0 || none.MayCover(1, "component", "default") || none.Fingerprint() != "" {
		t.Error("no rules hide something")
	}
}

func TestATokenThatIsNarrowedSeesLess(t *testing.T) {
	x := someRules(t, config.VisibilityRule{Name: "a", Match: config.VisibleMatch{Tag: config.OneOrMany{"x"}}, Visible: config.VisibleTo{Roles: config.OneOrMany{"auditor"}}})
	boss := Viewer{Actor: action.Actor{ID: "user:default/a", Grants: []action.Grant{{Role: "viewer"}, {Role: "admin"}}}}
	if x.HiddenFrom(boss) != 0 {
		t.Error("something is hidden from an administrator")
	}
	s := New(Options{Roles: x.roles})
	if x.HiddenFrom(s.narrow(boss, Token{Role: "viewer"})) == 0 {
		t.Error("an administrator's token for a viewer's rights sees all")
	}
}
