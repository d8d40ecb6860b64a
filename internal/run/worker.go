package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
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
	return e.workOn(ctx, r)
}

// workOn works on a run that this process has taken.
func (e *Engine) workOn(ctx context.Context, r Run) error {
	e.hub.changed(r.ID)
	k, ok := e.kind(r.Kind)
	w := newWork(e, r)
	if !ok {
		return w.end(ctx, Failed, fmt.Sprintf("This version does not know the kind of run %q.", r.Kind))
	}
	ctx, w.halt = newHalt(ctx)
	defer w.halt.stop(nil)
	beats := make(chan struct{})
	go func() { defer close(beats); w.beat() }()
	go w.log.keep(ctx)
	err := w.steps(ctx, k)
	<-beats
	if errors.Is(err, ErrLost) {
		e.log.Warn("run lost to another worker", "run", r.ID, "attempt", r.Attempt)
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

// executeNext works on the queued run whose turn it is. A wake-up stands for
// some queued run, not for a certain one: so an owner with many runs does not
// hold up the others, and each owner's are taken in the order of asking.
func (e *Engine) executeNext(ctx context.Context) error {
	r, err := e.claimNext(ctx)
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("next run: %w", err)
	}
	return e.workOn(ctx, r)
}

// claimNext takes the next queued run; errTaken when there is none.
func (e *Engine) claimNext(ctx context.Context) (Run, error) {
	var r Run
	err := e.db.Write(ctx, func(t tx.Tx) error {
		for {
			id, err := e.store.NextRun(ctx, t, e.supervisedKinds())
			if err != nil {
				return err
			}
			if id == "" {
				return errTaken
			}
			if r, err = e.store.TxRun(ctx, t, id); err != nil {
				return err
			}
			if r.State == Queued {
				return e.move(ctx, t, &r, Running, system)
			} // another worker was first while we waited for the row
		}
	})
	return r, err
}

func (e *Engine) supervisedKinds() []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []string
	for _, k := range e.kinds {
		if k.Supervised {
			out = append(out, k.Name)
		}
	}
	slices.Sort(out)
	return out
}

// beat keeps the lease until the last step has returned, also while an
// interrupted one finishes what it must. A cancel flag or a lost lease ends
// the step. A database that does not answer changes nothing: nobody else can
// take the run meanwhile, and when it is back the fence tells.
func (w *Work) beat() {
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
			w.halt.stop(ErrLost)
		case cancel:
			w.halt.stop(ErrCancelled)
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
	w.remaining = k.Remaining
	w.resume()
	todo := k.work(w.run)
	for i, s := range todo {
		if w.isDone(s.ID) {
			continue
		}
		if cause := context.Cause(ctx); cause != nil {
			if !errors.Is(cause, ErrCancelled) || !w.remaining {
				return w.interrupted(ctx, cause)
			}
			w.turn(Cancelled, "")
			ctx = w.halt.renew()
		}
		if err := w.begin(ctx, i, s); err != nil {
			return err
		}
		err := w.try(ctx, s)
		if over, err := w.conclude(ctx, err, i == len(todo)-1); over || err != nil {
			return err
		}
	}
	to, reason := w.ending()
	return w.end(ctx, to, reason)
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
	if _, reason := w.ending(); w.Outcome() != Running {
		return w.doRemaining(ctx, s, reason)
	}
	return s.Do(ctx, w)
}

// conclude writes how a step ended and, when that ends the work, how the run
// did; over says that it did.
func (w *Work) conclude(ctx context.Context, err error, last bool) (over bool, _ error) {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(err, ErrLost) || errors.Is(cause, ErrLost):
		return true, ErrLost
	case err != nil && !isSkip(err) && cause != nil && !errors.Is(cause, ErrCancelled):
		return true, w.interrupted(ctx, cause)
	}
	v := w.judge(err, cause)
	if v.run.Over() && w.remaining {
		w.turn(v.run, v.reason)
		v.run = ""
	}
	if v.run == "" && last {
		v.run, v.runReason = w.ending()
	}
	return v.run != "", w.finish(ctx, v)
}

// verdict is how a step ended; run is empty when the run goes on.
type verdict struct {
	step   StepState
	reason string // of the step
	run    State
	// runReason is why the run failed or waits.
	runReason string
}

// judge tells what a step's error means, and logs it.
func (w *Work) judge(err, cause error) verdict {
	var wait awaiting
	var no refused
	var skip skipped
	switch {
	case err == nil:
		return verdict{step: StepSucceeded}
	case errors.As(err, &skip):
		return verdict{step: StepSkipped, reason: skip.reason}
	case cause != nil:
		w.Line("warn", "Cancelled.")
		return verdict{step: StepCancelled, run: Cancelled}
	case errors.As(err, &wait):
		return verdict{step: StepWaiting, run: AwaitingApproval, runReason: wait.reason}
	case errors.As(err, &no):
		first, _, _ := strings.Cut(no.reason, "\n") // the step has logged the rest
		w.Line("error", first)
		return verdict{StepFailed, no.reason, Refused, no.reason}
	}
	w.e.log.Info("step failed", "run", w.run.ID, "kind", w.run.Kind, "step", w.row.ID, "error", w.clean(err.Error()))
	text := public(err)
	w.Line("error", text)
	return verdict{StepFailed, text, Failed, text}
}

func isSkip(err error) bool {
	var skip skipped
	return errors.As(err, &skip)
}

// interrupted ends the work because ctx did.
func (w *Work) interrupted(ctx context.Context, cause error) error {
	switch {
	case errors.Is(cause, ErrLost):
		return ErrLost
	case errors.Is(cause, ErrCancelled):
		w.Line("warn", "Cancelled.")
		return w.finish(ctx, verdict{step: StepCancelled, run: Cancelled})
	}
	w.Line("warn", "This process ends; another one goes on.")
	return w.finish(ctx, verdict{step: StepPending, run: Queued})
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
