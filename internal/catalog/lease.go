package catalog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// leaseTime is how long a copy of the server that reads a source may be
// silent before another one takes over. It renews the lease three times in
// that time.
const leaseTime = 15 * time.Second

// errLeaseLost ends a reading that another copy of the server has taken over.
var errLeaseLost = fault.New(fault.Unavailable, "Another copy of the server reads this source now. Nothing is lost.")

// lease keeps other copies of the server from reading a source.
type lease struct {
	store  Store
	name   string
	holder string
	stop   func()
}

// hold waits until this engine alone reads the source. The context ends when
// the lease is lost. A store that one process has for itself needs none.
func (e *Engine) hold(ctx context.Context, source string) (context.Context, *lease, error) {
	l := &lease{store: e.o.Store, name: "catalog " + source, holder: e.id, stop: func() {}}
	if !l.store.Shared() {
		l.name = ""
		return ctx, l, nil
	}
	const longest = time.Second
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, longest) {
		ok, err := l.store.TakeLease(ctx, l.name, l.holder, leaseTime)
		if err != nil {
			return ctx, nil, fmt.Errorf("lease of %s: %w", source, err)
		}
		if ok {
			break
		}
		select {
		case <-ctx.Done():
			return ctx, nil, ctx.Err()
		case <-time.After(wait):
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { l.renew(ctx, cancel) })
	l.stop = func() { cancel(nil); renewing.Wait() }
	return ctx, l, nil
}

// renew keeps the lease until ctx ends.
func (l *lease) renew(ctx context.Context, lost context.CancelCauseFunc) {
	tick := time.NewTicker(leaseTime / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// An error is no loss: each transaction checks the lease itself.
		if ok, err := l.store.TakeLease(ctx, l.name, l.holder, leaseTime); err == nil && !ok {
			lost(errLeaseLost)
		}
	}
}

// check fails when the lease was lost, so that nothing is written by a copy
// that slept while another one took over.
func (l *lease) check(ctx context.Context, t Tx) error {
	if l.name == "" {
		return nil
	}
	ok, err := l.store.HoldsLease(ctx, t, l.name, l.holder)
	if err == nil && !ok {
		err = errLeaseLost
	}
	return err
}

// drop gives the lease back.
func (l *lease) drop(ctx context.Context) error {
	if l.name == "" {
		return nil
	}
	l.stop()
	return l.store.DropLease(context.WithoutCancel(ctx), l.name, l.holder)
}
