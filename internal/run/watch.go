package run

import (
	"context"
	"sync"
	"time"
)

// How soon a reader sees what another process wrote: where the database tells
// of it, the look is for what was missed only.
const (
	watchEvery    = 200 * time.Millisecond
	listenedEvery = 2 * time.Second
	listenAgain   = time.Second
)

// hub tells readers of runs that something changed: at once for what this
// process writes, by looking for the rest. One look serves all readers of a run.
type hub struct {
	mark  func(context.Context, ID) (Mark, error)
	every time.Duration

	mu     sync.Mutex
	topics map[ID]*topic
}

type topic struct {
	readers map[chan struct{}]bool
	stop    context.CancelFunc
}

// Watch returns a channel that receives after run id or its log may have
// changed, until ctx ends. Readers that are slow get one signal for many.
func (e *Engine) Watch(ctx context.Context, id ID) <-chan struct{} {
	if e.listen != nil {
		e.hearing.Do(func() { go e.hear() })
	}
	return e.hub.watch(ctx, id)
}

func (h *hub) watch(ctx context.Context, id ID) <-chan struct{} {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics == nil {
		h.topics = map[ID]*topic{}
	}
	tp := h.topics[id]
	if tp == nil {
		look, stop := context.WithCancel(context.WithoutCancel(ctx))
		tp = &topic{readers: map[chan struct{}]bool{}, stop: stop}
		h.topics[id] = tp
		go h.look(look, id)
	}
	tp.readers[c] = true
	context.AfterFunc(ctx, func() { h.leave(id, c) })
	return c
}

func (h *hub) leave(id ID, c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tp := h.topics[id]
	if tp == nil {
		return
	}
	delete(tp.readers, c)
	if len(tp.readers) == 0 {
		tp.stop()
		delete(h.topics, id)
	}
}

// look polls for what other processes write.
func (h *hub) look(ctx context.Context, id ID) {
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	var last Mark
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// An error is only a missed look; the readers' own reads report it.
		if m, err := h.mark(ctx, id); err == nil && m != last {
			last = m
			h.changed(id)
		}
	}
}

// changed signals the readers of a run.
func (h *hub) changed(id ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tp := h.topics[id]
	if tp == nil {
		return
	}
	for c := range tp.readers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// hear passes on what the database tells until this process stops.
func (e *Engine) hear() {
	ctx, done := context.WithCancel(context.Background())
	defer done()
	go func() { <-e.stop; done() }()
	for ctx.Err() == nil {
		if err := e.listen(ctx, e.hub.changed); err != nil && ctx.Err() == nil {
			e.log.Warn("the database cannot be listened to; readers look for changes", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(listenAgain):
			}
		}
	}
}

const (
	followBatch = 500                    // lines handed over at once
	followPause = 150 * time.Millisecond // readers see what came in this time together
	followAlive = 20 * time.Second       // how often a silent run is looked at, so that connections stay
)

// Follow hands the lines after number after to emit as they come, with the
// state of the run, until the run is over and all of its log was handed over
// (nil), ctx ends, emit fails, or this process stops (ErrHandOver). Emit is
// also called without lines when only the state may have changed.
func (e *Engine) Follow(ctx context.Context, id ID, after int64, read func(ctx context.Context, after int64, limit int) ([]Line, error), emit func([]Line, Mark) error) error {
	ctx, done := context.WithCancel(ctx)
	defer done()
	changes := e.Watch(ctx, id)
	for {
		m, err := e.store.RunMark(ctx, id)
		if err != nil {
			return err
		}
		lines, err := read(ctx, after, followBatch)
		if err != nil {
			return err
		}
		if err := emit(lines, m); err != nil {
			return err
		}
		if n := len(lines); n > 0 {
			after = lines[n-1].N
			if n == followBatch {
				continue
			}
		}
		if m.State.Over() && after >= m.Lines {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.stop:
			return ErrHandOver
		case <-changes:
			time.Sleep(followPause)
		case <-time.After(followAlive):
		}
	}
}
