package envview

import (
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/runview"
	"github.com/waymark-portal/waymark/views/ui"
)

// ShowProps are those of Show.
type ShowProps struct {
	Head   HeadProps
	Facts  FactsProps
	Log    *LogProps // nil: none, or not for this viewer
	Key    string    // for the forms
	Extend string    // why the last try to extend was refused
	TTL    string    // what was typed then
	Reveal *Revealed
}

// Revealed is a secret output that was just shown.
type Revealed struct{ Title, Value string }

// LogProps are those of the log's panel.
type LogProps struct {
	RunURL string
	Title  string
	Stream string
	Lines  []ui.LogLine
	Ended  bool
}

// HeadProps are those of the part with state and steps, which is sent again
// while a run works.
type HeadProps struct {
	ID, Name    string
	Badges      []ui.BadgeProps
	Blueprint   string
	Version     string
	Service     string
	By          string
	At          time.Time
	Lives       string
	Steps       []ui.Step
	StepsLabel  string
	Trouble     *Trouble
	Again       bool // sent to take the place of what is there
	CanExtend   bool
	CanDestroy  bool
	CancelURL   string
	RetryURL    string
	AgainURL    string // the form, filled in as before
	Expires     time.Time
	Expiring    bool
	WaitingFor  string
	Engine      *EngineProps
	DestroyText string
}

// Trouble says what went wrong, what exists, and what to do.
type Trouble struct {
	Title, Text string
	Tone        ui.Tone
	Next        string
}

// FactsProps are those of the part with plan, policy, cost and outputs.
type FactsProps struct {
	ID             string
	Again          bool // sent beside the head, to take the place of what is there
	Hidden         bool // the viewer does not belong to the owner
	Plan           *PlanProps
	Checks         []CheckRow
	CheckNote      string
	Broken         bool // a rule stopped the run
	Cost           *CostProps
	About          []ui.Pair
	Wanted         []ui.Pair
	Outputs        []OutputRow
	Resources      []ResourceRow
	ResourcesTitle string
	Runs           []RunRow
	Key            string
	CanReveal      bool
}

// OutputRow is one output.
type OutputRow struct {
	Name, Title, Value string
	Sensitive          bool
	Secret             string
}

// ResourceRow is one resource of an environment.
type ResourceRow struct {
	Address, ID, State string
	Tone               ui.Tone
}

// NewResources lists what the runs say exists. While an engine that died may
// have made more than it told, that is said.
func NewResources(e provision.Environment, known []provision.Resource) (rows []ResourceRow, title string) {
	if e.State.Gone() {
		return nil, ""
	}
	title = "Resources"
	if e.State == provision.Failed {
		title = "What exists"
	}
	for _, r := range known {
		row := ResourceRow{Address: r.Address, ID: r.ID, State: "exists", Tone: ui.Good}
		switch {
		case r.Progress == provision.Removed:
			continue
		case r.Progress == provision.Making && e.State.Busy():
			row.State, row.Tone = "being made", ui.Info
		case r.Progress == provision.Making:
			row.State, row.Tone = "unknown: it was being made", ui.Warn
		case r.Progress == provision.Removing && e.State.Busy():
			row.State, row.Tone = "being removed", ui.Info
		case r.Progress == provision.Removing:
			row.State, row.Tone = "unknown: it was being removed", ui.Warn
		}
		rows = append(rows, row)
	}
	return rows, title
}

// RunRow is one run of the history.
type RunRow struct {
	Title, URL, State string
	Tone              ui.Tone
	At                time.Time
	Note              string
}

// NewSteps makes the stepper of a run; a launch ends in Ready, a destroy in
// Gone.
func NewSteps(r run.Run, now time.Time) []ui.Step {
	out := runview.Steps(r, now)
	last := ui.Step{Name: "Ready", State: ui.StepTodo}
	if r.Kind == provision.DestroyKind {
		last.Name = "Gone"
	}
	if r.State == run.Succeeded {
		last.State = ui.StepDone
	}
	return append(out, last)
}

// NewRuns makes the history.
func NewRuns(list []run.Run) []RunRow {
	var out []RunRow
	for _, r := range list {
		b := runview.StateBadge(r.State)
		out = append(out, RunRow{Title: r.Title, URL: RunURL(string(r.ID)), State: b.Label, Tone: b.Tone, At: r.CreatedAt, Note: short(r.Error)})
	}
	return out
}

// short is the beginning of a long text.
func short(s string) string {
	const most = 140
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// BrokenRules names the rules that stopped a run, once each.
func BrokenRules(checks []provision.Check) string {
	var names []string
	for _, c := range checks {
		if c.Blocks() && !slices.Contains(names, c.Rule) {
			names = append(names, c.Rule)
		}
	}
	return strings.Join(names, ", ")
}

// NewTrouble says what is wrong with an environment, nil when nothing is.
func NewTrouble(e provision.Environment) *Trouble {
	switch e.State {
	case provision.Failed:
		return &Trouble{Title: "The run failed", Text: e.Reason, Tone: ui.Bad,
			Next: "Something may exist. Retry the run: it takes up what was made and goes on. Or destroy the environment: nothing of it stays."}
	case provision.Refused:
		return &Trouble{Title: "Stopped before anything was made", Text: e.Reason, Tone: ui.Warn,
			Next: "Nothing exists and nothing is charged. Change what the rule asks for and launch again."}
	case provision.Cancelled:
		return &Trouble{Title: "Cancelled before anything was made", Text: e.Reason, Tone: ui.Info, Next: "Nothing exists."}
	}
	return nil
}
