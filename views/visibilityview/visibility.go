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
	Covers       string // how many entities, if that is the viewer's to know
	Facts        []ui.Pair
}

// NewProps puts rules into words. counts are how many entities each covers;
// none for a viewer from whom something is hidden.
func NewProps(rules []config.VisibilityRule, counts []int) Props {
	p := Props{Counted: len(counts) == len(rules)}
	for i, r := range rules {
		out := Rule{Name: r.Name, Reason: r.Reason}
		out.add("Kind", r.Match.Kind)
		out.add("Namespace", r.Match.Namespace)
		out.add("Owner", r.Match.Owner)
		out.add("Tag", r.Match.Tag)
		out.add("Seen by roles", r.Visible.Roles)
		out.add("Seen by groups", r.Visible.Groups)
		if p.Counted {
			out.Covers = "hides " + ui.Plural(counts[i], "entity", "entities")
		}
		p.Rules = append(p.Rules, out)
	}
	return p
}

// add tells a field that is given.
func (r *Rule) add(key string, values []string) {
	if len(values) > 0 {
		r.Facts = append(r.Facts, ui.Pair{Key: key, Value: strings.Join(values, " or "), Mono: true})
	}
}
