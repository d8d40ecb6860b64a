package envview

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/views/ui"
)

func TestNewPlanHidesAndMarks(t *testing.T) {
	got := NewPlan(provision.Plan{Engine: "OpenTofu 1", Changes: []provision.Change{
		{Address: "a.new", Action: "create", Attributes: []terraform.Attribute{
			{Name: "password", After: "hunter2", Sensitive: true}, {Name: "url", Unknown: true}, {Name: "size", After: "small"}}},
		{Address: "a.old", Action: "replace", Attributes: []terraform.Attribute{{Name: "name", Before: "x", After: "y", Replaces: true}}},
		{Address: "a.gone", Action: "forget"}}})
	want := &PlanProps{Engine: "OpenTofu 1", Note: "1 to add, 1 to replace", Rows: []ChangeRow{
		{Action: "add", Address: "a.new", Tone: ui.Good, Attributes: []AttributeRow{{Name: "password", Marks: "sensitive, not shown"}, {Name: "url", Marks: "known after apply"}, {Name: "size", After: "small"}}},
		{Action: "replace", Address: "a.old", Tone: ui.Bad, Attributes: []AttributeRow{{Name: "name", Before: "x", After: "y", Marks: "forces replacement"}}},
		{Action: "forget", Address: "a.gone"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := NewPlan(provision.Plan{Changes: make([]provision.Change, 5000)}); len(got.Rows) != maxRows || got.Hidden != 4500 || got.Note != "nothing to change" {
		t.Errorf("%d rows, %d hidden, %q", len(got.Rows), got.Hidden, got.Note)
	}
}

func TestNewChecks(t *testing.T) {
	rows, note := NewChecks([]provision.Check{{Rule: "a", Passed: true}, {Rule: "b", Level: "advisory"}, {Rule: "c", Level: "hard-mandatory"},
		{Rule: "d", Level: "soft-mandatory", Waiver: "w"}})
	var words []string
	for _, r := range rows {
		words = append(words, r.Word)
	}
	if diff := cmp.Diff([]string{"passed", "remark", "broken", "waived"}, words); diff != "" || note != "1 of 4 pass" {
		t.Error(diff, note)
	}
}

func TestNewCost(t *testing.T) {
	got := NewCost(provision.Estimate{Currency: "USD", Monthly: "73.00", Hours: 730, Known: []provision.PriceLine{{Title: "Database", Count: 2, Monthly: "73.00"}}}, 8*time.Hour)
	if got == nil || got.ForLife != "$0.80 for these 8 hours" || got.Total != "$73.00" || got.Rows[0][0].Text != "Database × 2" {
		t.Errorf("got %+v", got)
	}
	if NewCost(provision.Estimate{}, time.Hour) != nil {
		t.Error("an estimate of nothing is shown")
	}
}

func TestNewStepsEndInAState(t *testing.T) {
	for kind, want := range map[string]string{provision.LaunchKind: "Ready", provision.DestroyKind: "Gone"} {
		for state, last := range map[run.State]ui.StepState{run.Running: ui.StepTodo, run.Succeeded: ui.StepDone, run.Failed: ui.StepTodo} {
			steps := NewSteps(run.Run{Spec: run.Spec{Kind: kind}, State: state, Steps: []run.StepRow{{Title: "Plan"}}}, time.Now())
			if got := steps[len(steps)-1]; got.Name != want || got.State != last || len(steps) != 2 {
				t.Errorf("%s %s ends in %+v", kind, state, got)
			}
		}
	}
}

func TestNewTrouble(t *testing.T) {
	for _, s := range provision.AllStates {
		wants := s == provision.Failed || s == provision.Refused || s == provision.Cancelled
		if got := NewTrouble(provision.Environment{State: s}); (got != nil) != wants {
			t.Errorf("%s: %+v", s, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	tests := map[string]string{
		NewURL("a b", ""):                 "/environments/new?blueprint=a+b",
		NewURL("db", "component:x/y"):     "/environments/new?blueprint=db&service=component%3Ax%2Fy",
		BlueprintsURL(""):                 "/blueprints",
		entityURL("Group:Pay/A", "group"): "/catalog/pay/group/a",
		nameOf("group:default/team-a"):    "team-a",
		lives(48 * time.Hour):             "2 days",
		lives(time.Hour):                  "1 hour",
		lives(90 * time.Minute):           "1h30m0s",
		label("cost_center"):              "Cost center",
		label(""):                         "",
	}
	for got, want := range tests {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNewResources(t *testing.T) {
	known := []provision.Resource{{Address: "a", Progress: provision.Made}, {Address: "b", Progress: provision.Making},
		{Address: "c", Progress: provision.Removing}, {Address: "d", Progress: provision.Removed}}
	tests := map[provision.State]string{
		provision.Failed:    "What exists: exists, unknown: it was being made, unknown: it was being removed",
		provision.Applying:  "Resources: exists, being made, being removed",
		provision.Destroyed: ": ",
	}
	for state, want := range tests {
		rows, title := NewResources(provision.Environment{State: state}, known)
		var states []string
		for _, r := range rows {
			states = append(states, r.State)
		}
		if got := title + ": " + strings.Join(states, ", "); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
}
