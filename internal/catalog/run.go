package catalog

import (
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// unwatched is how often a file: source is read that cannot be watched, so
// that a change is still visible within two seconds.
const unwatched = 1500 * time.Millisecond

// Run reads every source, then keeps watching and polling until ctx ends.
// Sources that the configuration no longer names are dropped.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.retire(ctx); err != nil {
		e.o.Log.Warn("sources that are no longer named are kept for now", "err", err)
	}
	if err := e.tellKinds(ctx); err != nil {
		e.o.Log.Warn("kinds", "err", err)
	}
	w, err := newWatcher(e.queue, e.o.Log)
	if err != nil {
		e.o.Log.Warn("files are not watched", "err", err)
	} else {
		defer w.close()
		go w.run()
	}
	p, r := plan{}, newReaders(e)
	defer r.wait()
	for {
		if err := e.adopt(ctx, p, w); err != nil {
			e.o.Log.Warn("catalog sources", "err", err)
		}
		if !e.work(ctx, p, r) {
			return nil
		}
	}
}

// plan says when each source is read again although nothing called for it.
type plan map[string]*turn

type turn struct {
	every time.Duration
	next  time.Time
}

// wait is the time until the first turn.
func (p plan) wait(now time.Time) time.Duration {
	out := time.Minute
	for _, t := range p {
		out = min(out, t.next.Sub(now))
	}
	return max(out, 0)
}

// take moves the turns that have come to the next time and returns them.
func (p plan) take(now time.Time) []string {
	var out []string
	for id, t := range p {
		if !t.next.After(now) {
			t.next = now.Add(t.every)
			out = append(out, id)
		}
	}
	return out
}

// ReadAll reads every source once, in the order of the configuration, after
// dropping those that it no longer names: they would hold on to their names.
func (e *Engine) ReadAll(ctx context.Context) error {
	if err := e.retire(ctx); err != nil {
		return err
	}
	for _, l := range e.o.Locations {
		e.readLogged(ctx, l.ID)
	}
	return ctx.Err()
}

// adopt begins to look after sources that it has not met, and forgets those
// that are no longer registered.
func (e *Engine) adopt(ctx context.Context, p plan, w *watcher) error {
	all, err := e.o.Store.CatalogSources(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, l := range e.o.Locations {
		wanted[l.ID] = true
	}
	for _, s := range all {
		if s.By != "" {
			wanted[s.ID] = true
		}
	}
	maps.DeleteFunc(p, func(id string, _ *turn) bool { return !wanted[id] })
	for id := range wanted {
		if p[id] != nil {
			continue
		}
		t := &turn{every: e.o.Poll}
		if strings.HasPrefix(id, "file:") && (w == nil || !w.watch(id)) {
			t.every = unwatched
		}
		t.next = time.Now().Add(t.every)
		p[id] = t
		e.queue.add(id)
	}
	return nil
}

// work reads what is due until the first turn of p; false when ctx ended.
func (e *Engine) work(ctx context.Context, p plan, r *readers) bool {
	for {
		now := time.Now()
		ready, wait := e.queue.due(now)
		r.start(ctx, ready)
		turn := p.wait(now)
		if turn == 0 {
			for _, id := range p.take(now) {
				e.queue.add(id)
			}
			return true
		}
		if wait == 0 || turn < wait {
			wait = turn
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-e.queue.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// manyEntities is a reading that needed much memory.
const manyEntities = 5000

func (e *Engine) readLogged(ctx context.Context, id string) {
	began := time.Now()
	r, err := e.ReadNow(ctx, id)
	if err != nil {
		if ctx.Err() == nil {
			e.o.Log.Warn("catalog source not read", "source", id, "err", err)
		}
		return
	}
	if n := r.Added + r.Changed + r.Removed; n > 0 {
		if n > manyEntities {
			debug.FreeOSMemory() // parsing left garbage that nothing will need soon
			if e.o.Rest != nil {
				e.o.Rest()
			}
		}
		e.o.Log.Info("catalog read", "source", id, "added", r.Added, "changed", r.Changed, "removed", r.Removed,
			"problems", len(r.Problems), "took", time.Since(began).Round(time.Millisecond))
	}
}

// retire drops sources that neither the configuration nor a person names any
// more.
func (e *Engine) retire(ctx context.Context) error {
	all, err := e.o.Store.CatalogSources(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		named := slices.ContainsFunc(e.o.Locations, func(l Location) bool { return l.ID == s.ID })
		if named || s.By != "" || strings.HasPrefix(s.ID, EnginePrefix) {
			continue
		}
		why := "The configuration no longer names its source " + s.ID + "."
		if err := e.empty(ctx, s.ID, why); err != nil {
			return err
		}
		err := e.o.Store.Write(ctx, func(t Tx) error { return e.DropSource(ctx, t, s.ID, why) })
		if err != nil {
			return err
		}
	}
	return nil
}
