package catalog

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// maxReaders of remote sources work side by side.
const maxReaders = 6

// readers read sources in the background. Those on this machine are read one
// after the other, in the order of their ids; remote ones beside them, so that
// a slow host holds up nobody.
type readers struct {
	engine *Engine
	remote chan struct{}
	local  chan struct{}
	group  sync.WaitGroup
}

func newReaders(e *Engine) *readers {
	return &readers{engine: e, remote: make(chan struct{}, maxReaders), local: make(chan struct{}, 1)}
}

// start reads sources and does not wait for them.
func (r *readers) start(ctx context.Context, sources []string) {
	var here []string
	for _, id := range sources {
		if strings.HasPrefix(id, "file:") {
			here = append(here, id)
			continue
		}
		r.group.Go(func() { r.read(ctx, r.remote, id) })
	}
	if len(here) == 0 {
		return
	}
	slices.Sort(here)
	r.group.Go(func() { r.read(ctx, r.local, here...) })
}

// read takes a place and reads sources one after the other.
func (r *readers) read(ctx context.Context, places chan struct{}, sources ...string) {
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return
	}
	for _, id := range sources {
		if ctx.Err() == nil {
			r.engine.readLogged(ctx, id)
		}
	}
}

// wait returns when all have ended.
func (r *readers) wait() { r.group.Wait() }
