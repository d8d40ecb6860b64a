// Package run is durable work: what takes longer than a request. A run is a
// list of steps with states in one table of allowed transitions, logs that are
// appended in order, and a lease held by whoever works on it. A restart goes
// on with it or fails it visibly, never forgets it.
package run

import (
	"context"
	"encoding/json"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// ID is a run's identifier: run_ and a ULID.
type ID string

// State is where a run stands.
type State string

// The states of a run. Succeeded, Failed, Refused and Cancelled are final,
// but Failed can be retried.
const (
	Waiting          State = "waiting" // for another run of the same lane
	Queued           State = "queued"
	Running          State = "running"
	AwaitingApproval State = "awaiting_approval"
	Succeeded        State = "succeeded"
	Failed           State = "failed"
	Refused          State = "refused" // by policy, approval or quota: nothing was made
	Cancelled        State = "cancelled"
)

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	StepPending   StepState = "pending"
	StepRunning   StepState = "running"
	StepWaiting   StepState = "waiting"
	StepSucceeded StepState = "succeeded"
	StepFailed    StepState = "failed"
	StepSkipped   StepState = "skipped"
	StepCancelled StepState = "cancelled"
)

// Spec asks for a run.
type Spec struct {
	Kind    string // a registered Kind
	Title   string // for people: "Launch pr-482"
	Subject string // entity reference or id of what it works on
	Owner   string // group reference; decides who may read log and plan
	By      string // actor id
	Lane    string // one run of a lane at a time; empty: no lane. Environments use their id
	Input   json.RawMessage
	// Steps replaces the kind's steps where each run has its own, such as
	// those of a template; only for kinds with Do.
	Steps []StepTitle
	// Notes are kept with the run from its start, as by Work.Save.
	Notes map[string]json.RawMessage `json:"-"`
}

// StepTitle names a step of one run.
type StepTitle struct{ ID, Title string }

// Run is a run as stored.
type Run struct {
	ID ID
	Spec
	State      State
	WaitingFor string // a sentence while Waiting or AwaitingApproval
	Attempt    int    // fences writes; grows each time someone takes the run
	Cancel     bool   // cancelling was asked for
	CancelBy   string
	Error      string // why it failed, a public sentence
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time
	LeaseUntil time.Time
	LeaseBy    string // the process that holds the lease
	Lost       int    // how often a worker was lost since the last finished step
	Steps      []StepRow
}

// Step returns the row of the step with that id.
func (r Run) Step(id string) (StepRow, bool) {
	for _, s := range r.Steps {
		if s.ID == id {
			return s, true
		}
	}
	return StepRow{}, false
}

// StepRow is a step as stored.
type StepRow struct {
	ID         string
	Title      string
	State      StepState
	Note       string // a few words beside the step: "5 to add"
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
}

// Line is one line of a run's log. N counts from 1 without holes.
type Line struct {
	N     int64
	Step  string
	At    time.Time
	Level string // info, warn, error
	Text  string // at most MaxLine bytes, secrets already redacted
}

// MaxLine is the longest log line kept; longer ones are cut with a mark.
const MaxLine = 16 << 10

// Kind is a sort of run: its steps and how it is worked on.
type Kind struct {
	Name  string
	Steps []Step // empty for kinds with Do
	// Do works on the named step of a run that brought its own steps
	// (Spec.Steps); the same promises as for Step.Do. Return Skip(why) to
	// mark the step as skipped.
	Do func(ctx context.Context, w *Work, step string) error
	// Remaining kinds go on after a failed or cancelled step: Do is asked for
	// the steps that follow, asks Work.Outcome how the run stands, and returns
	// Skip for those that are not for this. The run then ends as it would have
	// ended, for the reason of the first failure. Needs Do.
	Remaining bool
	// Retry is called in the transaction that queues a run again, with secrets
	// that the person gave for it; it may refuse. May be nil: then secrets are
	// refused.
	Retry func(ctx context.Context, t tx.Tx, r Run, secrets map[string]string) error
	// Supervised kinds run in a process of their own (waymark supervise RUN).
	Supervised bool
	// Ended is called in the transaction that moves a run to a final state,
	// so that the engine's own record moves with it. May be nil.
	Ended func(ctx context.Context, t tx.Tx, r Run, s State) error
}

// Step is one durable step. Do may run again after a crash (at least once),
// so it must find out what an earlier try has already done.
type Step struct {
	ID    string
	Title string
	Do    func(ctx context.Context, w *Work) error
}
