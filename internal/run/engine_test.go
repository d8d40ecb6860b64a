package run_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const owner = "group:default/payments-team"

// everything reads as the system does.
var everything = access.System("test")

// newEngine makes an engine on s that works when started is set.
func newEngine(t *testing.T, s *store.Store, started bool, kinds ...run.Kind) *run.Engine {
	t.Helper()
	e, err := run.New(run.Options{DB: s, Store: s, SQL: s.WriteDB(), Postgres: s.IsPostgres(), Lost: 3, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		e.Register(k)
	}
	if started {
		if err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { stop(t, e) })
	return e
}

func stop(t *testing.T, e *run.Engine) {
	t.Helper()
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	if err := e.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// kind is a kind of the given steps, named s1, s2, …
func kind(steps ...func(context.Context, *run.Work) error) run.Kind {
	k := run.Kind{Name: "test"}
	for i, do := range steps {
		k.Steps = append(k.Steps, run.Step{ID: fmt.Sprintf("s%d", i+1), Title: fmt.Sprintf("Step %d", i+1), Do: do})
	}
	return k
}

func nothing(context.Context, *run.Work) error { return nil }

func start(t *testing.T, s *store.Store, e *run.Engine, lane string) run.ID {
	t.Helper()
	var id run.ID
	write(t, s, func(tr tx.Tx) (err error) {
		id, err = e.Start(t.Context(), tr, run.Spec{Kind: "test", Title: "Try " + lane, Owner: owner, By: "user:default/ada", Lane: lane})
		return err
	})
	return id
}

func write(t *testing.T, s *store.Store, f func(tx.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *store.Store, id run.ID) run.Run {
	t.Helper()
	r, err := s.Run(t.Context(), everything, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// await waits until the run is in one of the states.
func await(t *testing.T, s *store.Store, id run.ID, states ...run.State) run.Run {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r := read(t, s, id)
		for _, want := range states {
			if r.State == want {
				return r
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("run is %s (%s, steps %v), want %v", r.State, r.Error, r.Steps, states)
		}
	}
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func logOf(t *testing.T, s *store.Store, id run.ID) []run.Line {
	t.Helper()
	lines, err := s.RunLines(t.Context(), everything, id, 0, 100000)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		if l.N != int64(i+1) {
			t.Fatalf("line %d has number %d", i+1, l.N)
		}
	}
	return lines
}

func TestStepsRunInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var ended atomic.Int32
		k := kind(
			func(ctx context.Context, w *run.Work) error {
				for i := range 500 {
					w.Logf("line %d", i)
				}
				return errors.Join(w.Note(ctx, "500 lines"), w.Save(ctx, "plan", map[string]int{"add": 5}))
			},
			func(context.Context, *run.Work) error { return run.Skip("nothing to do") },
			func(ctx context.Context, w *run.Work) error {
				var plan map[string]int
				if ok, err := w.Load(ctx, "plan", &plan); !ok || err != nil || plan["add"] != 5 {
					return fmt.Errorf("loaded %v, %t, %v", plan, ok, err)
				}
				return nil
			})
		k.Ended = func(_ context.Context, _ tx.Tx, r run.Run, st run.State) error {
			if st == run.Succeeded && r.State == st {
				ended.Add(1)
			}
			return nil
		}
		e := newEngine(t, s, true, k)
		id := start(t, s, e, "")
		r := await(t, s, id, run.Succeeded, run.Failed)
		if r.State != run.Succeeded || ended.Load() != 1 {
			t.Fatalf("run %s: %s; ended %d times", r.State, r.Error, ended.Load())
		}
		if st, _ := r.Step("s1"); st.State != run.StepSucceeded || st.Note != "500 lines" || st.FinishedAt.IsZero() {
			t.Errorf("first step %+v", st)
		}
		if st, _ := r.Step("s2"); st.State != run.StepSkipped || st.Note != "nothing to do" {
			t.Errorf("second step %+v", st)
		}
		if lines := logOf(t, s, id); len(lines) != 500 || lines[499].Text != "line 499" || lines[0].Step != "s1" {
			t.Errorf("log of %d lines ends with %+v", len(lines), lines[len(lines)-1])
		}
		types := eventTypes(t, s, id)
		if want := "run.queued run.started run.finished"; types != want {
			t.Errorf("events %q, want %q", types, want)
		}
	})
}

func eventTypes(t *testing.T, s *store.Store, id run.ID) string {
	t.Helper()
	rows, err := s.WriteDB().Query(`SELECT type FROM events WHERE subject = $1 ORDER BY at, id`, string(id))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var types []string
	for rows.Next() {
		var typ string
		if err := rows.Scan(&typ); err != nil {
			t.Fatal(err)
		}
		types = append(types, typ)
	}
	return strings.Join(types, " ")
}

func TestFailureAndRetry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var first, second atomic.Int32
		e := newEngine(t, s, true, kind(
			func(context.Context, *run.Work) error { first.Add(1); return nil },
			func(_ context.Context, w *run.Work) error {
				w.Hide("hunter22")
				if second.Add(1) == 1 {
					return errors.New("no luck with hunter22")
				}
				return nil
			}, nothing))
		id := start(t, s, e, "lane")
		r := await(t, s, id, run.Failed)
		if r.Error != "no luck with (secret)" {
			t.Errorf("error %q", r.Error)
		}
		if st, _ := r.Step("s3"); st.State != run.StepPending {
			t.Errorf("third step is %s", st.State)
		}
		write(t, s, func(tr tx.Tx) error { return e.Retry(t.Context(), tr, id, "user:default/ada", nil) })
		r = await(t, s, id, run.Succeeded)
		if first.Load() != 1 || second.Load() != 2 || r.Error != "" || r.Attempt != 2 {
			t.Errorf("steps ran %d and %d times, error %q, attempt %d", first.Load(), second.Load(), r.Error, r.Attempt)
		}
		err := s.Write(t.Context(), func(tr tx.Tx) error { return e.Retry(t.Context(), tr, id, "user:default/ada", nil) })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("retry of a succeeded run: %v", err)
		}
	})
}

