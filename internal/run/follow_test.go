package run_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// follow collects what a reader gets until the run is over.
func follow(ctx context.Context, s *store.Store, e *run.Engine, id run.ID, after int64) (lines []run.Line, last run.State, err error) {
	read := func(ctx context.Context, after int64, limit int) ([]run.Line, error) {
		return s.RunLines(ctx, everything, id, after, limit)
	}
	err = e.Follow(ctx, id, after, read, func(part []run.Line, m run.Mark) error {
		lines, last = append(lines, part...), m.State
		return nil
	})
	return lines, last, err
}

func TestFollowHandsOverEveryLineOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := kind(func(_ context.Context, w *run.Work) error {
			for i := range 1500 {
				w.Logf("line %d", i+1)
				if i%300 == 0 {
					time.Sleep(60 * time.Millisecond)
				}
			}
			return nil
		})
		newEngine(t, s, true, k)
		reader := newEngine(t, s, false, k) // another process
		id := start(t, s, reader, "")
		ctx, done := context.WithTimeout(t.Context(), 20*time.Second)
		defer done()
		lines, last, err := follow(ctx, s, reader, id, 0)
		if err != nil || last != run.Succeeded || len(lines) != 1500 {
			t.Fatalf("%d lines, state %s, %v", len(lines), last, err)
		}
		for i, l := range lines {
			if l.N != int64(i+1) {
				t.Fatalf("line %d has number %d", i+1, l.N)
			}
		}
		rest, _, err := follow(ctx, s, reader, id, 1490)
		if err != nil || len(rest) != 10 || rest[0].N != 1491 {
			t.Errorf("after 1490: %d lines, %v", len(rest), err)
		}
	})
}

func TestFollowEndsWithTheServer(t *testing.T) {
	s := storetest.SQLite(t)
	k := kind(func(ctx context.Context, _ *run.Work) error { <-ctx.Done(); return ctx.Err() })
	e := newEngine(t, s, false, k)
	id := start(t, s, e, "")
	ended := make(chan error, 1)
	go func() { _, _, err := follow(t.Context(), s, e, id, 0); ended <- err }()
	time.Sleep(50 * time.Millisecond)
	stop(t, e)
	select {
	case err := <-ended:
		if !errors.Is(err, run.ErrHandOver) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the reader still waits")
	}
}

// TestAnotherCopyIsTold: where the database tells, a reader at another copy
// hears of a line long before it would have looked.
func TestAnotherCopyIsTold(t *testing.T) {
	s := storetest.Postgres(t)
	next := make(chan struct{})
	k := kind(func(_ context.Context, w *run.Work) error {
		for range 3 {
			<-next
			w.Logf("tick")
		}
		return nil
	})
	newEngine(t, s, true, k)
	reader, err := run.New(run.Options{DB: s, Store: s, SQL: s.WriteDB(), Postgres: true, Listen: s.ListenRuns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, reader) })
	id := start(t, s, newEngine(t, s, false, k), "")
	changes := reader.Watch(t.Context(), id)
	await(t, s, id, run.Running)
	time.Sleep(200 * time.Millisecond) // what the start told is over
	for range 2 {
		select {
		case <-changes:
		default:
		}
		begin := time.Now()
		next <- struct{}{}
		<-changes
		if took := time.Since(begin); took > time.Second {
			t.Errorf("told after %s", took)
		}
	}
	next <- struct{}{}
	await(t, s, id, run.Succeeded)
}
