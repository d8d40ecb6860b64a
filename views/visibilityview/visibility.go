// Package visibilityview shows the rules that hide entities.
package visibilityview

import (
	"strings"

	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/views/ui"
)

// Props are those of Show.
type Props struct {
	Rules []Rule
	// Counted is set when the counts are the viewer's to know: nothing is
	// hidden from it.
	Counted bool
}

// Rule is one rule in words.
type Rule struct {
	Name, Reason string
	Match        []ui.Pair
	Visible      []ui.Pair
	Covers       string
}

// NewProps puts rules into words. counts are how many entities each covers;
// none for a viewer from whom something is hidden.
func NewProps(rules []config.VisibilityRule, counts []int) Props {
	p := Props{Counted: len(counts) == len(rules)}
	for i, r := range rules {
		out := Rule{Name: r.Name, Reason: r.Reason, Covers: ui.Dash,
			Match:   pairs("kind", r.Match.Kind, "namespace", r.Match.Namespace, "owner", r.Match.Owner, "tag", r.Match.Tag),
			Visible: pairs("roles", r.Visible.Roles, "groups", r.Visible.Groups)}
		if p.Counted {
			out.Covers = ui.Number(int64(counts[i]))
		}
		p.Rules = append(p.Rules, out)
	}
	return p
}

// pairs are the fields that are given: name and values in turn.
func pairs(fields ...any) []ui.Pair {
	var out []ui.Pair
	for i := 0; i+1 < len(fields); i += 2 {
		name, _ := fields[i].(string)
		if values, _ := fields[i+1].(config.OneOrMany); len(values) > 0 {
			out = append(out, ui.Pair{Key: name, Value: strings.Join(values, " or ")})
		}
	}
	return out
}
