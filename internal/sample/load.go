package sample

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Step is one part of loading. It may run again after a crash, so it must
// come out the same the second time.
type Step struct {
	Name  string // under which it is remembered
	Title string // what people read while it runs: "bills"
	Do    func(ctx context.Context, now time.Time) error
}

// Memory remembers what was loaded, across restarts.
type Memory interface {
	// Recall returns what was kept under key, empty if nothing.
	Recall(ctx context.Context, key string) (string, error)
	Keep(ctx context.Context, key, value string) error
}

// Loader loads the sample once.
type Loader struct {
	Memory Memory
	Steps  []Step
	Now    func() time.Time
	Pause  time.Duration // before a failed step is tried again; zero: 2 s

	mu    sync.Mutex
	state State
}

// State is how far the loading is.
type State struct {
	Done  int
	Total int
	Doing string // title of the running step
	Ready bool
	Error string // why a step failed; it is tried again
}

// State returns how far the loading is.
func (l *Loader) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state
	s.Total = len(l.Steps)
	return s
}

func (l *Loader) set(f func(*State)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.state)
}

const (
	dayKey  = "sample.day"
	stepKey = "sample.step."
	tries   = 5
)

// Run does every step that was not done before. All steps of a sample see the
// same time, also when a crash lies between them. A failed step is tried
// again, and after that leaves the others alone.
func (l *Loader) Run(ctx context.Context) error {
	now, err := l.day(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, s := range l.Steps {
		err := l.step(ctx, s, now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("load %s: %w", s.Title, err))
			continue
		}
		l.set(func(st *State) { st.Done++; st.Error = "" })
	}
	if err := errors.Join(faults...); err != nil {
		l.set(func(st *State) { st.Doing, st.Error = "", err.Error() })
		return err
	}
	l.set(func(st *State) { *st = State{Done: st.Done, Ready: true} })
	return nil
}

// day is the time up to which the sample is made; it is fixed by the first
// start.
func (l *Loader) day(ctx context.Context) (time.Time, error) {
	kept, err := l.Memory.Recall(ctx, dayKey)
	if err != nil {
		return time.Time{}, err
	}
	if kept != "" {
		return time.Parse(time.RFC3339, kept)
	}
	now := l.Now().UTC().Truncate(time.Second)
	return now, l.Memory.Keep(ctx, dayKey, now.Format(time.RFC3339))
}

func (l *Loader) step(ctx context.Context, s Step, now time.Time) error {
	done, err := l.Memory.Recall(ctx, stepKey+s.Name)
	if err != nil || done != "" {
		return err
	}
	l.set(func(st *State) { st.Doing = s.Title })
	for try := 1; ; try++ {
		err = s.Do(ctx, now)
		if err == nil {
			return l.Memory.Keep(ctx, stepKey+s.Name, "done")
		}
		l.set(func(st *State) { st.Error = err.Error() })
		if try == tries {
			return err
		}
		if err := wait(ctx, l.pause()); err != nil {
			return err
		}
	}
}

func (l *Loader) pause() time.Duration {
	if l.Pause == 0 {
		return 2 * time.Second
	}
	return l.Pause
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
