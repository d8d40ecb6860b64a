// Package homeview shows the home page: a greeting, and the widgets of a
// dashboard file.
package homeview

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/views/ui"
)

// Props are those of Home.
type Props struct {
	Name     string // of who looks
	Waiting  []ui.Link
	Loading  *Loading // while the sample organisation is loaded
	New      bool     // the catalog holds nobody yet, and the reader sets it up
	Problems []string // of dashboard files, for those who keep them
	Sections []Section
}

// Loading is how far the sample organisation is loaded.
type Loading struct {
	Doing string
	Done  int
	Total int
	Error string
}

// Section is a row of the page.
type Section struct {
	Title   string
	Buttons []Button
	Panels  []Panel
	Main    []Panel // set by Layout
	Aside   []Panel
}

// Button is a way to start something.
type Button struct {
	Title, Text, Icon, URL string
}

// Panel is one widget.
type Panel struct {
	Title, Note, NoteURL string
	Span                 int
	Wide                 bool // asks for two thirds of the row
	Flush                bool
	Bare                 bool // without a box of its own, over the whole row
	Body                 templ.Component
}

// Problem is the panel of a widget that cannot be shown.
func Problem(title, why string) Panel {
	if title == "" {
		title = "A widget"
	}
	return Panel{Title: title, Body: ui.Callout(ui.CalloutProps{Tone: ui.Warn, Title: "This widget cannot be shown.", Text: why})}
}

// Layout places the panels of a section. Where some ask for much room, these
// stand in the main column and the others beside it, each column by itself,
// so that nothing leaves a hole; else all share rows of twelve columns.
func Layout(s Section) Section {
	var wide, narrow []Panel
	for _, p := range s.Panels {
		switch {
		case p.Bare:
			return rows(s)
		case p.Wide:
			wide = append(wide, p)
		default:
			narrow = append(narrow, p)
		}
	}
	if len(wide) == 0 || len(narrow) == 0 {
		return rows(s)
	}
	s.Panels, s.Main, s.Aside = nil, wide, narrow
	return s
}

func rows(s Section) Section {
	boxed := 0
	for _, p := range s.Panels {
		if !p.Bare {
			boxed++
		}
	}
	span := 4
	switch boxed {
	case 1:
		span = 12
	case 2, 4:
		span = 6
	}
	for i := range s.Panels {
		s.Panels[i].Span = span
	}
	return s
}

// greeting is the right one for the hour where the reader is.
func greeting(ctx context.Context, name string) string {
	c := ui.ClockOf(ctx)
	words := "Good evening"
	switch h := c.Now.In(c.Zone).Hour(); {
	case h >= 5 && h < 12:
		words = "Good morning"
	case h >= 12 && h < 18:
		words = "Good afternoon"
	}
	first, _, _ := strings.Cut(name, " ")
	if first == "" {
		return words
	}
	return words + ", " + first
}

// Service is a row of the list of services.
type Service struct {
	Name, Text, URL, Icon string
	Deployed              time.Time
	Cost                  string // of the period; empty: not known
	CostMissing           string // why not
}

// ServicesProps are those of Services.
type ServicesProps struct {
	Rows      []Service
	HasDeploy bool   // deployments are recorded at all
	CostHead  string // head of the cost column; empty: no bills are read
}

// Environment is a row of the list of environments.
type Environment struct {
	Name, URL, Text string
	Tone            ui.Tone
	State           string
	Expires         time.Time // zero: stays
}

// Check is one line of the portal's status.
type Check struct {
	Name, Text, URL string
	Tone            ui.Tone
	Word            string
}

// DocsRow is a site of docs.
type DocsRow struct {
	Title, Text, URL string
}

// SurveyProps are those of Survey.
type SurveyProps struct {
	ID, Title, Question, Field string
	Low, High                  string
	Scores                     []string // empty: the survey asks for no score first
	Until                      time.Time
}

// CostProps are those of Cost.
type CostProps struct {
	Total    string
	Days     []CostDay
	Currency string
	Label    string // the chart in words
}

// CostDay is one day's cost.
type CostDay struct {
	Day    time.Time
	Amount float64
	Text   string
}

// bar is one bar of the chart in a box of 400 by 110.
type bar struct{ X, Y, Width, Height, Title string }

func (p CostProps) bars() []bar {
	most := 0.0
	for _, d := range p.Days {
		most = max(most, d.Amount)
	}
	if most == 0 || len(p.Days) == 0 {
		return nil
	}
	step := 400 / float64(len(p.Days))
	out := make([]bar, 0, len(p.Days))
	for i, d := range p.Days {
		height := math.Max(0, 106*d.Amount/most)
		out = append(out, bar{X: coord(float64(i)*step + step*.15), Y: coord(110 - height), Width: coord(step * .7), Height: coord(height),
			Title: d.Day.Format("2 January") + ": " + d.Text})
	}
	return out
}

func coord(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func (p CostProps) table() ui.GridProps {
	g := ui.GridProps{Caption: "Cost for each day", Head: []ui.Cell{{Text: "Day"}, {Text: "Cost", Num: true}}}
	for _, d := range p.Days {
		g.Rows = append(g.Rows, []ui.Cell{{Text: d.Day.Format("2 January 2006")}, {Text: d.Text, Num: true}})
	}
	return g
}

func (l Loading) text() string {
	if l.Doing == "" {
		return fmt.Sprintf("%d of %d parts are there.", l.Done, l.Total)
	}
	return fmt.Sprintf("Loading %s, part %d of %d. Figures appear as they come.", l.Doing, l.Done+1, l.Total)
}

func lastDay(ctx context.Context, t time.Time) string {
	return t.Add(-time.Second).In(ui.ClockOf(ctx).Zone).Format("2 January")
}
