// Package runview shows runs: what is being done, step by step, with the log.
package runview

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/ui"
)

// ShowURL is where a run's page is.
func ShowURL(id run.ID) string { return "/runs/" + url.PathEscape(string(id)) }

// LogURL is where a run's log is: a stream for the page, text for the rest.
func LogURL(id run.ID) string { return ShowURL(id) + "/log" }

// StateBadge is a run's state as a word with its colour.
func StateBadge(s run.State) ui.BadgeProps {
	tone := ui.Neutral
	switch s {
	case run.Running:
		tone = ui.Info
	case run.Waiting, run.AwaitingApproval, run.Refused:
		tone = ui.Warn
	case run.Succeeded:
		tone = ui.Good
	case run.Failed:
		tone = ui.Bad
	}
	return ui.BadgeProps{Label: strings.ReplaceAll(string(s), "_", " "), Tone: tone}
}

// KindName is a kind in words.
func KindName(kind string) string {
	switch kind {
	case "scaffold":
		return "Creation"
	case "scaffold-clean-up":
		return "Clean-up"
	}
	words := strings.NewReplacer("-", " ", "_", " ", ".", " ").Replace(kind)
	if words == "" {
		return "Run"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// RefLink is a link to what a reference or an id names, with a short label.
func RefLink(ref string) ui.Link {
	switch {
	case ref == "":
		return ui.Link{Label: ui.Dash}
	case strings.HasPrefix(ref, "system:"):
		return ui.Link{Label: "Waymark (" + strings.TrimPrefix(ref, "system:") + ")"}
	case strings.HasPrefix(ref, "env_"):
		return ui.Link{Label: "environment", URL: "/environments/" + url.PathEscape(ref)}
	case strings.HasPrefix(ref, "run_"):
		return ui.Link{Label: "run", URL: ShowURL(run.ID(ref))}
	case !strings.Contains(ref, ":") || strings.HasPrefix(ref, "account:"):
		return ui.Link{Label: ref}
	}
	r, err := catalog.ParseRef(ref, "", "")
	if err != nil {
		return ui.Link{Label: ref}
	}
	return ui.Link{Label: catalogview.RefName(r), URL: catalogview.ShowURL(r)}
}

// Steps are a run's steps as the stepper shows them.
func Steps(r run.Run, now time.Time) []ui.Step {
	out := make([]ui.Step, len(r.Steps))
	for i, s := range r.Steps {
		out[i] = ui.Step{Name: s.Title, Note: stepNote(s, now), State: stepState(s.State)}
	}
	return out
}

func stepState(s run.StepState) ui.StepState {
	switch s {
	case run.StepRunning:
		return ui.StepNow
	case run.StepWaiting:
		return ui.StepWaiting
	case run.StepSucceeded:
		return ui.StepDone
	case run.StepFailed:
		return ui.StepFailed
	case run.StepSkipped, run.StepCancelled:
		return ui.StepSkipped
	}
	return ui.StepTodo
}

func stepNote(s run.StepRow, now time.Time) string {
	switch {
	case s.Note != "":
		return s.Note
	case s.State == run.StepCancelled:
		return "cancelled"
	case s.State == run.StepSucceeded && !s.StartedAt.IsZero():
		return ui.Duration(s.FinishedAt.Sub(s.StartedAt))
	}
	return ""
}

// took is how long a run took or has been going, "" before it began.
func took(r run.Run, now time.Time) string {
	switch {
	case r.StartedAt.IsZero():
		return ""
	case r.FinishedAt.IsZero():
		return ui.Duration(now.Sub(r.StartedAt))
	}
	return ui.Duration(r.FinishedAt.Sub(r.StartedAt))
}

// LogLine is a line of the log as it is shown.
func LogLine(l run.Line) ui.LogLine {
	out := ui.LogLine{ID: "l" + strconv.FormatInt(l.N, 10), Time: l.At, Text: l.Text, Level: ui.Neutral}
	switch l.Level {
	case "warn":
		out.Level = ui.Warn
	case "error", "failed":
		out.Level = ui.Bad
	case "good", "finished":
		out.Level = ui.Good
	case "step", "began":
		out.Level = "step"
	}
	return out
}
