package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/id"
)

// leaderLease is how long a leader may be silent before another copy takes
// over. The leader renews it three times in that time.
const leaderLease = 15 * time.Second

// runPeriodic does the periodic work while this copy is the leader, until ctx
// ends. One lease covers all of it: exactly one copy of the server does it.
func (a *app) runPeriodic(ctx context.Context) {
	me := id.New("srv")
	var work context.CancelFunc
	var done sync.WaitGroup
	stop := func() {
		if work != nil {
			work()
			done.Wait()
			work = nil
		}
	}
	defer func() {
		stop()
		if err := a.store.DropLease(context.WithoutCancel(ctx), "leader", me); err != nil {
			slog.Warn("leader lease not given back; it ends by itself", "error", err)
		}
	}()
	for {
		leads, err := a.store.TakeLease(ctx, "leader", me, leaderLease)
		if err != nil && ctx.Err() == nil {
			slog.Error("leader lease", "error", err)
		}
		switch {
		case leads && work == nil:
			workCtx, cancel := context.WithCancel(ctx)
			work = cancel
			a.startPeriodic(workCtx, &done)
		case !leads:
			stop()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(leaderLease / 3):
		}
	}
}

func (a *app) startPeriodic(ctx context.Context, done *sync.WaitGroup) {
	for _, p := range a.periodic {
		done.Go(func() { p.run(ctx) })
	}
}

// run does p at once and then every p.every until ctx ends.
func (p periodic) run(ctx context.Context) {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		if err := p.do(ctx); err != nil && ctx.Err() == nil {
			slog.Error("periodic work", "name", p.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
