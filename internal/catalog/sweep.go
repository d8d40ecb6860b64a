package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/waymark-portal/waymark/internal/event"
)

// Sweep removes the orphans whose grace is over, a batch at a time. One copy
// of the server calls it every so often.
func (e *Engine) Sweep(ctx context.Context) error {
	for {
		n := 0
		err := e.o.Store.Write(ctx, func(t Tx) error {
			list, err := e.o.Store.OrphansBefore(ctx, t, t.Now().Add(-e.o.OrphanGrace), batchEntities)
			if n = len(list); err != nil || n == 0 {
				return err
			}
			return e.sweep(ctx, t, list)
		})
		if err != nil {
			return fmt.Errorf("sweep orphans: %w", err)
		}
		if n < batchEntities {
			return nil
		}
	}
}

func (e *Engine) sweep(ctx context.Context, t Tx, list []Held) error {
	refs := refsOfHeld(list)
	if err := e.o.Store.DropEntities(ctx, t, refs, "Its source no longer led to it, and its time as an orphan was over."); err != nil {
		return err
	}
	if err := e.forget(ctx, t, refs); err != nil {
		return err
	}
	if e.o.Events == nil {
		return nil
	}
	data, err := json.Marshal(map[string]any{"removed": len(refs)})
	if err != nil {
		return err
	}
	return e.o.Events.Append(ctx, t, event.Event{Type: "catalog.swept", Actor: "system:catalog", Subject: "orphans", Data: data})
}

// empty drops what a source brought, a batch at a time: others that write are
// not to wait for a hundred thousand.
func (e *Engine) empty(ctx context.Context, source, why string) error {
	var held []Held
	err := e.o.Store.Write(ctx, func(t Tx) (err error) {
		held, err = e.o.Store.HeldFiles(ctx, t, source, nil)
		return err
	})
	if err != nil {
		return err
	}
	for list := range slices.Chunk(held, batchEntities) {
		refs := refsOfHeld(list)
		err := e.o.Store.Write(ctx, func(t Tx) error {
			if err := e.o.Store.DropEntities(ctx, t, refs, why); err != nil {
				return err
			}
			return e.forget(ctx, t, refs)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
