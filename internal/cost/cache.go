package cost

import "sync"

// outlookCache remembers the outlooks of the current bills and day, one for
// each dimension, measure and set of visibility rules, a few dozen at most. What it returns must not be changed.
type outlookCache struct {
	mu    sync.Mutex
	state string
	kept  map[string]map[string]Outlook
}

func (c *outlookCache) get(state, key string, find func() (map[string]Outlook, error)) (map[string]Outlook, error) {
	c.mu.Lock()
	if c.state != state {
		c.state, c.kept = state, map[string]map[string]Outlook{}
	}
	out, ok := c.kept[key]
	c.mu.Unlock()
	if ok {
		return out, nil
	}
	out, err := find()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == state && len(c.kept) < 64 {
		c.kept[key] = out
	}
	return out, nil
}
