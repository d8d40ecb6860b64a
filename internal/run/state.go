package run

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// next holds every allowed transition of a run. Nothing else moves one.
var next = map[State][]State{
	Waiting:          {Queued, Cancelled},
	Queued:           {Running, Failed, Cancelled},
	Running:          {Queued, AwaitingApproval, Succeeded, Failed, Refused, Cancelled},
	AwaitingApproval: {Queued, Waiting, Refused, Cancelled},
	Failed:           {Queued, Waiting}, // retry
	Cancelled:        {Queued, Waiting}, // retry, of kinds with remaining steps
}

// Over reports whether s is final: nobody works on the run any more, though a
// failed one can be retried.
func (s State) Over() bool {
	return s == Succeeded || s == Failed || s == Refused || s == Cancelled
}

// holdsLane reports whether a run in s keeps others of its lane waiting.
func (s State) holdsLane() bool { return s == Queued || s == Running }

// move takes r to another state in t: it checks the table, writes the row if
// it is still as it was read, appends the event, and does what the new state
// asks for: it wakes a worker, tells the kind about the end, and frees the
// lane for the next one. r must have been read in t; by is for the event.
func (e *Engine) move(ctx context.Context, t tx.Tx, r *Run, to State, by string) error {
	from, attempt := r.State, r.Attempt
	if !slices.Contains(next[from], to) {
		return fault.Newf(fault.Conflict, "A run that is %s cannot become %s.", from.words(), to.words())
	}
	r.State = to
	e.stamp(t, r, from)
	ok, err := e.store.MoveRun(ctx, t, *r, from, attempt)
	if err != nil {
		return err
	}
	if !ok {
		return ErrLost
	}
	if err := e.store.Append(ctx, t, moved(*r, from, by)); err != nil {
		return err
	}
	if to == Queued {
		if err := e.wake(ctx, t, *r); err != nil {
			return err
		}
	}
	if k, known := e.kind(r.Kind); known && to.Over() && k.Ended != nil {
		if err := k.Ended(ctx, t, *r, to); err != nil {
			return err
		}
	}
	if from.holdsLane() && !to.holdsLane() {
		return e.freeLane(ctx, t, r.Lane)
	}
	return nil
}

// stamp sets the times, the lease and the sentences that go with r's state.
func (e *Engine) stamp(t tx.Tx, r *Run, from State) {
	if r.State != Waiting && r.State != AwaitingApproval {
		r.WaitingFor = ""
	}
	switch {
	case r.State == Running:
		r.Attempt++
		r.LeaseUntil, r.LeaseBy = t.Now().Add(lease), e.owner
		if r.StartedAt.IsZero() {
			r.StartedAt = t.Now()
		}
		return
	case r.State.Over():
		r.FinishedAt = t.Now()
	case from.Over():
		r.Error, r.Cancel, r.CancelBy, r.FinishedAt = "", false, "", zeroTime
	}
	r.LeaseUntil, r.LeaseBy = zeroTime, ""
}

// moved is the event of a transition.
func moved(r Run, from State, by string) event.Event {
	data := map[string]any{"kind": r.Kind, "title": r.Title, "from": from, "to": r.State, "attempt": r.Attempt}
	if r.Error != "" {
		data["error"] = r.Error
	}
	if r.WaitingFor != "" {
		data["waitingFor"] = r.WaitingFor
	}
	if r.Subject != "" {
		data["subject"] = r.Subject
	}
	b, _ := json.Marshal(data) // strings and numbers only
	return event.Event{Type: eventType(r, from), Actor: by, Subject: string(r.ID), Owner: r.Owner, Data: b}
}

func eventType(r Run, from State) string {
	switch {
	case r.State.Over():
		return "run.finished"
	case from.Over():
		return "run.retried"
	case r.State == Running && r.Attempt == 1:
		return "run.started"
	case r.State == Running:
		return "run.continued"
	case r.State == Queued && from == Running:
		return "run.handed-over"
	case r.State == AwaitingApproval:
		return "run.awaiting-approval"
	}
	return "run." + string(r.State)
}

// words is the state in a sentence.
func (s State) words() string {
	if s == AwaitingApproval {
		return "awaiting approval"
	}
	return string(s)
}
