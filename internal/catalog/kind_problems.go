package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// tellKinds shows what is wrong with kind files beside all other problems, and
// takes away what was wrong before.
func (e *Engine) tellKinds(ctx context.Context) error {
	known, err := e.o.Store.CatalogFiles(ctx, KindSource)
	if err != nil {
		return fmt.Errorf("problems of kinds: %w", err)
	}
	bad := map[string]FileState{}
	for _, p := range e.o.Kinds.Problems() {
		bad[p.File] = FileState{Path: p.File}
	}
	if len(known) == 0 && len(bad) == 0 {
		return nil
	}
	mended := slices.Collect(maps.Keys(known))
	return e.o.Store.Write(ctx, func(t Tx) error {
		all := slices.Concat(mended, slices.Collect(maps.Keys(bad)))
		if err := e.o.Store.ReplaceProblems(ctx, t, KindSource, all, e.o.Kinds.Problems()); err != nil {
			return err
		}
		if err := e.o.Store.DropCatalogFiles(ctx, t, KindSource, mended); err != nil {
			return err
		}
		return e.o.Store.PutCatalogFiles(ctx, t, KindSource, slices.Collect(maps.Values(bad)))
	})
}
