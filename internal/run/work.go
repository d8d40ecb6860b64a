package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Work is what a step works with.
type Work struct {
	e    *Engine
	run  Run
	log  *journal
	halt *halt
	done chan struct{} // closed when the last step has returned

	mu   sync.Mutex // guards step and row
	step int        // index of the step in hand; -1 before the first
	row  StepRow
	hide []string // secrets of this run

	remaining bool // the kind is Remaining
	out       outcome
}

func newWork(e *Engine, r Run) *Work {
	w := &Work{e: e, run: r, step: -1, halt: &halt{}, done: make(chan struct{})}
	w.log = &journal{w: w, full: make(chan struct{}, 1)}
	return w
}

// Run is the run as it was when the work began.
func (w *Work) Run() Run { return w.run }

// Input decodes the run's input into v.
func (w *Work) Input(v any) error { return json.Unmarshal(w.run.Input, v) }

// Logf appends a line at level info.
func (w *Work) Logf(format string, args ...any) { w.Line("info", fmt.Sprintf(format, args...)) }

// Line appends a line of another program's output, or several when text holds
// line ends. It may wait when the database is slower than the program.
func (w *Work) Line(level, text string) {
	w.mu.Lock()
	id := w.row.ID
	w.mu.Unlock()
	w.log.add(id, level, text)
}

// Hide takes the values out of everything that this run logs, notes or fails
// with from now on.
func (w *Work) Hide(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= 4 { // shorter ones would blank out ordinary text
			w.hide = append(w.hide, s)
		}
	}
}

// clean takes the secrets out of a text.
func (w *Work) clean(s string) string {
	w.mu.Lock()
	hide := w.hide
	w.mu.Unlock()
	for _, h := range hide {
		s = strings.ReplaceAll(s, h, "(secret)")
	}
	return w.e.redact(s)
}

// Note puts a few words beside the step.
func (w *Work) Note(ctx context.Context, text string) error {
	text = cut(oneLine(w.clean(text)), 200)
	w.mu.Lock()
	w.row.Note = text
	i, row := w.step, w.row
	w.mu.Unlock()
	return w.Write(ctx, func(t tx.Tx) error { return w.e.store.PutStep(ctx, t, w.run.ID, i, row) })
}

// Save keeps v under key for later steps and later attempts.
func (w *Work) Save(ctx context.Context, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("save %s: %w", key, err)
	}
	return w.Write(ctx, func(t tx.Tx) error { return w.e.store.PutNote(ctx, t, w.run.ID, key, b) })
}

// Load reads what Save kept; false when nothing was kept under key.
func (w *Work) Load(ctx context.Context, key string, v any) (bool, error) {
	b, err := w.e.store.Note(ctx, w.run.ID, key)
	if err != nil || b == nil {
		return false, err
	}
	return true, json.Unmarshal(b, v)
}

// Write is a write transaction fenced by the attempt: it fails with ErrLost
// when another worker has taken the run, and then ends the step's context.
func (w *Work) Write(ctx context.Context, f func(tx.Tx) error) error {
	err := w.e.db.Write(ctx, func(t tx.Tx) error {
		ok, err := w.e.store.FenceRun(ctx, t, w.run.ID, w.run.Attempt)
		if err != nil {
			return err
		}
		if !ok {
			return ErrLost
		}
		return f(t)
	})
	if errors.Is(err, ErrLost) {
		w.halt.stop(ErrLost)
	}
	if err == nil {
		w.e.hub.changed(w.run.ID)
	}
	return err
}

// begin marks a step as running.
func (w *Work) begin(ctx context.Context, i int, s Step) error {
	now := w.e.now().UTC().Truncate(time.Microsecond)
	row := StepRow{ID: s.ID, Title: s.Title, State: StepRunning, StartedAt: now}
	if old, ok := w.run.Step(s.ID); ok && !old.StartedAt.IsZero() {
		row.StartedAt, row.Note = old.StartedAt, old.Note
	}
	w.mu.Lock()
	w.step, w.row = i, row
	w.mu.Unlock()
	return w.insist(ctx, func(ctx context.Context) error {
		return w.Write(ctx, func(t tx.Tx) error { return w.e.store.PutStep(ctx, t, w.run.ID, i, row) })
	})
}

// finish writes the end of the step in hand and, unless v.run is empty, the
// run's new state, in one transaction after the last line of the log.
func (w *Work) finish(ctx context.Context, v verdict) error {
	v.reason, v.runReason = w.e.sentence(w.clean(v.reason)), w.e.sentence(w.clean(v.runReason))
	if err := w.insist(ctx, w.log.flush); err != nil {
		return err
	}
	err := w.insist(ctx, func(ctx context.Context) error {
		return w.Write(ctx, func(t tx.Tx) error {
			if err := w.closeStep(ctx, t, v.step, v.reason); err != nil || v.run == "" {
				return err
			}
			return w.moveTo(ctx, t, v.run, v.runReason)
		})
	})
	w.mu.Lock()
	w.step, w.row = -1, StepRow{}
	w.mu.Unlock()
	return err
}

// end moves the run without a step in hand.
func (w *Work) end(ctx context.Context, to State, reason string) error {
	return w.insist(ctx, func(ctx context.Context) error {
		return w.Write(ctx, func(t tx.Tx) error { return w.moveTo(ctx, t, to, reason) })
	})
}

func (w *Work) closeStep(ctx context.Context, t tx.Tx, to StepState, reason string) error {
	w.mu.Lock()
	i, row := w.step, w.row
	w.mu.Unlock()
	if i < 0 { // between two steps
		return nil
	}
	row.State = to
	switch to {
	case StepSucceeded, StepCancelled:
		row.FinishedAt = t.Now()
	case StepFailed:
		row.FinishedAt, row.Error = t.Now(), reason
	case StepSkipped:
		row.FinishedAt, row.Note = t.Now(), reason
	}
	return w.e.store.PutStep(ctx, t, w.run.ID, i, row)
}

func (w *Work) moveTo(ctx context.Context, t tx.Tx, to State, reason string) error {
	r, err := w.e.store.TxRun(ctx, t, w.run.ID)
	if err != nil {
		return err
	}
	by := system
	switch to {
	case Failed, Refused:
		r.Error = reason
	case AwaitingApproval:
		r.WaitingFor = reason
		if r.Cancel { // asked for while the step decided to wait
			to, by, r.WaitingFor = Cancelled, r.CancelBy, ""
		}
	case Cancelled:
		by = r.CancelBy
	}
	r.Lost = 0
	return w.e.move(ctx, t, &r, to, by)
}

// insist writes also when the step's context has ended, and again while the
// database does not answer.
func (w *Work) insist(ctx context.Context, f func(context.Context) error) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := f(ctx)
		var refusal *fault.Error
		if err == nil || errors.Is(err, ErrLost) || errors.As(err, &refusal) {
			return err
		}
		w.e.log.Warn("run cannot write", "run", w.run.ID, "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// Await ends the step's work for now: the run waits in awaiting_approval and
// the same step runs again after Resume. Return its result from Do.
func Await(reason string) error { return awaiting{reason} }

// Refuse ends the run as refused: nothing was made.
func Refuse(reason string) error { return refused{reason} }

// Skip ends the step as not needed, for the reason given; the run goes on.
func Skip(reason string) error { return skipped{reason} }

type awaiting struct{ reason string }

func (a awaiting) Error() string { return a.reason }

type refused struct{ reason string }

func (r refused) Error() string { return r.reason }

type skipped struct{ reason string }

func (s skipped) Error() string { return s.reason }
