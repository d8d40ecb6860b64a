package apidef

import "sync"

// Cache keeps definitions that were read lately, by a key that changes with
// their text, such as an entity's hash. The zero value is ready. Large ones
// are read one after the other, so that a few visitors of a huge definition
// cannot fill the memory.
type Cache struct {
	mu   sync.Mutex
	kept map[string]*Definition
	size int

	large sync.Mutex
}

// Bounds of a Cache, in bytes of text. What is kept takes about ten times as
// much.
const (
	maxKept   = 4 << 20
	largeText = 256 << 10
)

// Read returns the definition under a key, reading it when it is not kept.
func (c *Cache) Read(key string, in Input) *Definition {
	if d := c.get(key); d != nil {
		return d
	}
	if len(in.Text) > largeText {
		c.large.Lock()
		defer c.large.Unlock()
		if d := c.get(key); d != nil {
			return d
		}
	}
	d := Read(in)
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(in.Text) + 1024
	if c.size += size; c.kept == nil || c.size > maxKept {
		c.kept, c.size = map[string]*Definition{}, size
	}
	c.kept[key] = d
	return d
}

func (c *Cache) get(key string) *Definition {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[key]
}