func TestPanicFailsVisibly(t *testing.T) {
	s := storetest.SQLite(t)
	e := newEngine(t, s, true, kind(func(context.Context, *run.Work) error { panic("boom") }))
	id := start(t, s, e, "")
	r := await(t, s, id, run.Failed)
	if !strings.Contains(r.Error, "Step 1") || !strings.Contains(logOf(t, s, id)[0].Text, "boom") {
		t.Errorf("error %q, log %v", r.Error, logOf(t, s, id))
	}
}

func TestLaneIsOneAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var busy, most atomic.Int32
		var mu sync.Mutex
		var order []run.ID
		e := newEngine(t, s, true, kind(func(_ context.Context, w *run.Work) error {
			most.Store(max(most.Load(), busy.Add(1)))
			defer busy.Add(-1)
			mu.Lock()
			order = append(order, w.Run().ID)
			mu.Unlock()
			time.Sleep(50 * time.Millisecond)
			return nil
		}))
		var ids []run.ID
		for range 5 {
			ids = append(ids, start(t, s, e, "env_1"))
		}
		if r := read(t, s, ids[4]); r.State != run.Waiting || !strings.Contains(r.WaitingFor, "Try env_1") {
			t.Errorf("last run is %s, waits for %q", r.State, r.WaitingFor)
		}
		for _, id := range ids {
			await(t, s, id, run.Succeeded)
		}
		if most.Load() != 1 || fmt.Sprint(order) != fmt.Sprint(ids) {
			t.Errorf("%d at once, order %v, want %v", most.Load(), order, ids)
		}
	})
}

