package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Remove takes an entity out of the catalog until its file is read again,
// which the next reading of its source does whether or not the file changed.
// Nothing happens when there is no such entity. What an engine keeps is fault
// Conflict.
func (e *Engine) Remove(ctx context.Context, t Tx, ref Ref, why string) error {
	name := ref.String()
	held, err := e.o.Store.HeldRefs(ctx, t, []string{name})
	if err != nil {
		return err
	}
	h, ok := held[name]
	if !ok {
		return nil
	}
	if strings.HasPrefix(h.Source, EnginePrefix) {
		return fault.Newf(fault.Conflict, "%s is kept by the portal itself, not by a file. Nothing was changed.", name)
	}
	if err := e.o.Store.DropEntities(ctx, t, []string{name}, why); err != nil {
		return err
	}
	if err := e.forget(ctx, t, []string{name}); err != nil {
		return err
	}
	return e.o.Store.PutCatalogFiles(ctx, t, h.Source, []FileState{{Path: h.File}})
}

// PreviewInstead is Preview of a location that is to take the place of the
// source old: what that one holds is no conflict.
func (e *Engine) PreviewInstead(ctx context.Context, l Location, old string) ([]Document, error) {
	docs, err := e.Preview(ctx, l)
	if err != nil {
		return nil, err
	}
	var refs []string
	for _, d := range docs {
		refs = append(refs, d.Ref.String())
	}
	var held map[string]Held
	err = e.o.Store.Write(ctx, func(t Tx) (err error) {
		held, err = e.o.Store.HeldRefs(ctx, t, refs)
		return err
	})
	for i, d := range docs {
		docs[i].Problems = slices.DeleteFunc(d.Problems, func(p Problem) bool {
			return p.Code == "conflict" && held[p.Entity].Source == old
		})
	}
	return docs, err
}

// MoveSource makes what one source brought that of another, which must then be
// read: what its files hold stays, the rest goes.
func (e *Engine) MoveSource(ctx context.Context, t Tx, old string, next Location) error {
	if err := e.o.Store.MoveCatalogSource(ctx, t, old, next.ID); err != nil {
		return err
	}
	return e.o.Store.PutCatalogSource(ctx, t, SourceState{Location: next})
}
