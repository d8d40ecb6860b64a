package catalog

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Put writes entities that an engine makes, such as environments, under the
// source "engine:…". They are stored as given. A reference that another engine
// holds is fault Conflict and nothing is written; a file that holds it loses
// it, so that no file can stand in the way of what the portal itself makes.
func (e *Engine) Put(ctx context.Context, t Tx, source string, entities []Entity) error {
	var refs []string
	for i := range entities {
		e.complete(&entities[i], source)
		refs = append(refs, entities[i].Ref.String())
	}
	held, err := e.o.Store.HeldRefs(ctx, t, refs)
	if err != nil {
		return err
	}
	var put []Written
	for _, en := range entities {
		h, ok := held[en.Ref.String()]
		if ok && h.Source != source && strings.HasPrefix(h.Source, EnginePrefix) {
			return fault.Newf(fault.Conflict, "%s is held by the source %s already.", en.Ref, h.Source)
		}
		body, hash, err := en.Encode()
		if err != nil {
			return err
		}
		if ok && h.Hash == hash && h.Source == source {
			continue
		}
		if ok && h.Source != source {
			if err := e.readAgain(ctx, t, h); err != nil {
				return err
			}
		}
		en.Hash = hash
		put = append(put, Written{Entity: en, Body: body, Trusted: true, New: !ok})
	}
	p := pass{store: e.o.Store}
	if err := p.describe(ctx, t, put); err != nil {
		return err
	}
	if err := e.o.Store.PutEntities(ctx, t, put); err != nil {
		return fmt.Errorf("put into %s: %w", source, err)
	}
	return e.o.Store.PutCatalogSource(ctx, t, SourceState{Location: Location{ID: source, Trusted: true}, ReadAt: t.Now()})
}

// readAgain makes the file that held an entity be read again, so that it shows
// the conflict.
func (e *Engine) readAgain(ctx context.Context, t Tx, h Held) error {
	e.Soon(h.Source)
	return e.o.Store.PutCatalogFiles(ctx, t, h.Source, []FileState{{Path: h.File}})
}

// complete fills in what follows from the rest.
func (e *Engine) complete(en *Entity, source string) {
	if en.Kind == "" {
		en.Kind = en.Ref.Kind
	}
	if en.Metadata.Namespace == "" {
		en.Metadata.Namespace = cmp.Or(en.Ref.Namespace, DefaultNamespace)
	}
	if en.Metadata.Name == "" {
		en.Metadata.Name = en.Ref.Name
	}
	if en.APIVersion == "" {
		en.APIVersion = "waymark.dev/v1alpha1"
	}
	en.Ref = Ref{en.Kind, en.Metadata.Namespace, en.Metadata.Name}.Canonical()
	en.UID = UID(en.Ref)
	en.Source = Source{ID: source, Location: source}
	rules, _ := e.o.Kinds.rules(*en)
	en.Relations, _ = emittedBy(*en, rules, true) // an engine's own references; a bad one has no relation
}

// Drop removes entities of the source; each leaves a tombstone.
func (e *Engine) Drop(ctx context.Context, t Tx, source string, refs []Ref) error {
	var names []string
	for _, r := range refs {
		names = append(names, r.String())
	}
	held, err := e.o.Store.HeldRefs(ctx, t, names)
	if err != nil {
		return err
	}
	var mine []string
	for _, n := range names {
		if held[n].Source == source {
			mine = append(mine, n)
		}
	}
	if err := e.o.Store.DropEntities(ctx, t, mine, "It was taken down."); err != nil {
		return err
	}
	return e.forget(ctx, t, mine)
}
