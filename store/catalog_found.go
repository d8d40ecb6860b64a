package store

import (
	"sync"
	"sync/atomic"

	"github.com/waymark-portal/waymark/internal/bitset"
)

// maxFound bounds, in bytes, what queries found and is kept.
const maxFound = 7 << 18

// foundCache keeps what queries found at the newest generation of the catalog.
// What is kept is shared: nobody changes it.
type foundCache struct {
	seen       atomic.Int64 // the generation that an answer saw last
	mu         sync.Mutex
	generation int64
	size       int // of kept
	kept, old  map[string]found
}

type found struct {
	value any
	size  int
}

// get returns what is kept under key. What stands among the old ones and is
// asked for becomes new again.
func (c *foundCache) get(generation int64, key string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return nil
	}
	v, ok := c.kept[key]
	if !ok {
		if v, ok = c.old[key]; ok {
			c.add(key, v)
		}
	}
	return v.value
}

// put keeps v, of about size bytes.
func (c *foundCache) put(generation int64, key string, v any, size int) {
	const overhead = 100
	size += len(key) + overhead
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation < c.generation || size > maxFound/4 {
		return
	}
	if generation > c.generation {
		c.kept, c.old, c.size, c.generation = nil, nil, 0, generation
	}
	c.add(key, found{v, size})
}

// add puts v among the new ones. When they take half of the room they become
// the old ones, and what was old and not asked for since is forgotten.
func (c *foundCache) add(key string, v found) {
	if c.kept == nil || c.size+v.size > maxFound/2 {
		c.kept, c.old, c.size = map[string]found{}, c.kept, 0
	}
	c.size += v.size - c.kept[key].size
	c.kept[key] = v
}

// keptSet returns the set under a key, made by f when it is not kept. The set
// must not be changed.
func (a asker) keptSet(key string, f func() (bitset.Set, error)) (bitset.Set, error) {
	if v, ok := a.s.asked.get(a.generation, key).(bitset.Set); ok {
		return v, nil
	}
	set, err := f()
	if err == nil {
		a.s.asked.put(a.generation, key, set, 8*len(set))
	}
	return set, err
}
