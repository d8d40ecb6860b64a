package durable_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// brokenForge publishes unless it is told how to fail.
type brokenForge struct {
	scaffold.Forge
	mu     sync.Mutex
	before error // nothing is published
	after  error // it is published, but the answer is lost
}

func (f *brokenForge) set(change func(*brokenForge)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *brokenForge) Publish(ctx context.Context, p forge.Publication) (string, error) {
	f.mu.Lock()
	before, after := f.before, f.after
	f.mu.Unlock()
	if before != nil {
		return "", before
	}
	hash, err := f.Forge.Publish(ctx, p)
	if err == nil && after != nil {
		return "", after
	}
	return hash, err
}

func broken(t *testing.T, s *store.Store) (*portal, *brokenForge) {
	t.Helper()
	f := &brokenForge{}
	p := newPortal(t, s, setup{forge: func(inner scaffold.Forge) scaffold.Forge { f.Forge = inner; return f }})
	p.begin()
	return p, f
}

func TestForgeGoneInTheMiddle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, set := range map[string]func(*brokenForge){
			"before": func(f *brokenForge) {
				f.before = fault.New(fault.Unavailable, "The forge does not answer.")
			},
			"after": func(f *brokenForge) { f.after = fault.New(fault.Unavailable, "The forge does not answer.") },
		} {
			t.Run(name, func(t *testing.T) {
				p, f := broken(t, s)
				f.set(set)
				id := p.mustOrder("gone-" + name)
				r := p.ends(id, run.Failed)
				if r.Error != "The forge does not answer." || !strings.Contains(p.log(id), "tidied up") {
					t.Errorf("error %q, log\n%s", r.Error, p.log(id))
				}
				if got := p.made(id); got != "repository begun" {
					t.Errorf("left: %s", got)
				}
				f.set(func(f *brokenForge) { f.before, f.after = nil, nil })
				if _, err := p.do(person, "retry-run", map[string]any{"run": id}); err != nil {
					t.Fatal(err)
				}
				p.ends(id, run.Succeeded)
				p.complete("gone-" + name)
				if log := p.log(id); strings.Count(log, "Beginning step fetch:template") != 1 {
					t.Errorf("finished steps ran again:\n%s", log)
				}
			})
		}
	})
}

// What a failed run has left is cleaned up by an action, as often as one asks.
func TestCleanUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, _ := broken(t, s)
		p.catalog.fail(fault.New(fault.Unavailable, "The catalog does not read it."))
		id := p.mustOrder("left-over")
		if _, err := p.do(person, scaffold.CleanUpName, map[string]any{"run": id}); err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("clean up while it goes on: %v", err)
		}
		p.ends(id, run.Failed)
		if got := p.made(id); got != "repository made, location begun" {
			t.Fatalf("left: %s", got)
		}
		for range 2 {
			clean, err := p.do(person, scaffold.CleanUpName, map[string]any{"run": id})
			if err != nil {
				t.Fatal(err)
			}
			if clean != "" {
				p.ends(clean, run.Succeeded)
			}
			p.gone("left-over")
			if got := p.made(id); got != "repository removed, location removed" {
				t.Errorf("after the clean-up: %s", got)
			}
		}
		if _, err := p.do(person, "retry-run", map[string]any{"run": id}); !fault.Is(err, fault.Conflict) {
			t.Errorf("retry after the clean-up: %v", err)
		}
		p.catalog.fail(nil)
		p.ends(p.mustOrder("left-over"), run.Succeeded) // the name is free again
		p.complete("left-over")
	})
}

// A clean-up keeps what somebody has touched, and says so.
func TestCleanUpKeepsTheWorkOfOthers(t *testing.T) {
	s := storetest.SQLite(t)
	p, _ := broken(t, s)
	p.catalog.fail(fault.New(fault.Unavailable, "The catalog does not read it."))
	id := p.mustOrder("touched")
	p.ends(id, run.Failed)
	if _, err := p.forge.Add(t.Context(), forge.Addition{Owner: "payments-team", Name: "touched", Path: "mine.txt", Data: []byte("mine"), Message: "Mine", Mark: "run_of_ben",
		Author: forge.Author{Name: "Ben", Email: "ben@example.com"}, When: time.Now()}); err != nil {
		t.Fatal(err)
	}
	clean, err := p.do(person, scaffold.CleanUpName, map[string]any{"run": id})
	if err != nil {
		t.Fatal(err)
	}
	p.ends(clean, run.Succeeded)
	if got := p.made(id); got != "repository kept, location removed" || !strings.Contains(p.log(clean), "Somebody has pushed to it since.") {
		t.Errorf("%s\n%s", got, p.log(clean))
	}
}

func TestNameTakenBetweenFormAndRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPortal(t, s, setup{})
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wait.Go(func() { _, errs[i] = p.order(person, "wanted", nil) })
		}
		wait.Wait()
		got := 0
		for _, err := range errs {
			switch {
			case err == nil:
				got++
			case !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid):
				t.Errorf("refused with %v", err)
			}
		}
		if got != 1 {
			t.Errorf("%d runs got the name", got)
		}
	})
}

// diskFull is what a database and a forge say when nothing can be written.
var diskFull = &os.PathError{Op: "write", Path: "objects/pack", Err: syscall.ENOSPC}

