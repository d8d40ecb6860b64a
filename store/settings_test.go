package store_test

import (
	"context"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, v := context.Background(), access.System("test")
		if got, err := s.Setting(ctx, v, "a"); got != "" || err != nil {
			t.Fatalf("an absent setting: %q, %v", got, err)
		}
		for _, want := range []string{"one", "two"} {
			if err := s.Write(ctx, func(x tx.Tx) error { return s.PutSetting(ctx, x, "a", want) }); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Setting(ctx, v, "a"); got != want || err != nil {
				t.Fatalf("got %q, %v; want %q", got, err, want)
			}
		}
	})
}

func TestShrinkLosesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Write(ctx, func(x tx.Tx) error { return s.PutSetting(ctx, x, "a", "kept") }); err != nil {
			t.Fatal(err)
		}
		if err := s.Shrink(ctx); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting(ctx, access.System("test"), "a"); got != "kept" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	})
}
