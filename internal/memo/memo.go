// Package memo lets the parts of one answer share what they read: a question
// that several of them have is asked once.
package memo

import (
	"context"
	"sync"
	"time"
)

// fresh is how long what was read is good for, so that an answer that is
// streamed for long asks anew.
const fresh = time.Second

type memoKey struct{}

type memo struct {
	mu   sync.Mutex
	kept map[any]entry
}

type entry struct {
	value any
	at    time.Time
}

// With returns a context under which Get remembers.
func With(ctx context.Context) context.Context {
	return context.WithValue(ctx, memoKey{}, &memo{})
}

// Forget drops all that was read under ctx; whoever writes calls it.
func Forget(ctx context.Context) {
	if m, ok := ctx.Value(memoKey{}).(*memo); ok {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.kept = nil
	}
}

// Get returns what read found under this key a moment ago, or calls it. A key
// is a value of a type of its owner's, and names all that the answer depends
// on, who asks included. Errors are not remembered. Outside With it only reads.
func Get[T any](ctx context.Context, key any, read func(context.Context) (T, error)) (T, error) {
	m, ok := ctx.Value(memoKey{}).(*memo)
	if !ok {
		return read(ctx)
	}
	if v, ok := m.get(key); ok {
		return v.(T), nil
	}
	at := time.Now() // before the reading: it may be older than its end
	v, err := read(ctx)
	if err == nil {
		m.put(key, entry{v, at})
	}
	return v, err
}

func (m *memo) get(key any) (any, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.kept[key]
	return e.value, ok && time.Since(e.at) < fresh
}

func (m *memo) put(key any, e entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[any]entry{}
	}
	m.kept[key] = e
}
