package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/tx"
)

// deliveryLock is the advisory lock under which recordings follow one another
// on PostgreSQL; on SQLite there is one writer anyway.
const deliveryLock = 7_061_001

// LockDelivery implements delivery.Book.
func (s *Store) LockDelivery(ctx context.Context, t tx.Tx) error {
	if s.dialect == sqlite {
		return nil
	}
	_, err := s.exec(ctx, t, `SELECT pg_advisory_xact_lock(?)`, deliveryLock)
	return err
}

// deploymentColumns must match scanDeployment.
const deploymentColumns = `d.id, d.service, d.environment, d.production, d.result, d.kind, d.started_at, d.finished_at, d.revision,
	d.version, d.title, d.url, d.actor, d.source, d.rolls_back, d.fixes, d.target, d.failed, d.failure, d.changes`

func scanDeployment(r scanner) (delivery.Deployment, error) {
	var d delivery.Deployment
	var production, failed int64
	var started, finished string
	err := r.Scan(&d.ID, &d.Service, &d.Environment, &production, &d.Result, &d.Kind, &started, &finished, &d.Revision,
		&d.Version, &d.Title, &d.URL, &d.Actor, &d.Source, &d.RollsBack, &d.Fixes, &d.Target, &failed, &d.Failure, &d.Changes)
	if err != nil {
		return d, err
	}
	d.Production, d.Failed = production == 1, failed == 1
	return d, parseTimes(at(started, &d.Started), at(finished, &d.Finished))
}

// storedTime is the text of a time column and the field that it goes to.
type storedTime struct {
	text string
	to   *time.Time
}

func at(text string, to *time.Time) storedTime { return storedTime{text, to} }

func parseTimes(times ...storedTime) error {
	for _, x := range times {
		v, err := tx.Parse(x.text)
		if err != nil {
			return err
		}
		*x.to = v
	}
	return nil
}

// storeTime is a time as it is stored; the zero time is empty.
func storeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return tx.Format(t)
}

