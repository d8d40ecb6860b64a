package provision

import (
	"context"

	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
)

// stateOf is the state of a session's environment as the http backend sees
// it. Every write is fenced: a run that lost its lease can change nothing.
type stateOf struct{ s *session }

// State implements terraform.States.
func (o stateOf) State(ctx context.Context) (terraform.State, error) {
	return o.s.e.Store.State(ctx, system, o.s.env.ID)
}

// PutState implements terraform.States.
func (o stateOf) PutState(ctx context.Context, lock string, st terraform.State) error {
	return o.write(ctx, func(ctx context.Context, t tx.Tx) error {
		return o.s.e.Store.PutState(ctx, t, o.s.env.ID, o.s.w.Run().ID, lock, st)
	})
}

// Lock implements terraform.States.
func (o stateOf) Lock(ctx context.Context, l terraform.Lock) (holder terraform.Lock, err error) {
	err = o.write(ctx, func(ctx context.Context, t tx.Tx) error {
		holder, err = o.s.e.Store.LockState(ctx, t, o.s.env.ID, o.s.w.Run().ID, l)
		return err
	})
	return holder, err
}

// Unlock implements terraform.States.
func (o stateOf) Unlock(ctx context.Context, id string) error {
	return o.write(ctx, func(ctx context.Context, t tx.Tx) error {
		return o.s.e.Store.UnlockState(ctx, t, o.s.env.ID, id)
	})
}

// write goes on when the engine hangs up in the middle: half a write is worse.
func (o stateOf) write(ctx context.Context, f func(context.Context, tx.Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	return o.s.w.Write(ctx, func(t tx.Tx) error { return f(ctx, t) })
}
