package catalog

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/waymark-portal/waymark/internal/event"
)

// finish drops what is gone and writes the states of the files, in one
// transaction.
func (p *pass) finish(ctx context.Context, state SourceState, events event.Log) error {
	there := make(map[string]bool, len(p.present))
	for _, f := range p.present {
		there[f] = true
	}
	var vanished, look []string
	for f := range p.known {
		if !there[f] {
			vanished = append(vanished, f)
		}
	}
	look = append(look, vanished...)
	for _, f := range p.changed {
		look = append(look, f.Path)
	}
	p.engine.writing.Lock()
	defer p.engine.writing.Unlock()
	return p.store.Write(ctx, func(t Tx) error {
		gone, err := p.gone(ctx, t, look, there)
		if err != nil {
			return err
		}
		if err := p.store.PutCatalogFiles(ctx, t, p.src.ID, p.changed); err != nil {
			return err
		}
		if err := p.drop(ctx, t, gone, vanished); err != nil {
			return err
		}
		p.report.Removed, p.report.Files, p.report.Entities = len(gone), len(p.present), len(p.claimed)
		if err := p.store.PutCatalogSource(ctx, t, state); err != nil {
			return err
		}
		return p.announce(ctx, t, events)
	})
}

// gone are the entities of the looked-at files that no document has any more.
func (p *pass) gone(ctx context.Context, t Tx, files []string, there map[string]bool) ([]string, error) {
	if len(files) == 0 {
		return nil, nil
	}
	held, err := p.store.HeldFiles(ctx, t, p.src.ID, files)
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(h Held) bool {
		return p.claimed[h.Ref] != "" || (there[h.File] && (p.keep[h.File] || p.kept[h.Ref]))
	})
	return refsOfHeld(held), nil
}

func (p *pass) drop(ctx context.Context, t Tx, gone, vanished []string) error {
	if err := p.store.DropEntities(ctx, t, gone, "Its source "+p.src.ID+" no longer holds it."); err != nil {
		return err
	}
	freed, err := p.store.ForgetConflicts(ctx, t, gone)
	if err != nil {
		return err
	}
	p.freed = freed
	if err := p.store.ReplaceProblems(ctx, t, p.src.ID, vanished, nil); err != nil {
		return err
	}
	return p.store.DropCatalogFiles(ctx, t, p.src.ID, vanished)
}

// announce appends one event for the whole reading, if it changed something.
func (p *pass) announce(ctx context.Context, t Tx, events event.Log) error {
	r := p.report
	if events == nil || r.Added+r.Changed+r.Removed == 0 {
		return nil
	}
	data, err := json.Marshal(map[string]any{"added": r.Added, "changed": r.Changed, "removed": r.Removed, "files": r.Files, "problems": len(r.Problems)})
	if err != nil {
		return err
	}
	return events.Append(ctx, t, event.Event{Type: "catalog.read", Actor: "system:catalog", Subject: p.src.ID, Data: data})
}