// one makes the absence of a row nil.
func one[T any](v T, err error) (*T, error) {
	if isNone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// HeldDeployment implements delivery.Book.
func (s *Store) HeldDeployment(ctx context.Context, t tx.Tx, id string) (*delivery.Deployment, error) {
	return one(scanDeployment(s.txRow(ctx, t, `
		SELECT `+deploymentColumns+`
		FROM deployments d
		WHERE d.id = ?`, id)))
}

// SaveDeployment implements delivery.Book.
func (s *Store) SaveDeployment(ctx context.Context, t tx.Tx, d delivery.Deployment) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO deployments (id, service, environment, production, result, kind, started_at, finished_at, revision, version, title,
			url, actor, source, rolls_back, fixes, counted, target, failed, failure, changes, recorded_at)
		VALUES (`+marks(22)+`)
		ON CONFLICT (id) DO UPDATE
		SET production = excluded.production, result = excluded.result, kind = excluded.kind, started_at = excluded.started_at,
			finished_at = excluded.finished_at, revision = excluded.revision, version = excluded.version, title = excluded.title,
			url = excluded.url, actor = excluded.actor, source = excluded.source, rolls_back = excluded.rolls_back,
			fixes = excluded.fixes, counted = excluded.counted, target = excluded.target, failed = excluded.failed,
			failure = excluded.failure, changes = excluded.changes`,
		d.ID, d.Service, d.Environment, flag(d.Production), string(d.Result), string(d.Kind), storeTime(d.Started), storeTime(d.Finished),
		d.Revision, d.Version, d.Title, d.URL, d.Actor, d.Source, d.RollsBack, d.Fixes, flag(d.Counted()), d.Target, flag(d.Failed),
		d.Failure, d.Changes, tx.Format(t.Now()))
	if err != nil {
		return fmt.Errorf("deployment %s: %w", d.ID, err)
	}
	return nil
}

// Neighbour implements delivery.Book.
func (s *Store) Neighbour(ctx context.Context, t tx.Tx, p delivery.Place, at time.Time, id string, after bool) (*delivery.Deployment, error) {
	side, order := `(d.finished_at, d.id) < (?, ?)`, `ORDER BY d.finished_at DESC, d.id DESC`
	if after {
		side, order = `(d.finished_at, d.id) > (?, ?)`, `ORDER BY d.finished_at, d.id`
	}
	return one(scanDeployment(s.txRow(ctx, t, `
		SELECT `+deploymentColumns+`
		FROM deployments d
		WHERE d.service = ? AND d.environment = ? AND d.counted = 1 AND `+side+`
		`+order+`
		LIMIT 1`, p.Service, p.Environment, storeTime(at), id)))
}

// DeploymentsNaming implements delivery.Book.
func (s *Store) DeploymentsNaming(ctx context.Context, t tx.Tx, id string, derived bool) ([]delivery.Deployment, error) {
	column := "rolls_back"
	if derived {
		column = "target"
	}
	rows, err := s.txQuery(ctx, t, `
		SELECT `+deploymentColumns+`
		FROM deployments d
		WHERE d.`+column+` = ?
		ORDER BY d.id`, id)
	return collect(rows, err, scanDeployment)
}

// incidentColumns must match scanIncident.
const incidentColumns = `i.id, i.service, i.environment, i.production, i.severity, i.title, i.url, i.started_at, i.resolved_at,
	i.reported_at, i.caused_by, i.source, i.deployment`

func scanIncident(r scanner) (delivery.Incident, error) {
	var i delivery.Incident
	var production int64
	var started, resolved, reported string
	err := r.Scan(&i.ID, &i.Service, &i.Environment, &production, &i.Severity, &i.Title, &i.URL, &started, &resolved, &reported,
		&i.CausedBy, &i.Source, &i.Deployment)
	if err != nil {
		return i, err
	}
	i.Production = production == 1
	return i, parseTimes(at(started, &i.Started), at(resolved, &i.Resolved), at(reported, &i.Reported))
}

// HeldIncident implements delivery.Book.
func (s *Store) HeldIncident(ctx context.Context, t tx.Tx, id string) (*delivery.Incident, error) {
	return one(scanIncident(s.txRow(ctx, t, `
		SELECT `+incidentColumns+`
		FROM incidents i
		WHERE i.id = ?`, id)))
}

// SaveIncident implements delivery.Book.
func (s *Store) SaveIncident(ctx context.Context, t tx.Tx, i delivery.Incident) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO incidents (id, service, environment, production, severity, title, url, started_at, resolved_at, reported_at,
			caused_by, source, deployment, recorded_at)
		VALUES (`+marks(14)+`)
		ON CONFLICT (id) DO UPDATE
		SET production = excluded.production, severity = excluded.severity, title = excluded.title, url = excluded.url,
			started_at = excluded.started_at, resolved_at = excluded.resolved_at, reported_at = excluded.reported_at,
			caused_by = excluded.caused_by, source = excluded.source, deployment = excluded.deployment`,
		i.ID, i.Service, i.Environment, flag(i.Production), i.Severity, i.Title, i.URL, storeTime(i.Started), storeTime(i.Resolved),
		storeTime(i.Reported), i.CausedBy, i.Source, i.Deployment, tx.Format(t.Now()))
	if err != nil {
		return fmt.Errorf("incident %s: %w", i.ID, err)
	}
	return nil
}

// IncidentsBetween implements delivery.Book.
func (s *Store) IncidentsBetween(ctx context.Context, t tx.Tx, p delivery.Place, from, to time.Time) ([]delivery.Incident, error) {
	rows, err := s.txQuery(ctx, t, `
		SELECT `+incidentColumns+`
		FROM incidents i
		WHERE i.service = ? AND i.environment = ? AND i.started_at >= ? AND i.started_at <= ?
		ORDER BY i.id`, p.Service, p.Environment, storeTime(from), storeTime(to))
	return collect(rows, err, scanIncident)
}

// IncidentsNaming implements delivery.Book.
func (s *Store) IncidentsNaming(ctx context.Context, t tx.Tx, id string, derived bool) ([]delivery.Incident, error) {
	column := "caused_by"
	if derived {
		column = "deployment"
	}
	rows, err := s.txQuery(ctx, t, `
		SELECT `+incidentColumns+`
		FROM incidents i
		WHERE i.`+column+` = ?
		ORDER BY i.id`, id)
	return collect(rows, err, scanIncident)
}
