package policy

import (
	"slices"
	"strings"
	"time"
)

// Waiver lets a scope break a soft rule until a time.
type Waiver struct {
	ID        string    `json:"id"`
	Rule      string    `json:"rule"`
	Scope     string    `json:"scope"` // group or service reference, environment id or owner/name, or all
	Reason    string    `json:"reason"`
	By        string    `json:"by"`
	CreatedAt time.Time `json:"createdAt"`
	Until     time.Time `json:"until"`
}

// everywhere is the scope that covers all.
const everywhere = "all"

// scopesOf are the scopes that a waiver may name to cover a judgement. A name
// counts with its owner only: another team may give its environment the same.
func scopesOf(d Decision, request map[string]any) []string {
	out := []string{everywhere}
	for _, s := range []string{d.Owner, d.Environment} {
		if s != "" {
			out = append(out, s)
		}
	}
	if d.Owner != "" && d.Subject != "" {
		out = append(out, d.Owner+"/"+d.Subject)
	}
	if s, ok := request["environment"].(string); ok && strings.HasPrefix(s, "env_") {
		out = append(out, s)
	}
	if s, ok := request["service"].(string); ok && s != "" {
		out = append(out, s)
	}
	return out
}

// waive marks the soft violations that a waiver covers. Hard ones are never
// waived.
func waive(checks []Check, waivers []Waiver, scopes []string) {
	for i, c := range checks {
		if c.Passed || c.Level != Soft {
			continue
		}
		n := slices.IndexFunc(waivers, func(w Waiver) bool { return w.Rule == c.Rule && slices.Contains(scopes, w.Scope) })
		if n >= 0 {
			checks[i].Waiver = waivers[n].ID
		}
	}
}
