package run_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/testkit"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// abandon makes the run look as if its worker had died.
func abandon(t *testing.T, s *store.Store, id run.ID) {
	t.Helper()
	if _, err := s.WriteDB().Exec(`UPDATE runs SET lease_until = '2026-01-01T00:00:00.000000Z' WHERE id = $1`, string(id)); err != nil {
		t.Fatal(err)
	}
}

// sweepUntil sweeps until f holds; a live worker's heartbeat may be first.
func sweepUntil(t *testing.T, s *store.Store, e *run.Engine, id run.ID, f func() bool) {
	t.Helper()
	eventually(t, "taken back", func() bool {
		abandon(t, s, id)
		if err := e.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return f()
	})
}

func TestAnAbandonedRunGoesOnAndTheOldWorkerIsFenced(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var tries, firsts atomic.Int32
		old := make(chan error, 2)
		release := make(chan struct{})
		k := kind(
			func(context.Context, *run.Work) error { firsts.Add(1); return nil },
			func(ctx context.Context, w *run.Work) error {
				if tries.Add(1) > 1 {
					return nil
				}
				w.Logf("the old worker")
				<-ctx.Done() // the lease is lost
				<-release
				w.Logf("too late")
				old <- w.Save(context.Background(), "k", 1)
				old <- context.Cause(ctx)
				return nil
			})
		e := newEngine(t, s, true, k)
		id := start(t, s, e, "lane")
		eventually(t, "second step", func() bool { return tries.Load() == 1 && len(logOf(t, s, id)) == 1 })
		sweepUntil(t, s, e, id, func() bool { return read(t, s, id).Lost > 0 || tries.Load() > 1 })
		r := await(t, s, id, run.Succeeded)
		close(release)
		if err := <-old; !errors.Is(err, run.ErrLost) {
			t.Errorf("write of the old worker: %v", err)
		}
		if cause := <-old; !errors.Is(cause, run.ErrLost) {
			t.Errorf("cause %v", cause)
		}
		if firsts.Load() != 1 || r.Attempt != 2 {
			t.Errorf("first step ran %d times, attempt %d", firsts.Load(), r.Attempt)
		}
		for _, l := range logOf(t, s, id) {
			if strings.Contains(l.Text, "too late") {
				t.Errorf("the old worker wrote %+v", l)
			}
		}
	})
}

func TestARunThatKeepsLosingItsWorkerFails(t *testing.T) {
	s := storetest.SQLite(t)
	e := newEngine(t, s, true, kind(func(ctx context.Context, _ *run.Work) error { <-ctx.Done(); return nil }))
	id := start(t, s, e, "")
	await(t, s, id, run.Running)
	sweepUntil(t, s, e, id, func() bool { return read(t, s, id).State == run.Failed })
	if r := read(t, s, id); !strings.Contains(r.Error, "lost 4 times") {
		t.Errorf("error %q", r.Error)
	}
}

func TestACancelledRunWhoseWorkerDiedIsCancelled(t *testing.T) {
	s := storetest.SQLite(t)
	k := kind(nothing)
	e := newEngine(t, s, false, k)
	id := start(t, s, e, "")
	if _, err := s.WriteDB().Exec(`UPDATE runs SET state = 'running', attempt = 1, cancel = 1, cancel_by = 'user:default/ada' WHERE id = $1`, string(id)); err != nil {
		t.Fatal(err)
	}
	abandon(t, s, id)
	for i, want := range []run.State{run.Running, run.Cancelled} { // one look is not enough
		if err := e.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := read(t, s, id); r.State != want {
			t.Errorf("run is %s after sweep %d, want %s", r.State, i+1, want)
		}
	}
}

func TestAGracefulStopHandsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var tries atomic.Int32
		running := make(chan struct{}, 4)
		k := kind(nothing, func(ctx context.Context, w *run.Work) error {
			if tries.Add(1) > 1 {
				return nil
			}
			running <- struct{}{}
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), run.ErrHandOver) {
				t.Errorf("cause %v", context.Cause(ctx))
			}
			return ctx.Err()
		})
		a := newEngine(t, s, true, k)
		id := start(t, s, a, "lane")
		<-running
		begin := time.Now()
		stop(t, a)
		if r := read(t, s, id); r.State != run.Queued {
			t.Fatalf("run is %s after the stop, want queued", r.State)
		}
		newEngine(t, s, true, k)
		r := await(t, s, id, run.Succeeded)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("the hand-over took %s", took)
		}
		if r.Lost != 0 || r.Attempt != 2 {
			t.Errorf("lost %d, attempt %d", r.Lost, r.Attempt)
		}
	})
}

func TestLostWakesAndLanesAreFound(t *testing.T) {
	s := storetest.SQLite(t)
	k := kind(nothing)
	e := newEngine(t, s, false, k)
	queued, waiting := start(t, s, e, "lane"), start(t, s, e, "lane")
	long := tx.Format(time.Now().Add(-time.Hour))
	for _, q := range []string{`DELETE FROM river_job`, `UPDATE runs SET woken_at = '` + long + `'`} {
		if _, err := s.WriteDB().Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	newEngine(t, s, true, k)
	await(t, s, queued, run.Succeeded)
	await(t, s, waiting, run.Succeeded)

	orphan := start(t, s, e, "other")
	if _, err := s.WriteDB().Exec(`UPDATE runs SET state = 'waiting' WHERE id = $1`, string(orphan)); err != nil {
		t.Fatal(err)
	}
	if err := e.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, s, orphan, run.Succeeded)
}

// A process was killed between fetching a run's wake-up and taking the run:
// the job looks taken, the run was queued a moment ago.
func TestAWakeUpThatDiedWithItsProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := kind(nothing)
		id := start(t, s, newEngine(t, s, false, k), "lane")
		if _, err := s.WriteDB().Exec(`UPDATE river_job SET state = 'running', attempt = 1`); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		newEngine(t, s, true, k)
		await(t, s, id, run.Succeeded)
		if took := time.Since(began); took > testkit.Bound(3*time.Second) {
			t.Errorf("the run went on after %s only", took)
		}
	})
}

func TestWatchTellsOfLines(t *testing.T) {
	s := storetest.SQLite(t)
	next := make(chan struct{})
	k := kind(func(ctx context.Context, w *run.Work) error {
		for range 3 {
			<-next
			w.Logf("tick")
		}
		return nil
	})
	newEngine(t, s, true, k)
	reader := newEngine(t, s, false, k) // another process
	id := start(t, s, reader, "")
	changes := reader.Watch(t.Context(), id)
	for want := int64(1); want <= 3; want++ {
		next <- struct{}{}
		eventually(t, "line", func() bool {
			<-changes
			m, err := s.RunMark(t.Context(), id)
			return err == nil && m.Lines >= want
		})
	}
	await(t, s, id, run.Succeeded)
}
