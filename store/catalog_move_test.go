package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const twoDocs = "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: stays}\nspec: {type: t, owner: x}\n" +
	"---\napiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: goes}\nspec: {type: t, owner: x}\n"

// An entity that was removed comes back when its source is read, although its
// file is as it was.
func TestARemovedEntityComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, v := context.Background(), access.System("test")
		src := newSource(t, s, false)
		src.write("a.yaml", twoDocs)
		src.read()
		ref := catalog.MustRef("resource:default/goes")
		err := s.Write(ctx, func(t tx.Tx) error { return src.engine.Remove(ctx, t, ref, "It was deleted by ada.") })
		if err != nil {
			t.Fatal(err)
		}
		if d, err := s.Tombstone(ctx, v, ref); err != nil || d.Why != "It was deleted by ada." {
			t.Errorf("tombstone %+v %v", d, err)
		}
		if _, err := s.Entity(ctx, v, catalog.MustRef("resource:default/stays")); err != nil {
			t.Errorf("its neighbour: %v", err)
		}
		src.read()
		if _, err := s.Entity(ctx, v, ref); err != nil {
			t.Errorf("after reading again: %v", err)
		}
	})
}

// What a moved source brought stays until the new place is read, which then
// decides.
func TestAMovedSourceKeepsItsEntities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, v := context.Background(), access.System("test")
		old, next := newSource(t, s, false), newSource(t, s, false)
		old.write("a.yaml", twoDocs)
		old.read()
		next.write("b.yaml", strings.SplitAfter(twoDocs, "---\n")[0])
		err := s.Write(ctx, func(t tx.Tx) error {
			return next.engine.MoveSource(ctx, t, old.id, catalog.Location{ID: next.id, By: "user:default/ada"})
		})
		if err != nil {
			t.Fatal(err)
		}
		stays, goes := catalog.MustRef("resource:default/stays"), catalog.MustRef("resource:default/goes")
		if e, err := s.Entity(ctx, v, stays); err != nil || e.Source.ID != next.id {
			t.Errorf("before reading: from %s, %v", e.Source.ID, err)
		}
		if r := next.read(); r.Added != 0 || r.Removed != 1 || len(r.Problems) != 0 {
			t.Errorf("reading brought %+v", r)
		}
		if e, err := s.Entity(ctx, v, stays); err != nil || e.Source.File != "b.yaml" {
			t.Errorf("after reading: file %s, %v", e.Source.File, err)
		}
		if _, err := s.Entity(ctx, v, goes); err == nil {
			t.Error("what the new place does not hold is still there")
		}
		all, err := s.CatalogSources(ctx)
		if err != nil || len(all) != 1 || all[0].ID != next.id {
			t.Errorf("sources %+v %v", all, err)
		}
	})
}