func TestCancel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		running := make(chan struct{}, 10)
		causes := make(chan error, 10)
		k := kind(func(ctx context.Context, w *run.Work) error {
			running <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		}, nothing)
		worker := newEngine(t, s, true, k)
		other := newEngine(t, s, false, k) // as in another process
		id, waits := start(t, s, other, "lane"), start(t, s, other, "lane")
		<-running
		write(t, s, func(tr tx.Tx) error { return other.Cancel(t.Context(), tr, waits, "user:default/ben") })
		if r := read(t, s, waits); r.State != run.Cancelled || r.CancelBy != "user:default/ben" {
			t.Errorf("waiting run is %s by %q", r.State, r.CancelBy)
		}
		begin := time.Now()
		write(t, s, func(tr tx.Tx) error { return other.Cancel(t.Context(), tr, id, "user:default/ben") })
		r := await(t, s, id, run.Cancelled)
		if took := time.Since(begin); took > time.Second {
			t.Errorf("cancelling took %s", took)
		}
		if cause := <-causes; !errors.Is(cause, run.ErrCancelled) {
			t.Errorf("cause %v", cause)
		}
		if st, _ := r.Step("s1"); st.State != run.StepCancelled {
			t.Errorf("step is %s", st.State)
		}
		err := s.Write(t.Context(), func(tr tx.Tx) error { return worker.Cancel(t.Context(), tr, id, "x") })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("cancel of what is over: %v", err)
		}
	})
}

func TestAwaitResumeRefuse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var approved atomic.Bool
		e := newEngine(t, s, true, kind(func(context.Context, *run.Work) error {
			if !approved.Load() {
				return run.Await("Waits for a lead of payments-team.")
			}
			return nil
		}))
		one, two := start(t, s, e, "lane"), start(t, s, e, "lane")
		r := await(t, s, one, run.AwaitingApproval)
		if st, _ := r.Step("s1"); r.WaitingFor == "" || st.State != run.StepWaiting {
			t.Errorf("waits for %q, step %s", r.WaitingFor, st.State)
		}
		await(t, s, two, run.AwaitingApproval) // the lane is free meanwhile
		write(t, s, func(tr tx.Tx) error { return e.Refuse(t.Context(), tr, two, "user:default/ben", "Not this week.") })
		if r := read(t, s, two); r.State != run.Refused || r.Error != "Not this week." {
			t.Errorf("run is %s: %s", r.State, r.Error)
		}
		approved.Store(true)
		write(t, s, func(tr tx.Tx) error { return e.Resume(t.Context(), tr, one) })
		await(t, s, one, run.Succeeded)
	})
}

func TestRefuseEndsTheRun(t *testing.T) {
	s := storetest.SQLite(t)
	e := newEngine(t, s, true, kind(func(context.Context, *run.Work) error { return run.Refuse("required_tags: owner is missing") }, nothing))
	r := await(t, s, start(t, s, e, ""), run.Refused)
	if st, _ := r.Step("s1"); r.Error != "required_tags: owner is missing" || st.State != run.StepFailed {
		t.Errorf("error %q, step %s", r.Error, st.State)
	}
}

func TestTwoWorkersTakeEachRunOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var mu sync.Mutex
		times := map[run.ID]int{}
		k := kind(func(_ context.Context, w *run.Work) error {
			mu.Lock()
			defer mu.Unlock()
			times[w.Run().ID]++
			return nil
		})
		a, b := newEngine(t, s, true, k), newEngine(t, s, true, k)
		var ids []run.ID
		for i := range 30 {
			e := a
			if i%2 == 0 {
				e = b
			}
			id := start(t, s, e, "")
			ids = append(ids, id)
			go b.Execute(context.Background(), id) // a third one that races
		}
		for _, id := range ids {
			await(t, s, id, run.Succeeded)
		}
		mu.Lock()
		defer mu.Unlock()
		for id, n := range times {
			if n != 1 {
				t.Errorf("run %s was worked on %d times", id, n)
			}
		}
	})
}
