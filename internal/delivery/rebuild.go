package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
)

// zoneSetting is where the zone stands in which days were counted.
const zoneSetting = "delivery.zone"

// daysAtOnce is how many days of services one transaction counts anew.
const daysAtOnce = 200

// Rebuilder is what counting anew needs of the store.
type Rebuilder interface {
	Setting(ctx context.Context, v access.Viewer, key string) (string, error)
	PutSetting(ctx context.Context, t tx.Tx, key, value string) error
	// DropTallies removes every tally.
	DropTallies(ctx context.Context, t tx.Tx) error
	// DeliveryMoments returns each service and moment at which something
	// counts: ends of deployments, first deployments of changes, resolutions.
	DeliveryMoments(ctx context.Context, t tx.Tx) ([]Moment, error)
}

// Moment is when something of a service counts.
type Moment struct {
	Service string
	At      time.Time
}

// KeepZone counts every day anew from the rows when the zone in which days
// begin is another than before. Until it is done the numbers of old days are
// missing; it may be called again after a stop.
func (e *Engine) KeepZone(ctx context.Context, r Rebuilder) error {
	was, err := r.Setting(ctx, access.System("delivery"), zoneSetting)
	if err != nil {
		return err
	}
	zone := e.o.Zone.String()
	if was == zone {
		return nil
	}
	if was != "" {
		if err := e.rebuild(ctx, r); err != nil {
			return fmt.Errorf("count deliveries in %s: %w", zone, err)
		}
	}
	return e.o.Store.Write(ctx, func(t tx.Tx) error { return r.PutSetting(ctx, t, zoneSetting, zone) })
}

func (e *Engine) rebuild(ctx context.Context, r Rebuilder) error {
	var moments []Moment
	err := e.o.Store.Write(ctx, func(t tx.Tx) error {
		var err error
		if err = e.o.Store.LockDelivery(ctx, t); err != nil {
			return err
		}
		if moments, err = r.DeliveryMoments(ctx, t); err != nil {
			return err
		}
		return r.DropTallies(ctx, t)
	})
	if err != nil {
		return err
	}
	seen := newSettling(e.recorder, nil)
	for _, m := range moments {
		seen.mark(m.Service, m.At)
	}
	days := make([]serviceDay, 0, len(seen.days))
	for d := range seen.days {
		days = append(days, d)
	}
	for len(days) > 0 {
		some := days[:min(daysAtOnce, len(days))]
		days = days[len(some):]
		if err := e.o.Store.Write(ctx, func(t tx.Tx) error { return e.recount(ctx, t, some) }); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) recount(ctx context.Context, t tx.Tx, days []serviceDay) error {
	if err := e.o.Store.LockDelivery(ctx, t); err != nil {
		return err
	}
	s := newSettling(e.recorder, t)
	for _, d := range days {
		if err := s.recount(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
