package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestUntrustedSourcesMakeNobodyAMember(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		src.write("all.yaml", shop)
		src.read()
		direct, all, err := s.GroupsOf(ctx, "user:default/ada")
		if err != nil || cmp.Diff([]string{"group:default/payments"}, direct) != "" ||
			cmp.Diff([]string{"group:default/company", "group:default/payments"}, all) != "" {
			t.Errorf("groups of ada: %v %v %v; want payments, and company above it", direct, all, err)
		}
		if direct, _, _ := s.GroupsOf(ctx, "user:default/ben"); len(direct) != 1 {
			t.Errorf("groups of ben, whom the group names: %v, want payments", direct)
		}
		if ref, ok, err := s.UserByEmail(ctx, "ada@example.COM"); ref != "user:default/ada" || !ok || err != nil {
			t.Errorf("user by email: %q %v %v", ref, ok, err)
		}

		bad := newSource(t, s, false)
		bad.write("evil.yaml", strings.NewReplacer("name: ada", "name: eve", "Ada@", "eve@", "name: payments", "name: hackers").Replace(shop))
		r := bad.read()
		if r.Added != 0 {
			t.Errorf("an untrusted source added %d entities that are held already", r.Added)
		}
		for _, p := range r.Problems {
			if p.Code != "untrusted" && p.Code != "conflict" {
				t.Errorf("problem %q, want untrusted or conflict", p.Code)
			}
		}
		if _, ok, _ := s.UserByEmail(ctx, "eve@example.com"); ok {
			t.Error("a user of an untrusted source was found by email")
		}
		if direct, _, _ := s.GroupsOf(ctx, "user:default/eve"); direct != nil {
			t.Errorf("groups of eve: %v, want none", direct)
		}
	})
}

func TestTwoSourcesClaimOneName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		doc := "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: db}\nspec: {type: TYPE, owner: x}\n"
		first, second := newSource(t, s, false), newSource(t, s, false)
		first.write("a.yaml", strings.Replace(doc, "TYPE", "one", 1))
		second.write("b.yaml", strings.Replace(doc, "TYPE", "two", 1))
		first.counts("+1 ~0 -0 !0")
		r := second.read()
		if len(r.Problems) != 1 || r.Problems[0].Code != "conflict" || !strings.Contains(r.Problems[0].Message, first.id) {
			t.Fatalf("problems %+v; want a conflict that names the holder", r.Problems)
		}
		first.remove("a.yaml")
		if r := first.read(); r.Orphaned != 1 || r.Removed != 0 {
			t.Errorf("%d orphaned, %d removed; want it kept for the one that takes over", r.Orphaned, r.Removed)
		}
		second.counts("+0 ~1 -0 !0") // unchanged, but now the name is free
		if e, err := s.Entity(ctx, anyone, catalog.MustRef("resource:default/db")); err != nil || e.Orphan || e.Source.ID != second.id {
			t.Errorf("orphan %v, held by %s, %v; want the second source", e.Orphan, e.Source.ID, err)
		}
		e, err := s.Entity(ctx, anyone, catalog.MustRef("resource:default/db"))
		if err != nil || e.Type() != "two" {
			t.Errorf("type %q, %v; want two", e.Type(), err)
		}
	})
}

func TestEnginesPutAndDrop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e := catalog.New(catalog.Options{Store: s})
		ref := catalog.Ref{Kind: "Environment", Namespace: "default", Name: "payments-pr-1"}
		put := func(state, source string) error {
			return s.Write(ctx, func(t tx.Tx) error {
				return e.Put(ctx, t, source, []catalog.Entity{{Ref: ref, Spec: map[string]any{"type": "sandbox", "owner": "group:default/payments", "state": state}}})
			})
		}
		for _, state := range []string{"ready", "ready", "destroying"} {
			if err := put(state, "engine:environments"); err != nil {
				t.Fatal(err)
			}
		}
		if err := put("ready", "engine:other"); !fault.Is(err, fault.Conflict) {
			t.Errorf("put by another engine: %v, want Conflict", err)
		}
		src := newSource(t, s, false)
		src.write("squat.yaml", "apiVersion: v1\nkind: Environment\nmetadata: {name: payments-pr-2}\nspec: {state: mine}\n")
		src.counts("+1 ~0 -0 !0")
		taken := catalog.Ref{Kind: "Environment", Namespace: "default", Name: "payments-pr-2"}
		err := s.Write(ctx, func(t tx.Tx) error {
			return e.Put(ctx, t, "engine:environments", []catalog.Entity{{Ref: taken, Spec: map[string]any{"state": "ready"}}})
		})
		if err != nil {
			t.Errorf("put of what a file holds: %v", err)
		}
		if got, err := s.Entity(ctx, anyone, taken); err != nil || got.Text("state") != "ready" {
			t.Errorf("a file stands in the way of an engine: %v %v", got.Spec, err)
		}
		src.counts("+0 ~0 -0 !1")
		got, err := s.Entity(ctx, anyone, ref)
		if err != nil || got.Text("state") != "destroying" || got.Kind != "Environment" || len(got.Relations) != 1 {
			t.Errorf("entity %+v, %v", got, err)
		}
		if err := s.Write(ctx, func(t tx.Tx) error { return e.Drop(ctx, t, "engine:environments", []catalog.Ref{ref}) }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Entity(ctx, anyone, ref); !fault.Is(err, fault.Gone) {
			t.Errorf("dropped: %v, want Gone", err)
		}
	})
}

// A reading that ends after its source was removed does not bring it back; one
// of the configuration is noted whether it stood before or not.
func TestNoteReadingOfARemovedSource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		registered := catalog.SourceState{Location: catalog.Location{ID: "url:https://example.com/a.yaml", By: "user:default/ada"}}
		configured := catalog.SourceState{Location: catalog.Location{ID: "file:/catalog.yaml"}}
		write(t, s, func(w tx.Tx) error { return s.PutCatalogSource(ctx, w, registered) })
		write(t, s, func(w tx.Tx) error {
			if there, err := s.SourceStands(ctx, w, registered.ID); err != nil || !there {
				t.Errorf("before: %v, %v", there, err)
			}
			return s.DropCatalogSource(ctx, w, registered.ID)
		})
		write(t, s, func(w tx.Tx) error {
			if there, err := s.SourceStands(ctx, w, registered.ID); err != nil || there {
				t.Errorf("after: %v, %v", there, err)
			}
			if err := s.NoteReading(ctx, w, registered); err != nil {
				return err
			}
			return s.NoteReading(ctx, w, configured)
		})
		list, err := s.CatalogSources(ctx)
		if err != nil || len(list) != 1 || list[0].ID != configured.ID {
			t.Errorf("sources: %+v, %v", list, err)
		}
	})
}
