package store

import (
	"context"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/tx"
)

// DropTallies implements delivery.Rebuilder.
func (s *Store) DropTallies(ctx context.Context, t tx.Tx) error {
	_, err := s.exec(ctx, t, `DELETE FROM delivery_tallies`)
	return err
}

// DeliveryMoments implements delivery.Rebuilder.
func (s *Store) DeliveryMoments(ctx context.Context, t tx.Tx) ([]delivery.Moment, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT service, finished_at FROM deployments WHERE counted = 1
		UNION
		SELECT service, deployed_at FROM changes WHERE deployed_at <> ''
		UNION
		SELECT service, resolved_at FROM incidents WHERE resolved_at <> ''
		UNION
		SELECT d.service, i.resolved_at FROM incidents i JOIN deployments d ON d.id = i.deployment WHERE i.resolved_at <> ''`)
	return collect(rows, err, func(r scanner) (delivery.Moment, error) {
		var m delivery.Moment
		var when string
		if err := r.Scan(&m.Service, &when); err != nil {
			return m, err
		}
		return m, parseTimes(at(when, &m.At))
	})
}
