package run_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// remaining is a kind of steps a, b and c, of which c is for failures too.
func remaining(do map[string]func(context.Context, *run.Work) error) run.Kind {
	return run.Kind{Name: "test", Remaining: true, Do: func(ctx context.Context, w *run.Work, step string) error {
		if w.Outcome() != run.Running && step != "c" {
			return run.Skip("an earlier step has failed")
		}
		return do[step](ctx, w)
	}}
}

func startSteps(t *testing.T, s *store.Store, e *run.Engine, owner string) run.ID {
	t.Helper()
	var id run.ID
	write(t, s, func(tr tx.Tx) (err error) {
		id, err = e.Start(t.Context(), tr, run.Spec{Kind: "test", Title: "Try", Owner: owner, By: "user:default/ada",
			Steps: []run.StepTitle{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}, {ID: "c", Title: "C"}}})
		return err
	})
	return id
}

func states(r run.Run) string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, string(s.State))
	}
	return strings.Join(out, " ")
}

func TestRemainingStepsRunAfterAFailure(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var fails atomic.Bool
		fails.Store(true)
		var seen atomic.Value
		e := newEngine(t, s, true, remaining(map[string]func(context.Context, *run.Work) error{
			"a": func(context.Context, *run.Work) error {
				if fails.Load() {
					return errors.New("no luck")
				}
				return nil
			},
			"b": nothing,
			"c": func(_ context.Context, w *run.Work) error {
				seen.Store(string(w.Outcome()) + ": " + w.Reason())
				if fails.Load() {
					return errors.New("tidying fails too")
				}
				return nil
			},
		}))
		id := startSteps(t, s, e, owner)
		r := await(t, s, id, run.Failed)
		if got := states(r); got != "failed skipped failed" || r.Error != "no luck" || seen.Load() != "failed: no luck" {
			t.Errorf("steps %s, error %q, saw %v", got, r.Error, seen.Load())
		}
		fails.Store(false)
		write(t, s, func(tr tx.Tx) error { return e.Retry(t.Context(), tr, id, "user:default/ada", nil) })
		r = await(t, s, id, run.Succeeded)
		if got := states(r); got != "succeeded succeeded succeeded" || r.Error != "" {
			t.Errorf("after the retry: steps %s, error %q", got, r.Error)
		}
	})
}

func TestRemainingStepsRunAfterACancel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		begun, tidied := make(chan struct{}, 2), make(chan error, 2)
		e := newEngine(t, s, true, remaining(map[string]func(context.Context, *run.Work) error{
			"a": func(ctx context.Context, _ *run.Work) error { begun <- struct{}{}; <-ctx.Done(); return ctx.Err() },
			"b": nothing,
			"c": func(ctx context.Context, w *run.Work) error {
				time.Sleep(1200 * time.Millisecond) // the cancel flag is seen again meanwhile
				tidied <- ctx.Err()
				return nil
			},
		}))
		id := startSteps(t, s, e, owner)
		<-begun
		write(t, s, func(tr tx.Tx) error { return e.Cancel(t.Context(), tr, id, "user:default/ben") })
		r := await(t, s, id, run.Cancelled)
		if got := states(r); got != "cancelled skipped succeeded" || r.CancelBy != "user:default/ben" {
			t.Errorf("steps %s, by %q", got, r.CancelBy)
		}
		if err := <-tidied; err != nil {
			t.Errorf("the step that tidies up was interrupted: %v", err)
		}
		write(t, s, func(tr tx.Tx) error { return e.Retry(t.Context(), tr, id, "user:default/ben", nil) })
		<-begun
		if r := read(t, s, id); r.Cancel || states(r) != "running pending pending" {
			t.Errorf("retried: cancel %t, steps %s", r.Cancel, states(r))
		}
	})
}

