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
	size       int
	kept       map[string]any
}

func (c *foundCache) get(generation int64, key string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return nil
	}
	return c.kept[key]
}

// put keeps v, of about size bytes. What would not fit throws all else away.
func (c *foundCache) put(generation int64, key string, v any, size int) {
	const overhead = 100
	size += len(key) + overhead
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation < c.generation || size > maxFound/2 {
		return
	}
	if c.kept == nil || generation > c.generation || c.size+size > maxFound {
		c.kept, c.size, c.generation = map[string]any{}, 0, generation
	}
	c.kept[key] = v
	c.size += size
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
