package costview

import (
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/ui"
)

// ImportsProps are those of Imports.
type ImportsProps struct {
	MayImport bool
	Source    string // as typed
	Period    string // as typed
	Faults    []ui.FieldFault
	Rows      []ImportRow
}

// ImportRow is one import.
type ImportRow struct {
	Source, Name, Period, Rows, Billed, Effective, By string
	Warnings                                          []string
	At                                                time.Time
	Replaced                                          bool
}

// NewImports makes the page's props; faults are those of a refused form.
func NewImports(list []cost.Import, mayImport bool, faults []fault.Field) ImportsProps {
	p := ImportsProps{MayImport: mayImport}
	for _, f := range faults {
		p.Faults = append(p.Faults, ui.FieldFault{ID: "f-" + f.Field, Label: formLabels[f.Field], Message: f.Message})
	}
	for _, i := range list {
		r := ImportRow{Source: i.Source, Name: i.Name, Period: i.Period, Rows: ui.Number(i.Rows), By: i.Actor, At: i.At,
			Billed: ui.Money(i.Amounts.Billed.String(), i.Currency), Effective: ui.Money(i.Amounts.Effective.String(), i.Currency),
			Replaced: !i.ReplacedAt.IsZero()}
		for _, w := range i.Warnings {
			r.Warnings = append(r.Warnings, warning(w))
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

var formLabels = map[string]string{"source": "Source", "period": "Billing month", "file": "FOCUS file"}

func warning(w cost.Warning) string {
	text := fmt.Sprintf("Row %d: %s %s", w.Row, w.Column, w.Message)
	if w.Column == "" {
		text = fmt.Sprintf("Row %d: %s", w.Row, w.Message)
	}
	if w.Rows > 1 {
		text += fmt.Sprintf(" (%s rows)", ui.Number(int64(w.Rows)))
	}
	return text
}

// Fault is what is wrong with a field of the form, empty when nothing is.
func (p ImportsProps) Fault(field string) string {
	for _, f := range p.Faults {
		if f.ID == "f-"+field {
			return f.Message
		}
	}
	return ""
}

func lower(s string) string { return strings.ToLower(s) }

func join(list []string) string { return strings.Join(list, ", ") }

func byTime(q cost.Query) bool { return q.Group == "day" || q.Group == "month" }
