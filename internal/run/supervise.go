package run

import (
	"context"
	"fmt"
	"io"
	"os"
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

// superviseTries is how often a supervisor may end before it has taken its
// run, until the run fails.
const superviseTries = 3

// startSupervisor starts the process that takes the run, and stays with it
// until it ends or this process does. The supervisor lives on by itself.
func (e *Engine) startSupervisor(ctx context.Context, r Run) error {
	var err error
	for range superviseTries {
		if err = e.superviseOnce(ctx, r.ID); err == nil || ctx.Err() != nil {
			return nil
		}
		e.log.Warn("supervisor ended", "run", r.ID, "error", err)
		now, peek := e.store.PeekRun(ctx, r.ID)
		if peek != nil || now.State != Queued || now.Attempt != r.Attempt {
			e.sweepSoon() // it took the run and may have died at work
			return peek
		}
	}
	return e.giveUp(ctx, r, fmt.Sprintf("The supervisor process could not take the run: %v.", err))
}

// superviseOnce starts a supervisor and waits for its end; nil also when this
// process ends first.
func (e *Engine) superviseOnce(ctx context.Context, id ID) error {
	cmd := e.supervise(id)
	detach(cmd)
	err := cmd.Start()
	for _, w := range []io.Writer{cmd.Stdout, cmd.Stderr} {
		if f, ok := w.(*os.File); ok && f != os.Stdout && f != os.Stderr {
			f.Close() // the process has its own; closing twice is harmless
		}
	}
	if err != nil {
		return err
	}
	e.log.Info("supervisor started", "run", id, "pid", cmd.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
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
