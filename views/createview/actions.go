package createview

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/ui"
)

// ActionsProps are what steps of templates can do.
type ActionsProps struct {
	Areas []ActionArea
	Count string
}

// ActionArea is a group of actions whose ids begin alike.
type ActionArea struct {
	Name    string
	Actions []ActionDoc
}

// ActionDoc is one action as people read of it.
type ActionDoc struct {
	ID       string
	Anchor   string
	Summary  string
	Custom   bool
	Roles    string // who may use it; empty: everybody
	Inputs   []ActionField
	Outputs  []ActionField
	DryRun   string
	Undo     string
	Examples []ActionExample
}

// ActionField is one value that goes in or comes out.
type ActionField struct {
	Name, Type, Text string
	Required         bool
}

// ActionExample is one use as the step of a template.
type ActionExample struct{ ID, Title, Step string }

// ActionsURL is the page of all actions.
func ActionsURL() string { return "/create/actions" }

// NewActionsProps groups the actions by the first part of their ids.
func NewActionsProps(list []scaffold.Action) ActionsProps {
	p := ActionsProps{Count: fmt.Sprint(len(list))}
	areas := map[string][]ActionDoc{}
	for _, a := range list {
		area, _, _ := strings.Cut(a.ID, ":")
		areas[area] = append(areas[area], newActionDoc(a))
	}
	for _, name := range slices.Sorted(maps.Keys(areas)) {
		p.Areas = append(p.Areas, ActionArea{name, areas[name]})
	}
	return p
}

func newActionDoc(a scaffold.Action) ActionDoc {
	d := ActionDoc{ID: a.ID, Anchor: strings.ReplaceAll(a.ID, ":", "-"), Summary: a.Summary, Custom: a.Custom, Undo: a.Undo,
		Roles: strings.Join(a.Roles, ", "), Inputs: fieldsOf(a.Input), Outputs: fieldsOf(a.Output), DryRun: "A dry run leaves it out and says what it would do."}
	if a.DryRun {
		d.DryRun = "It takes part in a dry run."
	}
	for i, e := range a.Examples {
		step := "- id: example\n  action: " + a.ID
		if text := strings.TrimSpace(e.Input); text != "" && text != "{}" {
			step += "\n  input:\n    " + strings.ReplaceAll(text, "\n", "\n    ")
		}
		d.Examples = append(d.Examples, ActionExample{fmt.Sprintf("%s-%d", d.Anchor, i+1), e.Description, step})
	}
	return d
}

// fieldsOf lists the properties of a schema, those that are needed first.
func fieldsOf(schema json.RawMessage) []ActionField {
	var s struct {
		Required   []string                   `json:"required"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return nil
	}
	var out []ActionField
	for name, raw := range s.Properties {
		var p struct {
			Type        any    `json:"type"`
			Title       string `json:"title"`
			Description string `json:"description"`
			Enum        []any  `json:"enum"`
			Const       any    `json:"const"`
		}
		_ = json.Unmarshal(raw, &p) // true and false are schemas too, and say nothing
		f := ActionField{Name: name, Type: typeName(p.Type), Text: p.Description, Required: slices.Contains(s.Required, name)}
		if f.Text == "" {
			f.Text = p.Title
		}
		if p.Const != nil {
			p.Enum = []any{p.Const}
		}
		if len(p.Enum) > 0 {
			f.Text = strings.TrimSpace(f.Text + " One of: " + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(p.Enum)), ", "), "[]") + ".")
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(x, y ActionField) int {
		if x.Required != y.Required {
			if x.Required {
				return -1
			}
			return 1
		}
		return strings.Compare(x.Name, y.Name)
	})
	return out
}

func typeName(t any) string {
	switch t := t.(type) {
	case string:
		return t
	case []any:
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(t), "[]"), " ", " or ")
	}
	return "any"
}

// pairs are the facts beside the fields.
func (d ActionDoc) pairs() []ui.Pair {
	out := []ui.Pair{{Key: "Dry run", Value: d.DryRun}, {Key: "After a failure", Value: d.Undo}}
	if d.Roles != "" {
		out = append(out, ui.Pair{Key: "Only for the role", Value: d.Roles})
	}
	return out
}
