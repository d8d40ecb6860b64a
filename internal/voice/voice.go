// Package voice asks people what they think: surveys as files, opened as
// waves, answered without leaving a trace of who answered what, and the
// figures made from the answers.
package voice

import (
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// The refusals of this package.
var (
	// ErrNotFound means that no survey has the id.
	ErrNotFound = fault.New(fault.NotFound, "There is no such survey.")
	// ErrClosed means that the survey takes no answers any more.
	ErrClosed = fault.New(fault.Conflict, "This survey is closed. Answers can no longer be given or changed.")
	// ErrOpened means that the definition already has a survey in this period.
	ErrOpened = fault.New(fault.Conflict, "This survey was already opened for this period.")
	// ErrNotInvited means that the actor is not in the audience.
	ErrNotInvited = fault.New(fault.Forbidden, "This survey was not sent to you. Nothing was recorded.")
)

// State is where a survey is in its life.
type State string

// A survey is open until it is closed; nothing leads back.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Survey is one opened wave of a definition. It keeps the definition as it was
// at that moment, so a later change of the file alters neither questions nor
// figures.
type Survey struct {
	ID         string
	Definition Definition
	Version    string // hash of the definition
	Period     string // such as 2026-Q3; unique per definition
	State      State
	OpensAt    time.Time
	ClosesAt   time.Time
	ClosedAt   time.Time
	Invited    int // counted when it closes; until then the audience is counted anew
	Answered   int
	Mine       bool // the viewer has answered
}

// IsOpen reports whether answers are taken at now.
func (s Survey) IsOpen(now time.Time) bool { return s.State == Open && now.Before(s.ClosesAt) }

// Question returns the question of that id.
func (s Survey) Question(id string) (Question, bool) {
	for _, q := range s.Definition.Questions {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}

// Answers are one person's answers by question id: int for nps and rating,
// text for the others. What was skipped is not there.
type Answers map[string]any
