package run

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/waymark-portal/waymark/internal/tx"
)

// The queues: supervised runs have their own, so that long ones leave the
// others room.
const (
	ownQueue        = "runs"
	supervisedQueue = "supervised"
)

// wakeArgs is the job that wakes a worker for a run. Ownership is not River's:
// the worker claims the run itself, so a second job does no harm.
type wakeArgs struct {
	Run ID `json:"run"`
}

// Kind implements river.JobArgs.
func (wakeArgs) Kind() string { return "wake_run" }

// waker is River's worker for wakeArgs.
type waker struct {
	river.WorkerDefaults[wakeArgs]
	e *Engine
}

// Work implements river.Worker.
func (w waker) Work(ctx context.Context, job *river.Job[wakeArgs]) error {
	return w.e.woken(ctx, job.Args.Run)
}

func newRiver(e *Engine, o Options) (*river.Client[*sql.Tx], error) {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(o.SQL)
	if o.Postgres {
		driver = riverdatabasesql.New(o.SQL)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, waker{e: e})
	return river.NewClient(driver, &river.Config{
		Logger:               slog.New(quiet{e.log.Handler()}),
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{ownQueue: {MaxWorkers: or(o.Workers, 8)}, supervisedQueue: {MaxWorkers: or(o.Supervised, 4)}},
		JobTimeout:           -1,
		RescueStuckJobsAfter: 30 * 24 * time.Hour,
		FetchPollInterval:    50 * time.Millisecond,
		FetchCooldown:        50 * time.Millisecond,
		MaxAttempts:          3,
	})
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// wake inserts the job that wakes a worker for a queued run.
func (e *Engine) wake(ctx context.Context, t tx.Tx, r Run) error {
	queue := ownQueue
	if k, ok := e.kind(r.Kind); ok && k.Supervised {
		queue = supervisedQueue
	}
	_, err := e.river.InsertTx(ctx, t.SQL(), wakeArgs{Run: r.ID}, &river.InsertOpts{Queue: queue})
	return err
}

// Run takes queued runs until Stop. It looks after runs whose worker died at
// once and every 5 seconds.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.river.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	e.work.Add(1)
	go func() { defer e.work.Done(); e.sweepLoop() }()
	return nil
}

// Stop hands the runs of this process over: their steps are interrupted, and
// the runs go back into the queue for another process or the next start.
// Supervisor processes are left working. It waits until ctx ends.
func (e *Engine) Stop(ctx context.Context) error {
	e.stopOnce.Do(func() { close(e.stop) })
	err := e.river.Stop(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	e.work.Wait()
	return nil
}

// Stopping is closed when this process begins to hand over; streams to
// readers end then, and go on from the next server.
func (e *Engine) Stopping() <-chan struct{} { return e.stop }

// woken works on a run, or has it worked on by a supervisor.
func (e *Engine) woken(ctx context.Context, id ID) error {
	select {
	case <-e.stop:
		return river.JobSnooze(100 * time.Millisecond) // for another process
	default:
	}
	ctx, done := context.WithCancelCause(ctx)
	defer done(nil)
	go func() {
		select {
		case <-e.stop:
			done(ErrHandOver)
		case <-ctx.Done():
		}
	}()
	if e.supervise != nil {
		if r, yes := e.supervised(ctx, id); yes {
			return e.startSupervisor(ctx, r)
		}
	}
	if r, err := e.store.PeekRun(ctx, id); err == nil {
		if k, ok := e.kind(r.Kind); ok && k.Supervised {
			return e.Execute(ctx, id)
		}
	}
	return e.executeNext(ctx)
}

// quiet lets River's warnings and errors through, not its start and stop.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}
