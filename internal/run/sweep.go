package run

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

const (
	sweepEvery = 5 * time.Second
	overdue    = time.Minute // how long a queued run may stay untaken before it is woken again
)

func (e *Engine) sweepLoop() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	// A process that was killed may have fetched the wake-up of a queued run
	// and not the run itself; so the first sweep wakes them all.
	for age := time.Duration(0); ; age = overdue {
		ctx, done := context.WithTimeout(context.Background(), time.Minute)
		if err := e.sweep(ctx, age); err != nil {
			e.log.Warn("sweep of runs", "error", err)
		}
		done()
		select {
		case <-e.stop:
			return
		case <-tick.C:
		case <-e.swept:
		}
	}
}

// sweepSoon asks for a sweep before its time.
func (e *Engine) sweepSoon() {
	select {
	case e.swept <- struct{}{}:
	default:
	}
}

// Sweep puts runs whose worker was lost back into the queue, wakes overdue
// ones again, and frees lanes that nobody holds.
func (e *Engine) Sweep(ctx context.Context) error { return e.sweep(ctx, overdue) }

// sweep is Sweep; queued runs that nobody has taken for age are overdue.
func (e *Engine) sweep(ctx context.Context, age time.Duration) error {
	now := e.now().UTC()
	found, err := e.store.Sweepable(ctx, now.Add(-age))
	if err != nil {
		return err
	}
	for _, r := range e.lostAmong(found.Running, now) {
		if err := e.takeBack(ctx, r); err != nil {
			return fmt.Errorf("recover run %s: %w", r.ID, err)
		}
	}
	for _, id := range found.Queued {
		if err := e.wakeAgain(ctx, id); err != nil {
			return fmt.Errorf("wake run %s: %w", id, err)
		}
	}
	for _, lane := range found.Lanes {
		if err := e.db.Write(ctx, func(t tx.Tx) error { return e.freeLane(ctx, t, lane) }); err != nil {
			return fmt.Errorf("free lane %s: %w", lane, err)
		}
	}
	return nil
}

// lostAmong are the runs whose worker is gone: its process is known to be dead,
// or two sweeps in a row saw the same lease run out. One is not enough: after a
// machine has slept, leases look old until the next heartbeat.
func (e *Engine) lostAmong(runs []Run, now time.Time) (out []Run) {
	e.sweeping.Lock()
	defer e.sweeping.Unlock()
	suspects := map[ID]time.Time{}
	for _, r := range runs {
		switch before, twice := e.suspects[r.ID]; {
		case dead(r.LeaseBy), twice && before.Equal(r.LeaseUntil):
			out = append(out, r)
		case !r.LeaseUntil.After(now):
			suspects[r.ID] = r.LeaseUntil
		}
	}
	e.suspects = suspects
	return out
}

// takeBack takes a run from a worker that is gone. One that keeps losing its
// worker in the same step fails, visibly.
func (e *Engine) takeBack(ctx context.Context, seen Run) error {
	defer e.hub.changed(seen.ID)
	return e.db.Write(ctx, func(t tx.Tx) error {
		r, err := e.store.TxRun(ctx, t, seen.ID)
		if err != nil {
			return err
		}
		if r.State != Running || r.Attempt != seen.Attempt || r.LeaseUntil.After(seen.LeaseUntil) {
			return nil // it lives after all, or another sweep was first
		}
		r.Lost++
		e.log.Info("run lost its worker", "run", r.ID, "worker", r.LeaseBy, "times", r.Lost)
		text := "The process that worked on this run is gone; the step runs again."
		to := Queued
		k, _ := e.kind(r.Kind)
		switch {
		case r.Cancel && !k.Remaining:
			to, text = Cancelled, "The process that worked on this run is gone; the run is cancelled."
		case r.Lost > e.maxLost:
			to, text = Failed, fmt.Sprintf("The process that worked on this run was lost %d times in the same step.", r.Lost)
			r.Error = text
		}
		line := Line{Step: running(r), At: t.Now(), Level: "warn", Text: text}
		if _, err := e.store.AppendLines(ctx, t, r.ID, r.Attempt, []Line{line}); err != nil {
			return err
		}
		if to.Over() {
			st := StepCancelled
			if to == Failed {
				st = StepFailed
			}
			if err := e.closeSteps(ctx, t, &r, st); err != nil {
				return err
			}
		}
		return e.move(ctx, t, &r, to, system)
	})
}

func running(r Run) string {
	for _, s := range r.Steps {
		if s.State == StepRunning {
			return s.ID
		}
	}
	return ""
}

func (e *Engine) wakeAgain(ctx context.Context, id ID) error {
	return e.db.Write(ctx, func(t tx.Tx) error {
		r, err := e.store.TxRun(ctx, t, id)
		if err != nil || r.State != Queued {
			return err
		}
		if err := e.store.TouchRun(ctx, t, id); err != nil {
			return err
		}
		return e.wake(ctx, t, r)
	})
}
