package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// termFigures are the figures of the term tables: keys, terms, uses of terms and
// entities that have any.
func termFigures(t *testing.T, s *store.Store) [4]int {
	t.Helper()
	var n [4]int
	err := s.Write(context.Background(), func(t tx.Tx) error {
		return t.SQL().QueryRow(`SELECT (SELECT COUNT(*) FROM catalog_keys), (SELECT COUNT(*) FROM catalog_terms),
			(SELECT COALESCE(SUM(n), 0) FROM catalog_terms), (SELECT COUNT(*) FROM entity_terms)`).Scan(&n[0], &n[1], &n[2], &n[3])
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func execute(t *testing.T, s *store.Store, statements ...string) {
	t.Helper()
	err := s.Write(context.Background(), func(t tx.Tx) error {
		for _, q := range statements {
			if _, err := t.SQL().Exec(q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A database from before terms is filled when it is opened, and one to which
// the release before has written is brought up to date.
func TestDatabasesFromBeforeTermsAreFilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		queryable(t, s)
		want := termFigures(t, s)
		ask := func(filter string) string {
			t.Helper()
			where, err := whereOf(filter)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.QueryEntities(context.Background(), anyone, query.Request{Where: where, Limit: 9, Order: byRef})
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(itemNames(t, p.Items), " ")
		}
		execute(t, s, `DELETE FROM catalog_terms`, `DELETE FROM catalog_postings`, `DELETE FROM entity_terms`, `DELETE FROM catalog_keys`,
			`UPDATE entities SET id = 0, indexed = ''`)
		if _, err := s.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(termFigures(t, s), want); diff != "" {
			t.Errorf("filled, got - want +:\n%s", diff)
		}
		if got := ask("kind=component,relations.dependson=resource:default/db"); got != "billing Ledger" {
			t.Errorf("found %q after filling", got)
		}
		// What the release before writes has another time, and its old terms.
		execute(t, s, `UPDATE entity_bodies SET body = replace(body, '"production"', '"retired"') WHERE ref = 'component:default/ledger'`,
			`UPDATE entities SET changed_at = '2030-01-01T00:00:00.000000Z' WHERE ref = 'component:default/ledger'`)
		if _, err := s.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := ask("spec.lifecycle=retired") + "|" + ask("spec.lifecycle=production"); got != "Ledger|" {
			t.Errorf("found %q after the release before wrote", got)
		}
	})
}

// Terms outgrow their rows and come back, and nothing is left of entities that
// are gone.
func TestTermsLeaveNothingBehind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e := catalog.New(catalog.Options{Store: s})
		gadgets := func(from, to int, color string) (list []catalog.Entity, refs []catalog.Ref) {
			for i := from; i < to; i++ {
				ref := catalog.Ref{Kind: "Gadget", Namespace: "default", Name: fmt.Sprintf("g%d", i)}
				list = append(list, catalog.Entity{Ref: ref, Spec: map[string]any{"color": color, "tags": []any{"a", color}}})
				refs = append(refs, ref.Canonical())
			}
			return list, refs
		}
		write := func(f func(tx.Tx) error) {
			t.Helper()
			if err := s.Write(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		put := func(from, to int, color string) {
			t.Helper()
			list, _ := gadgets(from, to, color)
			write(func(t tx.Tx) error { return e.Put(ctx, t, "engine:terms", list) })
		}
		count := func(filter string, want int) {
			t.Helper()
			where, err := whereOf(filter)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.QueryEntities(ctx, anyone, query.Request{Where: where, Total: true})
			if err != nil || p.Total != want {
				t.Errorf("%s: %d, %v; want %d", filter, p.Total, err, want)
			}
		}
		put(0, 20, "red")
		count("spec.color=red", 20)
		put(20, 50, "red") // more than a row holds
		count("spec.color=red", 50)
		put(10, 45, "blue")
		count("spec.color=red", 15)
		count("spec.tags.blue", 35)
		count("spec.tags=a", 50)
		_, refs := gadgets(0, 50, "")
		write(func(t tx.Tx) error { return e.Drop(ctx, t, "engine:terms", refs[5:]) })
		count("spec.color=red", 5)
		count("spec.color", 5)
		write(func(t tx.Tx) error { return e.Drop(ctx, t, "engine:terms", refs) })
		count("", 0)
		if got := termFigures(t, s); got[1] != 0 || got[2] != 0 || got[3] != 0 {
			t.Errorf("%d terms, %d uses, %d entities are left of nothing", got[1], got[2], got[3])
		}
		put(0, 3, "green")
		count("spec.color=green", 3)
	})
}
