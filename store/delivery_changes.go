package store

import (
	"context"
	"fmt"
	"slices"
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

// HeldChanges implements delivery.Book.
func (s *Store) HeldChanges(ctx context.Context, t tx.Tx, service string, ids []string) (map[string]delivery.Change, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT `+changeColumns+`
		FROM changes c
		WHERE c.service = ? AND `+s.inList("c.id"), service, listArg(ids))
	list, err := collect(rows, err, scanChange)
	if err != nil {
		return nil, fmt.Errorf("changes of %s: %w", service, err)
	}
	out := make(map[string]delivery.Change, len(list))
	for _, c := range list {
		out[c.ID] = c
	}
	return out, nil
}

// changesAtOnce is how many changes one statement writes.
const changesAtOnce = 50

// SaveChanges implements delivery.Book.
func (s *Store) SaveChanges(ctx context.Context, t tx.Tx, list []delivery.Change) error {
	for some := range slices.Chunk(list, changesAtOnce) {
		args := make([]any, 0, 8*len(some))
		for _, c := range some {
			args = append(args, c.Service, c.ID, storeTime(c.Committed), storeTime(c.Authored), storeTime(c.Merged), c.Title,
				c.Deployment, storeTime(c.Deployed))
		}
		_, err := s.exec(ctx, t, `
			INSERT INTO changes (service, id, committed_at, authored_at, merged_at, title, deployment, deployed_at)
			VALUES `+tuples(len(some), 8)+`
			ON CONFLICT (service, id) DO UPDATE
			SET committed_at = excluded.committed_at, authored_at = excluded.authored_at, merged_at = excluded.merged_at,
				title = excluded.title, deployment = excluded.deployment, deployed_at = excluded.deployed_at`, args...)
		if err != nil {
			return fmt.Errorf("changes of %s: %w", some[0].Service, err)
		}
	}
	return nil
}

// LinkChanges implements delivery.Book.
func (s *Store) LinkChanges(ctx context.Context, t tx.Tx, deployment, service string, changes []string) error {
	for some := range slices.Chunk(changes, changesAtOnce) {
		args := make([]any, 0, 3*len(some))
		for _, c := range some {
			args = append(args, deployment, c, service)
		}
		_, err := s.exec(ctx, t, `
			INSERT INTO deployment_changes (deployment, change_id, service)
			VALUES `+tuples(len(some), 3)+`
			ON CONFLICT (deployment, change_id) DO NOTHING`, args...)
		if err != nil {
			return fmt.Errorf("changes of %s: %w", deployment, err)
		}
	}
	return nil
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

// Bringers implements delivery.Book. The cross joins keep SQLite from
// walking all deployments in order of time.
func (s *Store) Bringers(ctx context.Context, t tx.Tx, deployment string) (map[string][]delivery.Cursor, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT o.change_id, d.id, d.finished_at
		FROM deployment_changes l
		CROSS JOIN deployment_changes o
		CROSS JOIN deployments d
		WHERE l.deployment = ? AND o.service = l.service AND o.change_id = l.change_id AND d.id = o.deployment AND d.counted = 1`,
		deployment)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]delivery.Cursor{}
	for rows.Next() {
		var change, finished string
		var c delivery.Cursor
		if err := rows.Scan(&change, &c.ID, &finished); err != nil {
			return nil, err
		}
		if err := parseTimes(at(finished, &c.At)); err != nil {
			return nil, err
		}
		out[change] = append(out[change], c)
	}
	return out, rows.Err()
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