// A worker that dies among the remaining steps leaves them to the next one,
// which neither does the failed step again nor forgets the failure.
func TestRemainingStepsSurviveTheirWorker(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var firsts, lasts atomic.Int32
		k := remaining(map[string]func(context.Context, *run.Work) error{
			"a": func(context.Context, *run.Work) error { firsts.Add(1); return errors.New("no luck") },
			"c": func(ctx context.Context, _ *run.Work) error {
				if lasts.Add(1) == 1 {
					<-ctx.Done() // until the lease is lost
				}
				return ctx.Err()
			},
		})
		e := newEngine(t, s, true, k)
		id := startSteps(t, s, e, owner)
		eventually(t, "last step", func() bool { return lasts.Load() == 1 })
		sweepUntil(t, s, e, id, func() bool { return read(t, s, id).Lost > 0 || lasts.Load() > 1 })
		r := await(t, s, id, run.Failed)
		if got := states(r); got != "failed skipped succeeded" || firsts.Load() != 1 || r.Error != "no luck" {
			t.Errorf("steps %s, the first ran %d times, error %q", got, firsts.Load(), r.Error)
		}
	})
}

func TestSecretsOfARetry(t *testing.T) {
	s := storetest.SQLite(t)
	var got map[string]string
	k := remaining(map[string]func(context.Context, *run.Work) error{
		"a": func(context.Context, *run.Work) error { return errors.New("no luck") },
		"c": nothing,
	})
	k.Retry = func(_ context.Context, _ tx.Tx, _ run.Run, secrets map[string]string) error {
		if got = secrets; len(secrets) == 0 {
			return fault.InvalidField("secrets.token", "required", "Give the token again.")
		}
		return nil
	}
	plain := kind(func(context.Context, *run.Work) error { return errors.New("no luck") })
	plain.Name = "plain"
	e := newEngine(t, s, true, k, plain)
	id := startSteps(t, s, e, owner)
	await(t, s, id, run.Failed)
	retry := func(id run.ID, secrets map[string]string) error {
		return s.Write(t.Context(), func(tr tx.Tx) error { return e.Retry(t.Context(), tr, id, "user:default/ada", secrets) })
	}
	if err := retry(id, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("without the secret: %v", err)
	}
	if err := retry(id, map[string]string{"token": "x"}); err != nil || got["token"] != "x" {
		t.Errorf("with the secret: %v, %v", err, got)
	}
	await(t, s, id, run.Failed)
	var other run.ID
	write(t, s, func(tr tx.Tx) (err error) {
		other, err = e.Start(t.Context(), tr, run.Spec{Kind: "plain", Owner: owner})
		return err
	})
	await(t, s, other, run.Failed)
	if err := retry(other, map[string]string{"token": "x"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a kind without secrets: %v", err)
	}
}

// An owner with many runs does not hold up the others, and the runs of each
// owner are taken in the order in which they were asked for; those that are
// worked on at the same time may begin in any order.
func TestRunsAreTakenFairly(t *testing.T) {
	const atOnce = 8 // workers of an engine
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var mu sync.Mutex
		var order []run.ID
		k := run.Kind{Name: "test", Do: func(_ context.Context, w *run.Work, step string) error {
			if step == "a" {
				mu.Lock()
				order = append(order, w.Run().ID)
				mu.Unlock()
				time.Sleep(5 * time.Millisecond)
			}
			return nil
		}}
		quiet := newEngine(t, s, false, k)
		var ids []run.ID
		for range 24 {
			ids = append(ids, startSteps(t, s, quiet, "group:default/many"))
		}
		few := startSteps(t, s, quiet, "group:default/few")
		newEngine(t, s, true, k)
		for _, id := range append(ids, few) {
			await(t, s, id, run.Succeeded)
		}
		mu.Lock()
		defer mu.Unlock()
		if at := slices.Index(order, few); at > 2*atOnce {
			t.Errorf("the one run of the other owner was taken as number %d", at+1)
		}
		for i, id := range ids {
			if at := slices.Index(order, id); at > i+atOnce || at < i-atOnce {
				t.Errorf("number %d of its owner was taken as number %d", i+1, at+1)
			}
		}
	})
}
