package catalog

import (
	"sync"
	"time"
)

// settle time: an editor writes a file in several steps, and a checkout many
// files; reading waits until it has been quiet for so long, but not for ever.
const (
	quiet   = 150 * time.Millisecond
	longest = time.Second
)

// queue holds the sources that are to be read, each once.
type queue struct {
	mu    sync.Mutex
	since map[string]time.Time // first asked for
	last  map[string]time.Time // last asked for
	wake  chan struct{}
}

func newQueue() *queue {
	return &queue{since: map[string]time.Time{}, last: map[string]time.Time{}, wake: make(chan struct{}, 1)}
}

// add asks for a source.
func (q *queue) add(source string) {
	now := time.Now()
	q.mu.Lock()
	if _, ok := q.since[source]; !ok {
		q.since[source] = now
	}
	q.last[source] = now
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default: // it is awake already
	}
}

// due takes out the sources that have settled, and says how long to wait for
// the next; zero when there is none.
func (q *queue) due(now time.Time) (ready []string, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for source, first := range q.since {
		left := min(quiet-now.Sub(q.last[source]), longest-now.Sub(first))
		if left <= 0 {
			ready = append(ready, source)
			delete(q.since, source)
			delete(q.last, source)
			continue
		}
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return ready, wait
}
