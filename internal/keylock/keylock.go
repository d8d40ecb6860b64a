// Package keylock lets work on one thing follow other work on the same thing,
// while work on different things goes on side by side.
package keylock

import "sync"

// Locks are locks by key. The zero value is ready. A key is forgotten when
// nobody holds it or waits for it, so that keys may be many.
type Locks struct {
	mu   sync.Mutex
	held map[string]*one
}

type one struct {
	sync.Mutex
	users int // who hold it or wait for it
}

// Lock waits until nobody else holds key and returns how to let it go, which
// must be called once. Who holds a key must not lock it again.
func (l *Locks) Lock(key string) func() {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*one{}
	}
	o := l.held[key]
	if o == nil {
		o = &one{}
		l.held[key] = o
	}
	o.users++
	l.mu.Unlock()
	o.Lock()
	return func() { l.end(key, o) }
}

func (l *Locks) end(key string, o *one) {
	o.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.users--; o.users == 0 {
		delete(l.held, key)
	}
}
