package store

import (
	"context"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
)

// LastDeployments returns when each of the services last reached production;
// one that never did is missing.
func (s *Store) LastDeployments(ctx context.Context, v access.Viewer, services []string) (map[string]time.Time, error) {
	const most = 100 // keeps the texts of this query a bounded set
	if len(services) > most {
		services = services[:most]
	}
	unhidden, args := unhidden("deployments.service", s.hiddenFrom(v))
	rows, err := s.query(ctx, `
		SELECT service, MAX(finished_at) FROM deployments
		WHERE counted = 1 AND service IN (`+marks(len(services))+`)`+unhidden+`
		GROUP BY service`, append(anys(services), args...)...)
	type row struct {
		service string
		at      time.Time
	}
	list, err := collect(rows, err, func(r scanner) (row, error) {
		var x row
		var at string
		if err := r.Scan(&x.service, &at); err != nil {
			return x, err
		}
		var err error
		x.at, err = tx.Parse(at)
		return x, err
	})
	out := make(map[string]time.Time, len(list))
	for _, x := range list {
		out[x.service] = x.at
	}
	return out, err
}
