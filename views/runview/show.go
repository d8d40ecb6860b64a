package runview

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/ui"
)

// May says what the reader may do with a run.
type May struct{ Read, Cancel, Retry bool }

// HeadProps are those of Head: all of a run that changes while it goes on,
// except its log.
type HeadProps struct {
	Run      run.Run
	May      May
	Steps    []ui.Step
	Swap     bool // it replaces the head that is shown
	FailedIn string
	About    ui.Link // what the run works on
	Facts    []ui.Pair
	Result   templ.Component // what it has made; nil: nothing to show
}

// NewHead makes the props of Head.
func NewHead(r run.Run, may May, now time.Time) HeadProps {
	p := HeadProps{Run: r, May: may, Steps: Steps(r, now), About: RefLink(r.Subject), Facts: facts(r, now)}
	for _, s := range r.Steps {
		if s.State == run.StepFailed {
			p.FailedIn = s.Title
			break // those behind it ran because of it
		}
	}
	return p
}

// makes reports whether the run makes what it is about, which is not there
// before its end.
func (p HeadProps) makes() bool { return p.Run.Kind == "scaffold" }

func (p HeadProps) hasAbout() bool {
	return p.About.URL != "" && (!p.makes() || p.Run.State == run.Succeeded)
}

func (p HeadProps) mayCancel() bool { return p.May.Cancel && !p.Run.State.Over() && !p.Run.Cancel }
func (p HeadProps) mayRetry() bool  { return p.May.Retry && p.Run.State == run.Failed }

func (p HeadProps) failedTitle() string {
	if p.FailedIn == "" {
		return "The run failed"
	}
	return "The step “" + p.FailedIn + "” failed"
}

func (p HeadProps) refusedTitle() string {
	if p.FailedIn == "" {
		return "Refused"
	}
	return "Refused at “" + p.FailedIn + "”: nothing was made"
}

// ShowProps are those of Show.
type ShowProps struct {
	Head HeadProps
	Log  ui.LogProps
	Cut  bool // earlier lines are left out
}

// NewShow makes the props of a run's page. Lines are the last ones of the log.
func NewShow(r run.Run, lines []run.Line, may May, now time.Time) ShowProps {
	p := ShowProps{Head: NewHead(r, may, now)}
	p.Log = ui.LogProps{ID: "log", Label: "Log of " + r.Title, Empty: emptyLog(r)}
	var last int64
	for _, l := range lines {
		p.Log.Lines = append(p.Log.Lines, LogLine(l))
		last = l.N
	}
	p.Cut = len(lines) > 0 && lines[0].N > 1
	if !r.State.Over() {
		p.Log.Stream = LogURL(r.ID) + "?after=" + strconv.FormatInt(last, 10)
	}
	return p
}

func emptyLog(r run.Run) string {
	switch {
	case r.State.Over():
		return "This run wrote nothing."
	case r.StartedAt.IsZero():
		return "It has not begun; its lines will stand here."
	}
	return "Waiting for the first line."
}

func facts(r run.Run, now time.Time) []ui.Pair {
	by, owner := RefLink(r.By), RefLink(r.Owner)
	out := []ui.Pair{
		{Key: "Kind", Value: KindName(r.Kind)},
		{Key: "Asked for by", Value: by.Label, URL: by.URL},
		{Key: "Owner", Value: owner.Label, URL: owner.URL},
		{Key: "Asked for", Body: ui.RelTime(r.CreatedAt)},
	}
	if !r.StartedAt.IsZero() {
		out = append(out, ui.Pair{Key: "Began", Body: ui.RelTime(r.StartedAt)})
	}
	if r.State.Over() && !r.FinishedAt.IsZero() {
		out = append(out, ui.Pair{Key: "Ended", Body: ui.RelTime(r.FinishedAt)})
		if t := took(r, now); t != "" {
			out = append(out, ui.Pair{Key: "Took", Value: t})
		}
	}
	if r.Attempt > 1 {
		out = append(out, ui.Pair{Key: "Attempts", Value: strconv.FormatInt(int64(r.Attempt), 10)})
	}
	if r.CancelBy != "" {
		c := RefLink(r.CancelBy)
		out = append(out, ui.Pair{Key: "Cancelled by", Value: c.Label, URL: c.URL})
	}
	return append(out, ui.Pair{Key: "Id", Value: string(r.ID), Mono: true})
}

// sub is the sentence under the title.
func sub(r run.Run) string {
	s := KindName(r.Kind) + ", asked for by " + RefLink(r.By).Label
	if o := RefLink(r.Owner).Label; r.Owner != "" {
		s += " for " + o
	}
	return strings.TrimSpace(s)
}

// next says what can be done about a failure.
func (p HeadProps) next() string {
	s := "Finished steps are kept."
	if p.mayRetry() {
		s += " Retry goes on from the step that failed."
	} else {
		s += " A member of " + RefLink(p.Run.Owner).Label + " can retry it."
	}
	switch {
	case p.makes():
		s += " What exists by now stands below."
	case p.About.URL != "":
		s += " What exists by now stands on the page of the " + p.About.Label + "."
	}
	return s
}

// reason is the first line of the error; the others follow as a list.
func (p HeadProps) reason() string {
	first, _, _ := strings.Cut(p.Run.Error, "\n")
	return first
}

func (p HeadProps) furtherReasons() []string {
	_, rest, _ := strings.Cut(p.Run.Error, "\n")
	var out []string
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
