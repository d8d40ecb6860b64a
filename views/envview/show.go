package envview

import (
	"fmt"
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
	ID        string
	Again     bool // sent beside the head, to take the place of what is there
	Hidden    bool // the viewer does not belong to the owner
	Plan      *PlanProps
	Checks    []CheckRow
	CheckNote string
	Broken    bool // a rule stopped the run
	Cost      *CostProps
	About     []ui.Pair
	Wanted    []ui.Pair
	Outputs   []OutputRow
	Runs      []RunRow
	Key       string
	CanReveal bool
}

// OutputRow is one output.
type OutputRow struct {
	Name, Title, Value string
	Sensitive          bool
	Secret             string
}

// RunRow is one run of the history.
type RunRow struct {
	Title, URL, State string
	Tone              ui.Tone
	At                time.Time
	Note              string
}

// PlanProps are those of the table of changes.
type PlanProps struct {
	Note    string
	Engine  string
	Rows    []ChangeRow
	Hidden  int // rows that are left out
	Destroy bool
}

// ChangeRow is one resource of a plan.
type ChangeRow struct {
	Action, Address string
	Tone            ui.Tone
	Attributes      []AttributeRow
}

// AttributeRow is one attribute of a change.
type AttributeRow struct {
	Name, Before, After string
	Marks               string // sensitive, known after apply, replaces
}

// CheckRow is one policy rule.
type CheckRow struct {
	Rule, Text, Level, Fix, Resource string
	Tone                             ui.Tone
	Word                             string
}

// CostProps are those of the estimate.
type CostProps struct {
	Rows        [][]ui.Cell
	Total       string
	ForLife     string
	Note        string
	Usage       []string
	Unsupported []string
}

var actionTones = map[string]ui.Tone{"create": ui.Good, "import": ui.Info, "update": ui.Info, "delete": ui.Bad, "replace": ui.Bad}

var actionWords = map[string]string{"create": "add", "import": "take back", "update": "change", "delete": "destroy", "replace": "replace"}

// maxRows bounds the rows of a plan on a page.
const maxRows = 500

// NewPlan makes the table of a plan.
func NewPlan(p provision.Plan) *PlanProps {
	out := &PlanProps{Engine: p.Engine, Destroy: p.Destroy}
	for _, a := range []string{"import", "create", "update", "replace", "delete"} {
		if n := p.Count(a); n > 0 {
			if out.Note != "" {
				out.Note += ", "
			}
			out.Note += fmt.Sprintf("%d to %s", n, actionWords[a])
		}
	}
	if out.Note == "" {
		out.Note = "nothing to change"
	}
	for i, c := range p.Changes {
		if i == maxRows {
			out.Hidden = len(p.Changes) - maxRows
			break
		}
		out.Rows = append(out.Rows, newChange(c))
	}
	return out
}

func newChange(c provision.Change) ChangeRow {
	row := ChangeRow{Action: actionWords[c.Action], Address: c.Address, Tone: actionTones[c.Action]}
	if row.Action == "" {
		row.Action = c.Action
	}
	for _, a := range c.Attributes {
		r := AttributeRow{Name: a.Name, Before: a.Before, After: a.After}
		switch {
		case a.Sensitive:
			r.Before, r.After, r.Marks = "", "", "sensitive, not shown"
		case a.Unknown:
			r.After, r.Marks = "", "known after apply"
		}
		if a.Replaces {
			r.Marks = "forces replacement"
		}
		row.Attributes = append(row.Attributes, r)
	}
	return row
}

// NewChecks makes the rows of the policy panel, and its note.
func NewChecks(checks []provision.Check) (rows []CheckRow, note string) {
	passed := 0
	for _, c := range checks {
		row := CheckRow{Rule: c.Rule, Text: c.Message, Level: c.Level, Fix: c.Fix, Resource: c.Resource, Tone: ui.Good, Word: "passed"}
		switch {
		case c.Passed:
			passed++
		case c.Blocks():
			row.Tone, row.Word = ui.Bad, "broken"
		case c.Waiver != "":
			row.Tone, row.Word = ui.Warn, "waived"
		default:
			row.Tone, row.Word = ui.Warn, "remark"
		}
		rows = append(rows, row)
	}
	if len(checks) > 0 {
		note = fmt.Sprintf("%d of %d pass", passed, len(checks))
	}
	return rows, note
}

// NewCost makes the estimate's table; nil when nothing is known.
func NewCost(e provision.Estimate, life time.Duration) *CostProps {
	if e.Monthly == "" || e.Currency == "" {
		return nil
	}
	p := &CostProps{Total: ui.Money(e.Monthly, e.Currency), Usage: e.Usage, Unsupported: e.Unsupported,
		Note: fmt.Sprintf("A month of %d hours. Prices: %s.", e.Hours, e.Book)}
	if s := e.For(life); s != "" && life > 0 {
		p.ForLife = fmt.Sprintf("%s for these %s", ui.Money(s, e.Currency), lives(life))
	}
	for _, l := range e.Known {
		title := l.Title
		if l.Count > 1 {
			title = fmt.Sprintf("%s × %d", l.Title, l.Count)
		}
		p.Rows = append(p.Rows, []ui.Cell{{Text: title}, {Text: ui.Money(l.Monthly, e.Currency), Num: true}})
	}
	return p
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
