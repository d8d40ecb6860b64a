package store_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// Numbers counted anew in another zone are those of a portal that always had
// that zone, also over the hour that a clock change repeats.
func TestDeliveryCountsAnewInAnotherZone(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	items := randomItems(rand.New(rand.NewPCG(7, 8)))
	items = append(items, deployed("night", "s1", "24 23:30", time.Hour), deployed("twice", "s1", "25 00:30", time.Hour), deployed("again", "s1", "25 01:30", time.Hour))
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		in := func(s *store.Store, zone *time.Location) *delivery.Engine {
			e, err := delivery.New(delivery.Options{Store: s, Catalog: deliveryCatalog{}, Events: noEvents{}, Zone: zone, Now: func() time.Time { return deliveryNow }})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.KeepZone(ctx, s); err != nil {
				t.Fatal(err)
			}
			return e
		}
		ingest(t, s, in(s, time.UTC), items...)
		fresh := storetest.SQLite(t)
		always := in(fresh, vienna)
		ingest(t, fresh, always, items...)
		moved := in(s, vienna)
		for _, scope := range []string{"all", "service:s1", "team:a"} {
			if diff := cmp.Diff(october(t, always, scope), october(t, moved, scope)); diff != "" {
				t.Errorf("%s (-always +moved):\n%s", scope, diff)
			}
		}
		checkEvidence(t, moved, "all", october(t, moved, "all"))
	})
}
