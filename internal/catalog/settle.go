package catalog

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// fails counts how often in a row the taking in of a source broke off.
type fails struct {
	mu    sync.Mutex
	times map[string]int
}

// add counts a failure, or with nil forgets all of them.
func (f *fails) add(source string, err error) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		delete(f.times, source)
		return 0
	}
	f.times[source]++
	return f.times[source]
}

// settle makes a source be read again shortly whose taking in broke off, as
// when the disk is full or the database locked, and says so on its page. What
// was written of it stays; the rest follows.
func (e *Engine) settle(ctx context.Context, state SourceState, err error) {
	if fault.Is(err, fault.NotFound) {
		err = nil // it was removed meanwhile
	}
	times := e.fails.add(state.ID, err)
	if err == nil || ctx.Err() != nil {
		return // or the server ends, or another copy reads it
	}
	const first, longest = time.Second, time.Minute
	time.AfterFunc(min(first<<min(times-1, 6), longest), func() { e.queue.add(state.ID) })
	why := "the database did not take all of it"
	var f *fault.Error
	if errors.As(err, &f) {
		why = strings.TrimSuffix(f.Public, ".")
	}
	state.Error = "It was taken in only in part: " + why + ". What was there is kept, and it is read again by itself."
	state.Took = e.o.Now().Sub(state.ReadAt)
	if told := e.o.Store.Write(ctx, func(t Tx) error { return e.o.Store.NoteReading(ctx, t, state) }); told != nil {
		e.o.Log.Warn("catalog source", "source", state.ID, "err", told)
	}
}
