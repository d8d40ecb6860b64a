package store_test

import (
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestDocsSince(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		put := func(name, annotation string, fresh bool) {
			t.Helper()
			e := catalog.Entity{Ref: catalog.MustRef("component:default/" + name), APIVersion: "backstage.io/v1alpha1", Kind: "Component",
				Metadata: catalog.Metadata{Name: name, Namespace: "default"}, Spec: map[string]any{"type": "service"}}
			if annotation != "" {
				e.Metadata.Annotations = map[string]string{annotation: "dir:."}
			}
			body, hash, err := e.Encode()
			if err != nil {
				t.Fatal(err)
			}
			e.Hash = hash
			if err := s.Write(ctx, func(t tx.Tx) error {
				return s.PutEntities(ctx, t, []catalog.Written{{Entity: e, Body: body, New: fresh}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		since := func(g int64) (named, gone []string, now int64) {
			t.Helper()
			ch, err := s.DocsSince(ctx, access.System("docs"), g)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range ch.Named {
				named = append(named, r.Name)
			}
			for _, r := range ch.Gone {
				gone = append(gone, r.Name)
			}
			return named, gone, ch.Generation
		}
		put("a", "backstage.io/techdocs-ref", true)
		put("b", "", true)
		named, gone, g := since(-1)
		if len(named) != 1 || named[0] != "a" || len(gone) != 0 {
			t.Errorf("at first: %v %v", named, gone)
		}
		if named, gone, same := since(g); len(named)+len(gone) != 0 || same != g {
			t.Errorf("nothing changed: %v %v %d", named, gone, same)
		}
		put("a", "", false)
		put("b", "backstage.io/techdocs-entity", false)
		named, gone, g = since(g)
		if len(named) != 1 || named[0] != "b" || len(gone) != 1 || gone[0] != "a" {
			t.Errorf("after both changed: %v %v", named, gone)
		}
		if err := s.Write(ctx, func(t tx.Tx) error {
			return s.DropEntities(ctx, t, []string{"component:default/b"}, "It was a test.")
		}); err != nil {
			t.Fatal(err)
		}
		if _, gone, _ = since(g); len(gone) != 1 || gone[0] != "b" {
			t.Errorf("after a removal: %v", gone)
		}
		if ch, err := s.DocsSince(ctx, access.Viewer{}, -1); err != nil || len(ch.Named) != 0 {
			t.Errorf("somebody else learns %v (%v)", ch.Named, err)
		}
	})
}
