package docs

import (
	"container/list"
	"sync"
)

// cache keeps rendered pages by key, the least used ones going first.
type cache struct {
	mu    sync.Mutex
	limit int
	used  int
	order *list.List
	at    map[string]*list.Element
}

type cached struct {
	key  string
	page *Rendered
	size int
}

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), at: map[string]*list.Element{}}
}

func (c *cache) get(key string) *Rendered {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.at[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(cached).page
}

func (c *cache) put(key string, r *Rendered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := r.size()
	if _, ok := c.at[key]; ok || size > c.limit/2 {
		return
	}
	c.at[key] = c.order.PushFront(cached{key, r, size})
	for c.used += size; c.used > c.limit; {
		last := c.order.Back()
		v := c.order.Remove(last).(cached)
		delete(c.at, v.key)
		c.used -= v.size
	}
}
