package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/tx"
)

// changeColumns must match scanChange.
const changeColumns = `c.service, c.id, c.committed_at, c.authored_at, c.merged_at, c.title, c.deployment, c.deployed_at`

func scanChange(r scanner) (delivery.Change, error) {
	var c delivery.Change
	var committed, authored, merged, deployed string
	if err := r.Scan(&c.Service, &c.ID, &committed, &authored, &merged, &c.Title, &c.Deployment, &deployed); err != nil {
		return c, err
	}
	return c, parseTimes(at(committed, &c.Committed), at(authored, &c.Authored), at(merged, &c.Merged),
		at(deployed, &c.Deployed))
}

// HeldChange implements delivery.Book.
func (s *Store) HeldChange(ctx context.Context, t tx.Tx, service, id string) (*delivery.Change, error) {
	return one(scanChange(s.txRow(ctx, t, `
		SELECT `+changeColumns+`
		FROM changes c
		WHERE c.service = ? AND c.id = ?`, service, id)))
}

// SaveChange implements delivery.Book.
func (s *Store) SaveChange(ctx context.Context, t tx.Tx, c delivery.Change) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO changes (service, id, committed_at, authored_at, merged_at, title, deployment, deployed_at)
		VALUES (`+marks(8)+`)
		ON CONFLICT (service, id) DO UPDATE
		SET committed_at = excluded.committed_at, authored_at = excluded.authored_at, merged_at = excluded.merged_at,
			title = excluded.title, deployment = excluded.deployment, deployed_at = excluded.deployed_at`,
		c.Service, c.ID, storeTime(c.Committed), storeTime(c.Authored), storeTime(c.Merged), c.Title, c.Deployment, storeTime(c.Deployed))
	if err != nil {
		return fmt.Errorf("change %s of %s: %w", c.ID, c.Service, err)
	}
	return nil
}

// LinkChange implements delivery.Book.
func (s *Store) LinkChange(ctx context.Context, t tx.Tx, deployment, service, change string) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO deployment_changes (deployment, change_id, service)
		VALUES (?, ?, ?)
		ON CONFLICT (deployment, change_id) DO NOTHING`, deployment, change, service)
	return err
}

// ChangesOf implements delivery.Book.
func (s *Store) ChangesOf(ctx context.Context, t tx.Tx, deployment string) ([]delivery.Change, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT `+changeColumns+`
		FROM deployment_changes l
		JOIN changes c ON c.service = l.service AND c.id = l.change_id
		WHERE l.deployment = ?
		ORDER BY c.id`, deployment)
	return collect(rows, err, scanChange)
}

// FirstBringing implements delivery.Book.
func (s *Store) FirstBringing(ctx context.Context, t tx.Tx, service, change string) (*delivery.Deployment, error) {
	return one(scanDeployment(s.txRow(ctx, t, `
		SELECT `+deploymentColumns+`
		FROM deployment_changes l
		JOIN deployments d ON d.id = l.deployment
		WHERE l.service = ? AND l.change_id = ? AND d.counted = 1
		ORDER BY d.finished_at, d.id
		LIMIT 1`, service, change)))
}

// DayRows implements delivery.Book.
func (s *Store) DayRows(ctx context.Context, t tx.Tx, service string, from, to time.Time) (delivery.Rows, error) {
	var out delivery.Rows
	a, b := storeTime(from), storeTime(to)
	rows, err := s.txQuery(ctx, t, `
		SELECT `+deploymentColumns+`
		FROM deployments d
		WHERE d.service = ? AND d.counted = 1 AND d.finished_at >= ? AND d.finished_at < ?`, service, a, b)
	if out.Deployments, err = collect(rows, err, scanDeployment); err != nil {
		return out, err
	}
	rows, err = s.txQuery(ctx, t, `
		SELECT `+changeColumns+`
		FROM changes c
		WHERE c.service = ? AND c.deployed_at >= ? AND c.deployed_at < ?`, service, a, b)
	if out.Changes, err = collect(rows, err, scanChange); err != nil {
		return out, err
	}
	rows, err = s.txQuery(ctx, t, `
		SELECT `+incidentColumns+`
		FROM incidents i
		WHERE i.service = ? AND i.production = 1 AND i.resolved_at >= ? AND i.resolved_at < ?`, service, a, b)
	if out.Incidents, err = collect(rows, err, scanIncident); err != nil {
		return out, err
	}
	rows, err = s.txQuery(ctx, t, recoveries(`d.service = ?`)+`
		ORDER BY r.resolved, d.id`, a, b, service, b)
	out.Recovered, err = collect(rows, err, scanRecovery)
	return out, err
}

// recoveries selects the failed deployments whose last resolution of an
// incident lies in [?, ?). The inner select is driven by the incidents that
// ended since the first argument; the outer one needs the end again.
func recoveries(where string) string {
	return `
		SELECT ` + deploymentColumns + `, r.resolved, r.incidents
		FROM (
			SELECT i.deployment, MAX(i.resolved_at) AS resolved, COUNT(*) AS incidents
			FROM incidents i
			WHERE i.deployment IN (
				SELECT x.deployment FROM incidents x
				WHERE x.production = 1 AND x.resolved_at >= ? AND x.resolved_at < ? AND x.deployment <> ''
			) AND i.resolved_at <> ''
			GROUP BY i.deployment
		) r
		JOIN deployments d ON d.id = r.deployment
		WHERE d.counted = 1 AND ` + where + ` AND r.resolved < ?`
}

func scanRecovery(r scanner) (delivery.Recovery, error) {
	var resolved string
	var incidents int64
	d, err := scanDeployment(extra{r, []any{&resolved, &incidents}})
	out := delivery.Recovery{Deployment: d, Incidents: incidents}
	if err != nil {
		return out, err
	}
	return out, parseTimes(at(resolved, &out.Resolved))
}

// extra scans further columns after those that a scan function knows.
type extra struct {
	row  scanner
	more []any
}

func (e extra) Scan(dest ...any) error { return e.row.Scan(append(dest, e.more...)...) }

// HeldTally implements delivery.Book.
func (s *Store) HeldTally(ctx context.Context, t tx.Tx, scope string, g delivery.Grain, bucket string) (delivery.Tally, error) {
	var body []byte
	err := s.txRow(ctx, t, `
		SELECT body
		FROM delivery_tallies
		WHERE scope = ? AND grain = ? AND bucket = ?`, scope, string(g), bucket).Scan(&body)
	if isNone(err) {
		return delivery.Tally{}, nil
	}
	if err != nil {
		return delivery.Tally{}, err
	}
	return delivery.DecodeTally(body)
}

// SaveTally implements delivery.Book.
func (s *Store) SaveTally(ctx context.Context, t tx.Tx, scope string, g delivery.Grain, bucket string, b delivery.Tally) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO delivery_tallies (scope, grain, bucket, body)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (scope, grain, bucket) DO UPDATE
		SET body = excluded.body`, scope, string(g), bucket, b.Encode())
	return err
}

// TakeDelivery implements delivery.Inbox.
func (s *Store) TakeDelivery(ctx context.Context, t tx.Tx, source, id, hash, eventType, outcome string) (bool, error) {
	res, err := s.exec(ctx, t, `
		INSERT INTO hook_deliveries (source, id, hash, type, outcome, at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, id) DO NOTHING`, source, id, hash, eventType, outcome, tx.Format(t.Now()))
	if err != nil {
		return false, fmt.Errorf("delivery %s of %s: %w", id, source, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
