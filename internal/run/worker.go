package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// The causes with which a step's context ends. Read them with context.Cause.
var (
	// ErrLost means that the lease is gone and another worker has the run.
	ErrLost = errors.New("run: lease lost")
	// ErrCancelled means that somebody cancelled the run.
	ErrCancelled = errors.New("run: cancelled")
	// ErrHandOver means that this process ends and another one goes on.
	ErrHandOver = errors.New("run: handed over")
)

var errTaken = errors.New("run: somebody else has it, or it is not queued")

// patience is how long a worker keeps trying to write what happened while the
// database does not answer.
const patience = 15 * time.Minute

// Execute takes a queued run and works on it until it ends, waits or is handed
// over. It returns nil when somebody else has it. When ctx ends the step is
// interrupted and the run goes back into the queue.
func (e *Engine) Execute(ctx context.Context, id ID) error {
	r, err := e.claim(ctx, id)
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	e.hub.changed(id)
	k, ok := e.kind(r.Kind)
	w := newWork(e, r)
	if !ok {
		return w.end(ctx, Failed, fmt.Sprintf("This version does not know the kind of run %q.", r.Kind))
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w.lost = func() { stop(ErrLost) }
	beats := make(chan struct{})
	go func() { defer close(beats); w.beat(stop) }()
	go w.log.keep(ctx)
	err = w.steps(ctx, k)
	<-beats
	if errors.Is(err, ErrLost) {
		e.log.Warn("run lost to another worker", "run", id, "attempt", r.Attempt)
		return nil
	}
	return err
}

// claim takes a queued run by compare-and-set.
func (e *Engine) claim(ctx context.Context, id ID) (Run, error) {
	var r Run
	err := e.db.Write(ctx, func(t tx.Tx) error {
		var err error
		if r, err = e.store.TxRun(ctx, t, id); err != nil {
			return err
		}
		if r.State != Queued {
			return errTaken
		}
		return e.move(ctx, t, &r, Running, system)
	})
	return r, err
}

// beat keeps the lease until the last step has returned, also while an
// interrupted one finishes what it must. A cancel flag or a lost lease ends
// the step. A database that does not answer changes nothing: nobody else can
// take the run meanwhile, and when it is back the fence tells.
func (w *Work) beat(stop context.CancelCauseFunc) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		cancel, alive, err := w.beatOnce()
		switch {
		case err != nil:
			w.e.log.Warn("run heartbeat", "run", w.run.ID, "error", err)
		case !alive:
			stop(ErrLost)
		case cancel:
			stop(ErrCancelled)
		}
	}
}

func (w *Work) beatOnce() (cancel, alive bool, err error) {
	ctx, done := context.WithTimeout(context.Background(), lease)
	defer done()
	err = w.e.db.Write(ctx, func(t tx.Tx) error {
		var err error
		cancel, alive, err = w.e.store.BeatRun(ctx, t, w.run.ID, w.run.Attempt, t.Now().Add(lease))
		return err
	})
	return cancel, alive, err
}

// steps works through what is not finished yet.
func (w *Work) steps(ctx context.Context, k Kind) error {
	defer close(w.done)
	todo := k.work(w.run)
	for i, s := range todo {
		if row, ok := w.run.Step(s.ID); ok && (row.State == StepSucceeded || row.State == StepSkipped) {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return w.interrupted(ctx, err)
		}
		if err := w.begin(ctx, i, s); err != nil {
			return err
		}
		err := w.try(ctx, s)
		if over, err := w.conclude(ctx, err, i == len(todo)-1); over || err != nil {
			return err
		}
	}
	return w.end(ctx, Succeeded, "")
}

// try runs a step; a panic in it is an error like any other.
func (w *Work) try(ctx context.Context, s Step) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.e.log.Error("step panicked", "run", w.run.ID, "step", s.ID, "panic", p, "stack", string(debug.Stack()))
			w.Line("error", fmt.Sprintf("panic: %v", p))
			err = fault.Newf(fault.Internal, "The step “%s” stopped with a fault of Waymark itself.", s.Title)
		}
	}()
	return s.Do(ctx, w)
}

// conclude writes how a step ended and, when that ends the work, how the run
// did; over says that it did.
func (w *Work) conclude(ctx context.Context, err error, last bool) (over bool, _ error) {
	var wait awaiting
	var no refused
	var skip skipped
	cause := context.Cause(ctx)
	switch {
	case err == nil && last:
		return true, w.finish(ctx, StepSucceeded, Succeeded, "")
	case err == nil:
		return false, w.finish(ctx, StepSucceeded, "", "")
	case errors.As(err, &skip) && last:
		return true, w.finish(ctx, StepSkipped, Succeeded, skip.reason)
	case errors.As(err, &skip):
		return false, w.finish(ctx, StepSkipped, "", skip.reason)
	case errors.Is(err, ErrLost):
		return true, ErrLost
	case cause != nil:
		return true, w.interrupted(ctx, cause)
	case errors.As(err, &wait):
		return true, w.finish(ctx, StepWaiting, AwaitingApproval, wait.reason)
	case errors.As(err, &no):
		first, _, _ := strings.Cut(no.reason, "\n") // the step has logged the rest
		w.Line("error", first)
		return true, w.finish(ctx, StepFailed, Refused, no.reason)
	}
	w.e.log.Info("step failed", "run", w.run.ID, "kind", w.run.Kind, "step", w.row.ID, "error", w.clean(err.Error()))
	text := public(err)
	w.Line("error", text)
	return true, w.finish(ctx, StepFailed, Failed, text)
}

// interrupted ends the work because ctx did.
func (w *Work) interrupted(ctx context.Context, cause error) error {
	switch {
	case errors.Is(cause, ErrLost):
		return ErrLost
	case errors.Is(cause, ErrCancelled):
		w.Line("warn", "Cancelled.")
		return w.finish(ctx, StepCancelled, Cancelled, "")
	}
	w.Line("warn", "This process ends; another one goes on.")
	return w.finish(ctx, StepPending, Queued, "")
}

// public is what people may read of an error: a fault's own sentence, or the
// text of the error, which steps write for the log.
func public(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Public
	}
	return err.Error()
}
