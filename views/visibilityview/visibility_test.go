package visibilityview

import (
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/config"
)

func TestRulesInWords(t *testing.T) {
	rules := []config.VisibilityRule{{Name: "pay", Reason: "Private.", Match: config.VisibleMatch{Kind: config.OneOrMany{"API", "Resource"}, Owner: config.OneOrMany{"hr"}},
		Visible: config.VisibleTo{Roles: config.OneOrMany{"auditor"}}}}
	tests := []struct {
		name   string
		rules  []config.VisibilityRule
		counts []int
		has    []string
		hasNot []string
	}{
		{"counted", rules, []int{3}, []string{"pay", "Private.", "API or Resource", "Seen by roles", "hides 3 entities"}, []string{"Seen by groups", "Namespace", "no numbers"}},
		{"not counted", rules, nil, []string{"pay", "no numbers are shown"}, []string{"hides 3", "hides 0"}},
		{"none", nil, nil, []string{"Everybody sees everything", "Who sees what"}, []string{"no numbers"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := Show(NewProps(tt.rules, tt.counts)).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.has {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%q is missing: %s", want, b.String())
				}
			}
			for _, not := range tt.hasNot {
				if strings.Contains(b.String(), not) {
					t.Errorf("%q is there: %s", not, b.String())
				}
			}
		})
	}
}
