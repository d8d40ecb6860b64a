package store_test

import (
	"context"
	"testing"

	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestMigrateTwiceDoesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n, err := s.Migrate(context.Background())
		if n != 0 || err != nil {
			t.Fatalf("second migrate: %d applied, %v; want 0, nil", n, err)
		}
	})
}
