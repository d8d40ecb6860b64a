package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// remainingFor bounds each step that runs after a failure or a cancel: they
// tidy up, and nobody can cancel them.
const remainingFor = 10 * time.Minute

// outcome is how a run will end once its remaining steps are done; the zero
// value is that of a run in which nothing has gone wrong.
type outcome struct {
	state  State
	reason string
}

// Outcome is how the run stands: Running as long as nothing has gone wrong;
// Failed, Refused or Cancelled in the remaining steps after that.
func (w *Work) Outcome() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out.state == "" {
		return Running
	}
	return w.out.state
}

// Reason is why the run will fail, a public sentence; empty unless Outcome is
// Failed or Refused.
func (w *Work) Reason() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.reason
}

// turn notes the first thing that went wrong; from then on a cancel does not
// interrupt.
func (w *Work) turn(to State, reason string) {
	w.mu.Lock()
	if w.out.state == "" {
		w.out = outcome{to, reason}
	}
	w.mu.Unlock()
	w.halt.onlyLost()
}

// ending is the state in which the run ends after its last step.
func (w *Work) ending() (State, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out.state == "" {
		return Succeeded, ""
	}
	return w.out.state, w.out.reason
}

// resume finds out what went wrong in an earlier attempt that did not come to
// its end, so that the remaining steps go on as such.
func (w *Work) resume() {
	if !w.remaining {
		return
	}
	for _, s := range w.run.Steps {
		switch s.State {
		case StepFailed:
			w.turn(Failed, s.Error)
		case StepCancelled:
			w.turn(Cancelled, "")
		}
	}
	if w.run.Cancel {
		w.turn(Cancelled, "")
	}
}

// isDone reports whether a step needs no work: it has finished or, in a run
// that goes on after that, has failed.
func (w *Work) isDone(id string) bool {
	row, ok := w.run.Step(id)
	switch {
	case !ok:
		return false
	case row.State == StepSucceeded || row.State == StepSkipped:
		return true
	}
	return w.remaining && (row.State == StepFailed || row.State == StepCancelled)
}

// doRemaining does a step after something has gone wrong, within a limit of
// time. Such a step cannot wait for an approval.
func (w *Work) doRemaining(ctx context.Context, s Step, reason string) error {
	late := fault.Newf(fault.Unavailable, "The step took longer than %s, which is the limit after a failure.", remainingFor)
	ctx, done := context.WithTimeoutCause(ctx, remainingFor, late)
	defer done()
	err := s.Do(ctx, w)
	var wait awaiting
	switch {
	case err != nil && errors.Is(context.Cause(ctx), late):
		return late
	case errors.As(err, &wait):
		return fault.New(fault.Conflict, "The step waits for an approval, which nobody gives after a failure: "+reason)
	}
	return err
}

// halt ends the context of the step in hand.
type halt struct {
	parent context.Context

	mu     sync.Mutex
	cancel context.CancelCauseFunc
	deaf   bool // to a cancel: the run is already ending
}

func newHalt(parent context.Context) (context.Context, *halt) {
	h := &halt{parent: parent}
	return h.renew(), h
}

// renew makes a context for the next steps, in place of one that was
// cancelled.
func (h *halt) renew() context.Context {
	ctx, cancel := context.WithCancelCause(h.parent)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cancel != nil {
		h.cancel(nil)
	}
	h.cancel = cancel
	return ctx
}

// onlyLost makes stop deaf to ErrCancelled.
func (h *halt) onlyLost() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deaf = true
}

// stop ends the context for a cause.
func (h *halt) stop(cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cancel != nil && !(h.deaf && errors.Is(cause, ErrCancelled)) {
		h.cancel(cause)
	}
}
