package envview

import (
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/views/ui"
)

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
