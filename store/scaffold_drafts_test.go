package store_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// A draft is its author's alone, one for each template, and ends.
func TestDraftsAreOnesOwnAndExpire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		ada, ben := access.Viewer{Actor: action.Actor{ID: "user:default/ada"}}, access.Viewer{Actor: action.Actor{ID: "user:default/ben"}, All: true}
		save := func(person, name string, step int) {
			t.Helper()
			d := scaffold.Draft{Person: person, Template: "template:default/api", Step: step, Form: url.Values{"values.name": {name}}}
			if err := s.Write(ctx, func(t tx.Tx) error { return s.SaveDraft(ctx, t, d) }); err != nil {
				t.Fatal(err)
			}
		}
		save(ada.ID, "one", 0)
		save(ada.ID, "two", 1)
		d, err := s.Draft(ctx, ada, "template:default/api")
		if err != nil || d.Form.Get("values.name") != "two" || d.Step != 1 || d.ExpiresAt.Sub(d.SavedAt) != scaffold.DraftLife {
			t.Errorf("%+v %v", d, err)
		}
		if _, err := s.Draft(ctx, ben, "template:default/api"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another person's draft: %v, want not found", err)
		}
		if list, err := s.Drafts(ctx, ben); err != nil || len(list) != 0 {
			t.Errorf("another person's drafts: %v %v", list, err)
		}
		if err := s.ForgetDrafts(ctx); err != nil {
			t.Fatal(err)
		}
		if list, err := s.Drafts(ctx, ada); err != nil || len(list) != 1 || time.Since(list[0].SavedAt) > time.Minute {
			t.Errorf("%v %v", list, err)
		}
		if err := s.Write(ctx, func(t tx.Tx) error { return s.DropDraft(ctx, t, ada.ID, "template:default/api") }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Draft(ctx, ada, "template:default/api"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a dropped draft: %v", err)
		}
	})
}
