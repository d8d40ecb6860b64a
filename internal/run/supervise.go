package run

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// supervised reads a run and reports whether it is queued and of a supervised
// kind.
func (e *Engine) supervised(ctx context.Context, id ID) (r Run, yes bool) {
	r, err := e.store.PeekRun(ctx, id)
	k, ok := e.kind(r.Kind)
	return r, err == nil && ok && k.Supervised && r.State == Queued
}

// startSupervisor starts the process that takes the run, and stays with it
// until it ends or this process does. The supervisor lives on by itself.
func (e *Engine) startSupervisor(ctx context.Context, r Run) error {
	id := r.ID
	cmd := e.supervise(id)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return e.giveUp(ctx, r, fmt.Sprintf("The supervisor process could not be started: %v.", err))
	}
	for _, w := range []io.Writer{cmd.Stdout, cmd.Stderr} {
		if c, ok := w.(io.Closer); ok {
			c.Close() // the process has its own; closing twice is harmless
		}
	}
	e.log.Info("supervisor started", "run", id, "pid", cmd.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		if err == nil {
			return nil
		}
		e.log.Warn("supervisor ended", "run", id, "error", err)
		defer e.sweepSoon() // it may have died at work
		return e.giveUp(ctx, r, fmt.Sprintf("The supervisor process ended before it took the run: %v.", err))
	}
}

// giveUp fails a run that is still queued as it was seen, because nobody could
// take it.
func (e *Engine) giveUp(ctx context.Context, seen Run, why string) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	return e.db.Write(ctx, func(t tx.Tx) error {
		r, err := e.store.TxRun(ctx, t, seen.ID)
		if err != nil || r.State != Queued || r.Attempt != seen.Attempt {
			return err
		}
		r.Error = e.sentence(why)
		return e.move(ctx, t, &r, Failed, system)
	})
}
