// Package policyview shows the rules, what they decided and who may break
// them for a while.
package policyview

import (
	"net/url"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/views/runview"
	"github.com/waymark-portal/waymark/views/ui"
)

// ShowURL is where a rule's page is.
func ShowURL(rule string) string { return "/policies/" + url.PathEscape(rule) }

// LevelBadge is a rule's level as a word with its colour.
func LevelBadge(l policy.Level) ui.BadgeProps {
	switch l {
	case policy.Hard:
		return ui.BadgeProps{Label: "hard mandatory", Tone: ui.Bad}
	case policy.Soft:
		return ui.BadgeProps{Label: "soft mandatory", Tone: ui.Warn}
	}
	return ui.BadgeProps{Label: "advisory", Tone: ui.Info}
}

// Row is one rule in the list.
type Row struct {
	Name, Title, Text, URL string
	Level                  ui.BadgeProps
	Applies                string
	Count                  policy.Count
}

func newRow(r policy.Rule, c policy.Count) Row {
	return Row{Name: r.Name, Title: r.Title, Text: r.Description, URL: ShowURL(r.Name), Level: LevelBadge(r.Level), Applies: applies(r), Count: c}
}

// applies says what a rule judges.
func applies(r policy.Rule) string {
	var out []string
	for _, p := range r.Applies {
		out = append(out, string(p))
	}
	return strings.Join(out, " and ")
}

// Decision is one judgement in a list.
type Decision struct {
	At      time.Time
	Allowed bool
	What    string
	Subject ui.Link
	Owner   ui.Link
	Broken  []string // rules
}

// NewDecision is d as it is shown.
func NewDecision(d policy.Decision) Decision {
	out := Decision{At: d.At, Allowed: d.Allowed, What: string(d.Phase), Subject: ui.Link{Label: d.Subject}, Owner: runview.RefLink(d.Owner)}
	if d.Action != "" {
		out.What = d.Action
	}
	if d.Environment != "" {
		out.Subject.URL = "/environments/" + url.PathEscape(d.Environment)
	}
	if out.Subject.Label == "" {
		out.Subject.Label = ui.Dash
	}
	seen := map[string]bool{}
	for _, c := range d.Checks {
		if !c.Passed && !seen[c.Rule] {
			seen[c.Rule] = true
			out.Broken = append(out.Broken, c.Rule)
		}
	}
	return out
}

// Waiver is one waiver in a list.
type Waiver struct {
	Rule, Reason string
	Scope, By    ui.Link
	Until        time.Time
}

func newWaiver(w policy.Waiver) Waiver {
	return Waiver{Rule: w.Rule, Reason: w.Reason, Scope: runview.RefLink(w.Scope), By: runview.RefLink(w.By), Until: w.Until}
}

// ListProps are those of List.
type ListProps struct {
	Rows      []Row
	Decisions []Decision
	Waivers   []Waiver
}

// NewList makes the props of the list.
func NewList(rules []policy.Rule, counts map[string]policy.Count, d []policy.Decision, w []policy.Waiver) ListProps {
	var p ListProps
	for _, r := range rules {
		p.Rows = append(p.Rows, newRow(r, counts[r.Name]))
	}
	p.Decisions, p.Waivers = lists(d, w, "")
	return p
}

// lists are decisions and waivers as shown, of one rule or (empty) of all.
func lists(d []policy.Decision, w []policy.Waiver, rule string) (decisions []Decision, waivers []Waiver) {
	for _, v := range d {
		decisions = append(decisions, NewDecision(v))
	}
	for _, v := range w {
		if rule == "" || v.Rule == rule {
			waivers = append(waivers, newWaiver(v))
		}
	}
	return decisions, waivers
}

// Form is what was typed into the waiver form, and what is wrong with it.
type Form struct {
	Scope, Reason, Until string
	Faults               []ui.FieldFault
}

// ShowProps are those of Show.
type ShowProps struct {
	Rule      policy.Rule
	Facts     []ui.Pair
	Decisions []Decision
	Waivers   []Waiver
	MayWaive  bool
	Form      Form
}

// NewShow makes the props of a rule's page.
func NewShow(r policy.Rule, c policy.Count, d []policy.Decision, w []policy.Waiver, mayWaive bool, f Form) ShowProps {
	p := ShowProps{Rule: r, MayWaive: mayWaive && r.CanWaive(), Form: f}
	level := LevelBadge(r.Level)
	p.Facts = []ui.Pair{
		{Key: "Level", Body: ui.Badge(level.Label, level.Tone)},
		{Key: "Judges", Value: applies(r)},
		{Key: "How to mend", Value: r.Fix},
		{Key: "Kept", Value: ui.Number(c.Passed) + " times in 30 days"},
		{Key: "Broken", Value: ui.Number(c.Broken) + " times in 30 days"},
		{Key: "Waived", Value: ui.Number(c.Waived) + " times in 30 days"},
		{Key: "File", Value: "templates/policies/" + r.File, Mono: true},
	}
	p.Decisions, p.Waivers = lists(d, w, r.Name)
	return p
}
