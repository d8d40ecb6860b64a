// Package makeview shows what runs of templates have made, and what failed
// ones have left.
package makeview

import (
	"strings"

	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/ui"
)

// ResultProps are those of Result: what a run has made.
type ResultProps struct {
	Entity, Repository ui.Link
	Clone              string // address
	Links              []ui.Link
	Text               []Paragraph
}

// Paragraph is a text of the template's output.
type Paragraph struct {
	Title string
	HTML  string // safe to show as it is
}

// LeftProps are those of Left: what a run that ended without success has left.
type LeftProps struct {
	Run       string
	Things    []Thing
	CanClean  bool
	CanRetry  bool     // a cancelled run, or one that needs secrets
	Secrets   []string // names of those that a retry needs again
	Cleanable int
}

// Thing is something that a run has made or began to make.
type Thing struct {
	Kind, Name, URL, Note string
	State                 ui.BadgeProps
}

// NewThing is a as a row.
func NewThing(a scaffold.Artefact) Thing {
	t := Thing{Kind: a.Kind, Name: a.Ref, URL: a.URL, Note: a.Note}
	switch a.State {
	case scaffold.ArtefactBegun:
		t.State, t.Note = ui.BadgeProps{Label: "may exist", Tone: ui.Warn}, "The run ended while it was being made."
	case scaffold.ArtefactMade:
		t.State = ui.BadgeProps{Label: "exists", Tone: ui.Info}
	case scaffold.ArtefactRemoved:
		t.State = ui.BadgeProps{Label: "removed", Tone: ui.Good}
	case scaffold.ArtefactKept:
		t.State = ui.BadgeProps{Label: "kept", Tone: ui.Warn}
	}
	if !strings.HasPrefix(t.URL, "/") && !strings.HasPrefix(t.URL, "https://") && !strings.HasPrefix(t.URL, "http://") {
		t.URL = ""
	}
	return t
}

// WarningsProps are those of Warnings.
type WarningsProps struct {
	Count int
	Lines []string // the first ones
}

func (p WarningsProps) title() string { return ui.Plural(p.Count, "warning", "warnings") }

func runURL(id, what string) string { return "/runs/" + id + "/" + what }
