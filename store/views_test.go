package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// person is a viewer who is a member of the groups.
func person(id string, groups ...string) access.Viewer {
	return access.Viewer{Actor: action.Actor{ID: "user:default/" + id, Groups: groups}}
}

// A view belongs to a person or a group; strangers neither see nor open it,
// and one of the same name is replaced.
func TestSavedViews(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		const team = "group:default/payments"
		ada, ben, eve := person("ada", team), person("ben", team, "group:default/a", "group:default/b", "group:default/c", "group:default/d"), person("eve", "group:default/risk")
		save := func(id, owner, name, query string) keep.View {
			var out keep.View
			mustWrite(t, s, func(_ context.Context, tx tx.Tx) (err error) {
				out, err = s.SaveView(ctx, tx, keep.View{ID: id, Owner: owner, Name: name, Query: query, By: ada.ID, ChangedAt: tx.Now()})
				return err
			})
			return out
		}
		save("view_1", ada.ID, "Mine", "mine=true")
		save("view_2", team, "all APIs", "kind=api")
		if v := save("view_3", ada.ID, "MINE", "starred=true"); v.ID != "view_1" || v.Name != "MINE" || v.Query != "starred=true" {
			t.Errorf("a view saved again: %+v, want view_1 with the new name and choice", v)
		}
		for who, c := range map[string]struct {
			v    access.Viewer
			want []string
		}{"her own and the team's": {ada, []string{"all APIs", "MINE"}}, "the team's": {ben, []string{"all APIs"}}, "a stranger": {eve, nil}, "nobody": {access.Viewer{}, nil}} {
			list, err := s.SavedViews(ctx, c.v)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range list {
				got = append(got, v.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("views of %s (-want +got):\n%s", who, diff)
			}
		}
		if _, err := s.SavedView(ctx, eve, "view_2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger opens a view: %v, want not found", err)
		}
		mustWrite(t, s, func(_ context.Context, tx tx.Tx) error {
			if n, err := s.CountViews(ctx, tx, ada.ID, "mine"); err != nil || n != 0 {
				t.Errorf("views beside the one of the name: %d %v", n, err)
			}
			return s.DeleteView(ctx, tx, "view_1")
		})
		if _, err := s.SavedView(ctx, ada, "view_1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a deleted view: %v, want not found", err)
		}
	})
}

// A star is one's own and stands once.
func TestStars(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		ada, ben := person("ada"), person("ben")
		mustWrite(t, s, func(_ context.Context, tx tx.Tx) error {
			for range 2 {
				if err := s.Star(ctx, tx, ada.ID, "component:default/ledger"); err != nil {
					return err
				}
			}
			return s.Unstar(ctx, tx, ben.ID, "component:default/ledger")
		})
		for v, want := range map[string][]string{ada.ID: {"component:default/ledger"}, ben.ID: nil} {
			got, err := s.Stars(ctx, access.Viewer{Actor: action.Actor{ID: v}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("stars of %s (-want +got):\n%s", v, diff)
			}
		}
		mustWrite(t, s, func(_ context.Context, tx tx.Tx) error { return s.Unstar(ctx, tx, ada.ID, "component:default/ledger") })
		if got, err := s.Stars(ctx, ada); err != nil || len(got) > 0 {
			t.Errorf("after taking it away: %v %v", got, err)
		}
	})
}
