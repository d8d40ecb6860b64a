package run

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/tx"
)

// waitsFor is the reason for waiting behind another run.
func waitsFor(title string) string {
	return fmt.Sprintf("“%s” has to end first: one run at a time works on this.", title)
}

// enter decides how r enters its lane: queued when it is free, else waiting
// with the reason.
func (e *Engine) enter(ctx context.Context, t tx.Tx, r *Run) (State, error) {
	if r.Lane == "" {
		return Queued, nil
	}
	if err := e.store.LockLane(ctx, t, r.Lane); err != nil {
		return "", err
	}
	id, title, err := e.store.LaneHolder(ctx, t, r.Lane)
	if err != nil || id == "" {
		return Queued, err
	}
	r.WaitingFor = waitsFor(title)
	return Waiting, nil
}

// freeLane queues the run that has waited longest in a lane that nobody
// holds, and tells the others whom they wait for now.
func (e *Engine) freeLane(ctx context.Context, t tx.Tx, lane string) error {
	if lane == "" {
		return nil
	}
	if err := e.store.LockLane(ctx, t, lane); err != nil {
		return err
	}
	if holder, _, err := e.store.LaneHolder(ctx, t, lane); err != nil || holder != "" {
		return err
	}
	id, err := e.store.LaneNext(ctx, t, lane)
	if err != nil || id == "" {
		return err
	}
	r, err := e.store.TxRun(ctx, t, id)
	if err != nil {
		return err
	}
	if r.State != Waiting {
		return nil // cancelled just now; the sweep looks again
	}
	if err := e.move(ctx, t, &r, Queued, system); err != nil {
		return err
	}
	return e.store.LaneWaits(ctx, t, lane, waitsFor(r.Title))
}
