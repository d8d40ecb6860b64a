// Package surveyview shows surveys: the list, the form, the thanks and the
// results.
package surveyview

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/views/ui"
)

// ShowURL is the page on which a survey is answered.
func ShowURL(id string) string { return "/surveys/" + id }

// ResultsURL is the page of a survey's results.
func ResultsURL(id string) string { return "/surveys/" + id + "/results" }

// Row is a survey in a list.
type Row struct {
	ID, Title, Text string
	Period          string
	Response        string // "28 of 33, 85%"
	Share           float64
	Asked, Mine     bool
	Closes          time.Time
	MayClose        bool
}

// File is a survey file that may be opened by hand.
type File struct {
	Name, Title, Schedule string
	Opened                bool // for the current period
}

// ListProps are those of List.
type ListProps struct {
	Open     []Row
	Past     []Row
	Files    []File   // for those who may open
	Problems []string // of files that cannot be used, for those who may open
}

// NewRow makes a row of a survey.
func NewRow(l voice.Listed, mayClose bool) Row {
	r := Row{ID: l.ID, Title: l.Definition.Title, Text: l.Definition.Description, Period: PeriodText(l.Period),
		Response: Response(l.Answered, l.Invited), Asked: l.Asked, Mine: l.Mine, Closes: l.ClosesAt, MayClose: mayClose}
	if l.Invited > 0 {
		r.Share = float64(l.Answered) / float64(l.Invited)
	}
	return r
}

// Response says how many of those asked have answered.
func Response(answered, invited int) string {
	if invited == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d, %s", answered, invited, ui.Percent(float64(answered)/float64(invited), 0))
}

// PeriodText says a period's label in words.
func PeriodText(label string) string {
	var y, q int
	if _, err := fmt.Sscanf(label, "%d-Q%d", &y, &q); err == nil && q >= 1 && q <= 4 {
		return fmt.Sprintf("%s %d", [...]string{"January to March", "April to June", "July to September", "October to December"}[q-1], y)
	}
	if t, err := time.Parse("2006-01", label); err == nil {
		return t.Format("January 2006")
	}
	if t, err := time.Parse(time.DateOnly, label); err == nil {
		return t.Format("2 January 2006")
	}
	return label
}

// FormProps are those of Form.
type FormProps struct {
	ID, Title, Text string
	Promise         string // what happens to the answers
	Until           time.Time
	Mine            bool // this changes answers given before
	Fields          []Field
	Faults          []ui.FieldFault
}

// Field is one question with what was typed.
type Field struct {
	voice.Question
	Name    string // of the form's field
	Value   string
	Fault   string
	Choices []string
}

func (f Field) id() string          { return "f-" + f.ID }
func (f Field) describedBy() string { return f.id() + "-msg" }

// Name is the form's field for the answer to a question.
func Name(question string) string { return "answers." + question }

// NewForm makes the form of a survey with values by field name.
func NewForm(l voice.Listed, values map[string]string, faults []fault.Field) FormProps {
	p := FormProps{ID: l.ID, Title: l.Definition.Title, Text: introduction(l.Definition), Until: l.ClosesAt, Mine: l.Mine,
		Promise: promise(l.Definition)}
	wrong := map[string]string{}
	for _, f := range faults {
		wrong[f.Field] = f.Message
		if f.Field == "answers" {
			p.Faults = append(p.Faults, ui.FieldFault{Message: f.Message})
		}
	}
	for _, q := range l.Definition.Questions {
		f := Field{Question: q, Name: Name(q.ID), Value: values[Name(q.ID)], Fault: wrong[Name(q.ID)], Choices: q.Options}
		if q.Type == voice.NPS || q.Type == voice.Rating {
			low, high := q.Range()
			for n := low; n <= high; n++ {
				f.Choices = append(f.Choices, strconv.Itoa(n))
			}
		}
		if f.Fault != "" {
			p.Faults = append(p.Faults, ui.FieldFault{ID: f.firstID(), Label: q.Text, Message: f.Fault})
		}
		p.Fields = append(p.Fields, f)
	}
	return p
}

// firstID is the control that gets the focus.
func (f Field) firstID() string {
	if len(f.Choices) > 0 {
		return f.choiceID(f.Choices[0])
	}
	return f.id()
}

func (f Field) choiceID(choice string) string {
	return f.id() + "-" + strconv.Itoa(index(f.Choices, choice))
}

func index(all []string, s string) int {
	for i, v := range all {
		if v == s {
			return i
		}
	}
	return 0
}

func introduction(d voice.Definition) string {
	if d.Description != "" {
		return d.Description
	}
	return ui.Plural(len(d.Questions), "question", "questions") + "."
}

func promise(d voice.Definition) string {
	if !d.Anonymous {
		return "Your name is kept with your answers."
	}
	return fmt.Sprintf("Confidential until the survey closes, anonymous after: the key that could lead back to you is destroyed. Results show for %d answers or more.", d.Minimum)
}

// Values are given answers as the form's fields hold them.
func Values(a voice.Answers) map[string]string {
	out := map[string]string{}
	for id, v := range a {
		out[Name(id)] = fmt.Sprint(v)
	}
	return out
}

// ThanksProps are those of Thanks.
type ThanksProps struct {
	ID      string
	Until   time.Time
	Skipped int // questions that are not answered yet
}

func until(ctx context.Context, t time.Time) string {
	// The survey closes at the start of a day: the day before is the last one.
	return t.Add(-time.Second).In(ui.ClockOf(ctx).Zone).Format("2 January")
}
