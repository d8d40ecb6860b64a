package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// longest is how long a waiver may hold.
const longest = 366 * 24 * time.Hour

const waiveSchema = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["rule", "scope", "reason", "until"],
  "properties": {
    "rule": {"type": "string", "title": "Rule", "description": "A rule that is soft-mandatory.", "minLength": 1, "maxLength": 100},
    "scope": {"type": "string", "title": "Scope", "description": "What may break it: a team or service (its reference), an environment (its id, or owner and name: group:default/ledger-team/load-test), or all.", "minLength": 1, "maxLength": 300},
    "reason": {"type": "string", "title": "Reason", "description": "Why it is right to break the rule; it stands in the audit trail.", "minLength": 5, "maxLength": 2000, "ui:widget": "textarea"},
    "until": {"type": "string", "title": "Until", "description": "The day (2026-12-31) or time (RFC 3339) when the waiver ends; a year from now at the latest.", "minLength": 10, "maxLength": 40}
  }
}`

// Actions are what can be done about policies.
func (e *Engine) Actions() []action.Def {
	return []action.Def{{
		Name: "waive-policy", Title: "Waive a policy", Permission: "waive-policy",
		Summary:     "Lets a team, service or environment break a soft-mandatory rule until a time.",
		Schema:      json.RawMessage(waiveSchema),
		SampleInput: json.RawMessage(`{"rule": "naming", "scope": "group:default/ledger-team", "reason": "The name is given by the bank.", "until": "2027-01-31"}`),
		Prepare:     e.prepareWaiver,
	}}
}

func (e *Engine) prepareWaiver(_ context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
	var w struct{ Rule, Scope, Reason, Until string }
	if err := json.Unmarshal(in, &w); err != nil {
		return action.Prepared{}, fmt.Errorf("waiver: %w", err)
	}
	now := e.now().UTC()
	until, ok := readUntil(w.Until)
	var faults []fault.Field
	if rule, known := e.Rule(w.Rule); !known {
		faults = append(faults, fault.Field{Field: "rule", Code: "unknown", Message: "There is no rule of this name."})
	} else if rule.Level == Advisory {
		faults = append(faults, fault.Field{Field: "rule", Code: "advisory", Message: "This rule is advisory; nothing needs to be waived."})
	} else if !rule.CanWaive() {
		faults = append(faults, fault.Field{Field: "rule", Code: "hard", Message: "This rule is hard-mandatory; it cannot be waived."})
	}
	switch {
	case !ok:
		faults = append(faults, fault.Field{Field: "until", Code: "format", Message: "This is not a day (2026-12-31) or a time (2026-12-31T18:00:00Z)."})
	case !until.After(now):
		faults = append(faults, fault.Field{Field: "until", Code: "past", Message: "This is in the past."})
	case until.After(now.Add(longest)):
		faults = append(faults, fault.Field{Field: "until", Code: "late", Message: "A waiver holds for a year at most."})
	}
	if strings.TrimSpace(w.Reason) == "" {
		faults = append(faults, fault.Field{Field: "reason", Code: "required", Message: "Say why."})
	}
	if len(faults) > 0 {
		return action.Prepared{}, fault.InvalidFields(faults...)
	}
	kept := Waiver{ID: id.New("wai"), Rule: w.Rule, Scope: strings.TrimSpace(w.Scope), Reason: strings.TrimSpace(w.Reason), By: a.ID, Until: until}
	p := action.Prepared{Subject: kept.ID, Preview: kept}
	if strings.HasPrefix(kept.Scope, "group:") {
		p.Owner = kept.Scope
	}
	p.Execute = func(ctx context.Context, t tx.Tx) (action.Output, error) {
		kept.CreatedAt = t.Now()
		if err := e.store.AddWaiver(ctx, t, kept); err != nil {
			return action.Output{}, err
		}
		return action.Output{Body: map[string]any{"waiver": kept}, Location: "/policies#waivers",
			Message: fmt.Sprintf("%s is waived for %s until %s.", kept.Rule, kept.Scope, kept.Until.Format("2 January 2006"))}, nil
	}
	return p, nil
}

// readUntil reads a time, or a day, which holds to its end in UTC.
func readUntil(s string) (time.Time, bool) {
	if v, err := time.Parse(time.RFC3339, s); err == nil {
		return v.UTC().Truncate(time.Microsecond), true
	}
	v, err := time.Parse(time.DateOnly, s)
	return v.Add(24*time.Hour - time.Second), err == nil
}