func TestDiskFullAtTheForge(t *testing.T) {
	s := storetest.SQLite(t)
	p, f := broken(t, s)
	f.set(func(f *brokenForge) { f.before = diskFull })
	id := p.mustOrder("full")
	r := p.ends(id, run.Failed)
	if !strings.Contains(r.Error, "no space left") || p.made(id) != "repository begun" {
		t.Errorf("error %q, left %s", r.Error, p.made(id))
	}
	f.set(func(f *brokenForge) { f.before = nil })
	if _, err := p.do(person, "retry-run", map[string]any{"run": id}); err != nil {
		t.Fatal(err)
	}
	p.ends(id, run.Succeeded)
	p.complete("full")
}

// fullDB refuses writes while it is full.
type fullDB struct {
	*store.Store
	mu   sync.Mutex
	left int // writes until it is full; negative: never
	hurt int // writes that were refused
}

func (d *fullDB) Write(ctx context.Context, f func(tx.Tx) error) error {
	d.mu.Lock()
	d.left--
	full := d.left < 0 && d.left > -8 // it is emptied by and by
	if full {
		d.hurt++
	}
	d.mu.Unlock()
	if full {
		return errors.Join(errors.New("database or disk is full"), syscall.ENOSPC)
	}
	return d.Store.Write(ctx, f)
}

// A database that is full for a while ends no run wrongly: what was not
// written is written later, or the run fails and can be tried again.
func TestDiskFullAtTheDatabase(t *testing.T) {
	for _, at := range []int{2, 6, 11} {
		s := storetest.SQLite(t)
		d := &fullDB{Store: s, left: at}
		p := newPortal(t, s, setup{db: d})
		id := p.mustOrder("full")
		p.begin()
		r := until(p, id, func(r run.Run) bool { return r.State.Over() })
		if r.State == run.Failed {
			if r.Error == "" {
				t.Errorf("full at write %d: no reason is given", at)
			}
			if _, err := p.do(person, "retry-run", map[string]any{"run": id}); err != nil {
				t.Fatal(err)
			}
			p.ends(id, run.Succeeded)
		}
		p.complete("full")
		if d.hurt == 0 {
			t.Errorf("full at write %d: no write was refused", at)
		}
	}
}

// stopDB calls stop before one of its writes, and then waits until a worker's
// heartbeat has seen it.
type stopDB struct {
	*store.Store
	mu   sync.Mutex
	left int
	stop func()
}

func (d *stopDB) Write(ctx context.Context, f func(tx.Tx) error) error {
	d.mu.Lock()
	d.left--
	now := d.left == 0
	d.mu.Unlock()
	if now {
		d.stop()
		time.Sleep(700 * time.Millisecond)
	}
	return d.Store.Write(ctx, f)
}

// A run that is cancelled at any of its writes ends as cancelled, says what it
// has left, and is cleaned up without a trace.
func TestCancelledAtEveryStep(t *testing.T) {
	each(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		states := map[run.State]int{}
		var mu sync.Mutex
		t.Run("at", func(t *testing.T) {
			for at := 2; at <= 20; at += 3 {
				t.Run(strconv.Itoa(at), func(t *testing.T) {
					t.Parallel()
					s := open(t)
					d := &stopDB{Store: s, left: at}
					p := newPortal(t, s, setup{db: d})
					id := p.mustOrder("stopped")
					d.stop = func() {
						if _, err := p.do(person, "cancel-run", map[string]any{"run": id}); err != nil {
							t.Errorf("cancel: %v", err)
						}
					}
					p.begin()
					r := until(p, id, func(r run.Run) bool { return r.State.Over() })
					mu.Lock()
					states[r.State]++
					mu.Unlock()
					p.settled(r)
				})
			}
		})
		if len(states) > 0 && states[run.Cancelled] < 5 { // none: no PostgreSQL here
			t.Errorf("runs ended as %v; most should have been cancelled", states)
		}
	})
}

// settled checks that a run has either made everything or leaves nothing after
// a clean-up.
func (p *portal) settled(r run.Run) {
	p.t.Helper()
	switch r.State {
	case run.Succeeded: // it was asked too late
		p.complete("stopped")
	case run.Cancelled:
		if r.CancelBy != person.ID {
			p.t.Errorf("cancelled by %q", r.CancelBy)
		}
		clean, err := p.do(person, scaffold.CleanUpName, map[string]any{"run": r.ID})
		if err != nil {
			p.t.Fatal(err)
		}
		if clean != "" {
			p.ends(clean, run.Succeeded)
		}
		p.nothing("stopped")
	default:
		p.t.Errorf("run is %s: %s\n%s", r.State, r.Error, p.log(r.ID))
	}
}

// each runs f with a way to open new databases of each kind.
func each(t *testing.T, f func(t *testing.T, open func(testing.TB) *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, storetest.SQLite) })
	t.Run("postgres", func(t *testing.T) { f(t, storetest.Postgres) })
}

func until(p *portal, id run.ID, done func(run.Run) bool) run.Run {
	p.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := p.store.PeekRun(p.t.Context(), id)
		if err == nil && done(r) {
			return r
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("run is %s: %v", r.State, err)
		}
	}
}

// What changes in the template or its folder after the order changes nothing
// of the run.
func TestTheTemplateChangesInTheMiddle(t *testing.T) {
	s := storetest.SQLite(t)
	dir := t.TempDir()
	for name, f := range makesFolder() {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := newPortal(t, s, setup{files: os.DirFS(dir)})
	id := p.mustOrder("as-ordered")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	// The next server has another template of that name, or none.
	next := newPortal(t, s, setup{files: fstest.MapFS{}, dir: t.TempDir()})
	next.begin()
	next.ends(id, run.Succeeded)
	next.complete("as-ordered")
}
