package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Start writes the run and wakes a worker, both in t. A run whose lane is
// taken waits and says for whom.
func (e *Engine) Start(ctx context.Context, t tx.Tx, s Spec) (ID, error) {
	k, ok := e.kind(s.Kind)
	if !ok {
		return "", fmt.Errorf("start run: kind %q is not registered", s.Kind)
	}
	if len(s.Input) == 0 {
		s.Input = json.RawMessage("{}")
	}
	r := Run{ID: ID(id.New("run")), Spec: s, CreatedAt: t.Now()}
	for _, st := range k.titles(s) {
		r.Steps = append(r.Steps, StepRow{ID: st.ID, Title: st.Title, State: StepPending})
	}
	var err error
	if r.State, err = e.enter(ctx, t, &r); err != nil {
		return "", fmt.Errorf("start run %s: %w", s.Kind, err)
	}
	if err := e.store.InsertRun(ctx, t, r); err != nil {
		return "", fmt.Errorf("start run %s: %w", s.Kind, err)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Notes)) {
		if err := e.store.PutNote(ctx, t, r.ID, key, s.Notes[key]); err != nil {
			return "", fmt.Errorf("start run %s: keep %s: %w", s.Kind, key, err)
		}
	}
	if err := e.store.Append(ctx, t, moved(r, "", s.By)); err != nil {
		return "", err
	}
	if r.State == Waiting {
		return r.ID, nil
	}
	return r.ID, e.wake(ctx, t, r)
}

// titles are the steps of a run: the kind's, or those that the run brought.
func (k Kind) titles(s Spec) []StepTitle {
	if k.Do != nil {
		return s.Steps
	}
	out := make([]StepTitle, len(k.Steps))
	for i, st := range k.Steps {
		out[i] = StepTitle{st.ID, st.Title}
	}
	return out
}

// work is what there is to do for a run: the kind's steps, or its Do for each
// step that the run brought.
func (k Kind) work(r Run) []Step {
	if k.Do == nil {
		return k.Steps
	}
	out := make([]Step, len(r.Steps))
	for i, row := range r.Steps {
		id := row.ID
		out[i] = Step{ID: id, Title: row.Title, Do: func(ctx context.Context, w *Work) error { return k.Do(ctx, w, id) }}
	}
	return out
}

// Resume wakes a run that awaits approval; the step that awaited runs again.
func (e *Engine) Resume(ctx context.Context, t tx.Tx, id ID) error {
	r, err := e.store.TxRun(ctx, t, id)
	if err != nil {
		return err
	}
	if r.State != AwaitingApproval {
		return fault.Newf(fault.Conflict, "The run is %s; it does not await approval.", r.State.words())
	}
	to, err := e.enter(ctx, t, &r)
	if err != nil {
		return err
	}
	return e.move(ctx, t, &r, to, system)
}

// Refuse ends a run that awaits approval, for the reason given.
func (e *Engine) Refuse(ctx context.Context, t tx.Tx, id ID, by, reason string) error {
	r, err := e.store.TxRun(ctx, t, id)
	if err != nil {
		return err
	}
	if r.State != AwaitingApproval {
		return fault.Newf(fault.Conflict, "The run is %s; it does not await approval.", r.State.words())
	}
	r.Error = e.sentence(reason)
	if err := e.closeSteps(ctx, t, &r, StepFailed); err != nil {
		return err
	}
	return e.move(ctx, t, &r, Refused, by)
}

// Cancel asks a run to stop: at once when nobody works on it, else at its
// next heartbeat. A queued run of a Remaining kind that has begun ends through
// its remaining steps. Asking twice is fine; a run that is over is a conflict.
func (e *Engine) Cancel(ctx context.Context, t tx.Tx, id ID, by string) error {
	r, err := e.store.TxRun(ctx, t, id)
	if err != nil {
		return err
	}
	if r.State.Over() {
		return fault.Newf(fault.Conflict, "The run is already over: it is %s.", r.State.words())
	}
	k, _ := e.kind(r.Kind)
	if r.State == Running || r.State == Queued && k.Remaining && !r.StartedAt.IsZero() {
		return e.store.FlagCancel(ctx, t, id, by)
	}
	r.Cancel, r.CancelBy = true, by
	if err := e.closeSteps(ctx, t, &r, StepCancelled); err != nil {
		return err
	}
	return e.move(ctx, t, &r, Cancelled, by)
}

// closeSteps moves the steps that stand open to a state, in a run that ends
// while nobody works on it.
func (e *Engine) closeSteps(ctx context.Context, t tx.Tx, r *Run, to StepState) error {
	for i, s := range r.Steps {
		if s.State != StepRunning && s.State != StepWaiting {
			continue
		}
		s.State, s.FinishedAt, s.Error = to, t.Now(), r.Error
		r.Steps[i] = s
		if err := e.store.PutStep(ctx, t, r.ID, i, s); err != nil {
			return err
		}
	}
	return nil
}

// Retry queues a failed run again from its failed step; what finished before
// that stays. A cancelled run can be tried again too when its kind is Remaining.
// Secrets are for the kind, which may need them again; others refuse them.
func (e *Engine) Retry(ctx context.Context, t tx.Tx, id ID, by string, secrets map[string]string) error {
	r, err := e.store.TxRun(ctx, t, id)
	if err != nil {
		return err
	}
	k, _ := e.kind(r.Kind)
	if r.State != Failed && (r.State != Cancelled || !k.Remaining) {
		return fault.Newf(fault.Conflict, "Only a failed run can be retried; this one is %s.", r.State.words())
	}
	switch {
	case k.Retry != nil:
		err = k.Retry(ctx, t, r, secrets)
	case len(secrets) > 0:
		err = fault.InvalidField("secrets", "unknown", "This run takes no secrets.")
	}
	if err != nil {
		return err
	}
	if err := e.reopen(ctx, t, &r); err != nil {
		return err
	}
	r.Lost = 0
	to, err := e.enter(ctx, t, &r)
	if err != nil {
		return err
	}
	return e.move(ctx, t, &r, to, by)
}

// reopen makes the steps pending again from the first that has not finished
// well. Those behind it were done or skipped because of the failure.
func (e *Engine) reopen(ctx context.Context, t tx.Tx, r *Run) error {
	open := false
	for i, s := range r.Steps {
		open = open || s.State != StepSucceeded && s.State != StepSkipped
		if !open {
			continue
		}
		r.Steps[i] = StepRow{ID: s.ID, Title: s.Title, State: StepPending}
		if err := e.store.PutStep(ctx, t, r.ID, i, r.Steps[i]); err != nil {
			return err
		}
	}
	return nil
}
