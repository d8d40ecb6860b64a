package terraform

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A provider that dies in the middle fails the apply; what was finished is in
// the state, the lock is free, and a new plan makes the rest.
func TestProviderCrash(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("SKIP /proc is missing: the provider cannot be found")
	}
	eachEngine(t, func(t *testing.T, engine string) {
		b := newBench(t, engine, strings.Replace(sandboxVars, `"slowness": 0`, `"slowness": 2`, 1))
		r := b.runner(t)
		ctx := context.Background()
		if err := r.Init(ctx, b.sink); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plan(ctx, PlanOptions{}, b.sink); err != nil {
			t.Fatal(err)
		}
		err := r.Apply(ctx, func(m Message) {
			if m.Type == "apply_complete" && m.Resource == "waymark_secret.password" {
				b.killProviders(t)
			}
			b.sink(m)
		})
		var f *Failure
		if !errors.As(err, &f) || len(f.Diagnostics) == 0 {
			t.Fatalf("got %v, want diagnostics", err)
		}
		if holder, _ := b.kept(); holder != "" {
			t.Error("the lock stays")
		}
		if _, err := r.Plan(ctx, PlanOptions{}, b.sink); err != nil {
			t.Fatalf("plan again: %v", err)
		}
		if err := r.Apply(ctx, b.sink); err != nil {
			t.Fatalf("apply again: %v\n%s", err, b.text())
		}
		if made, _ := b.local.List(testEnv); len(made) != 3 {
			t.Errorf("made %v, want 3 objects", made)
		}
	})
}

// killProviders ends the providers of the bench's engine with -9.
func (b *bench) killProviders(t *testing.T) {
	t.Helper()
	for _, pid := range b.options.Folder.strays() {
		args, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if err == nil && bytes.Contains(args, []byte("\x00provider")) {
			killProcess(pid)
		}
	}
}

// A database that is away for a while holds the apply up and loses nothing.
func TestStateIsAwayForAWhile(t *testing.T) {
	b := newBench(t, engines(t)[0], sandboxVars)
	r := b.runner(t)
	ctx := context.Background()
	if err := r.Init(ctx, b.sink); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Plan(ctx, PlanOptions{}, b.sink); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	b.away = 3
	b.mu.Unlock()
	if err := r.Apply(ctx, b.sink); err != nil {
		t.Fatalf("apply: %v\n%s", err, b.text())
	}
	if holder, states := b.kept(); states == 0 || holder != "" {
		t.Errorf("%d states, lock %q", states, holder)
	}
}

// kept is the holder of the lock and the number of states in the backend.
func (m *memory) kept() (holder string, states int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lock.ID, len(m.states)
}
