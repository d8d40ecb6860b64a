package run

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// Engine starts, works on and ends runs.
type Engine struct{}

// Register adds a kind; it panics on a kind without steps or a second one of
// the same name, since both are faults of the program.
func (e *Engine) Register(k Kind) {}

// Start writes the run and wakes a worker, both in t.
func (e *Engine) Start(ctx context.Context, t tx.Tx, s Spec) (ID, error) {
	return "", errors.New("not yet")
}

// Resume wakes a run that awaits approval.
func (e *Engine) Resume(ctx context.Context, t tx.Tx, id ID) error { return errors.New("not yet") }

// Cancel asks a run to stop: at once when nobody works on it, else at its
// next heartbeat.
func (e *Engine) Cancel(ctx context.Context, t tx.Tx, id ID, by string) error {
	return errors.New("not yet")
}

// Retry queues a failed run again from its failed step.
func (e *Engine) Retry(ctx context.Context, t tx.Tx, id ID, by string) error {
	return errors.New("not yet")
}

// Work is what a step works with.
type Work struct{ run Run }

// Run is the run as it was when the step began.
func (w *Work) Run() Run { return w.run }

// Input decodes the run's input into v.
func (w *Work) Input(v any) error { return json.Unmarshal(w.run.Input, v) }

// Logf appends a line at level info.
func (w *Work) Logf(format string, args ...any) {}

// Line appends a line of another program's output.
func (w *Work) Line(level, text string) {}

// Note puts a few words beside the step.
func (w *Work) Note(ctx context.Context, text string) error { return nil }

// Save keeps v under key for later steps and later attempts.
func (w *Work) Save(ctx context.Context, key string, v any) error { return nil }

// Load reads what Save kept; false when nothing was kept under key.
func (w *Work) Load(ctx context.Context, key string, v any) (bool, error) { return false, nil }

// Write is a write transaction fenced by the attempt: it fails with ErrLost
// when another worker has taken the run.
func (w *Work) Write(ctx context.Context, f func(tx.Tx) error) error { return nil }

// ErrLost means that the lease is gone and another worker has the run.
var ErrLost = errors.New("run: lease lost")

// Await ends the step's work for now: the run waits in awaiting_approval and
// the same step runs again after Resume. Return its result from Do.
func Await(reason string) error { return awaiting{reason} }

// Refuse ends the run as refused: nothing was made.
func Refuse(reason string) error { return refused{reason} }

// Skip ends the step without work: it is marked as skipped, with the reason as
// its note, and the run goes on. Return its result from Do.
func Skip(reason string) error { return skipped{reason} }

type skipped struct{ reason string }

func (s skipped) Error() string { return s.reason }

type awaiting struct{ reason string }

func (a awaiting) Error() string { return a.reason }

type refused struct{ reason string }

func (r refused) Error() string { return r.reason }

var _ = time.Now
