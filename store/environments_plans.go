package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// planColumns must match scanPlan.
const planColumns = `p.run, p.environment, p.destroys, p.version, p.input_hash, p.serial, p.engine, p.changes, p.checks, p.estimate, p.created_at, p.used_at`

func scanPlan(r scanner, more ...any) (provision.Plan, error) {
	var p provision.Plan
	var destroys int64
	var changes, checks, estimate, created, used string
	err := r.Scan(append([]any{&p.Run, &p.Environment, &destroys, &p.Version, &p.InputHash, &p.Serial, &p.Engine,
		&changes, &checks, &estimate, &created, &used}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, provision.ErrNoPlan
	}
	if err != nil {
		return p, err
	}
	p.Destroy = destroys != 0
	return p, errors.Join(json.Unmarshal([]byte(changes), &p.Changes), json.Unmarshal([]byte(checks), &p.Checks),
		json.Unmarshal([]byte(estimate), &p.Estimate), parseTimes(at(created, &p.CreatedAt), at(used, &p.UsedAt)))
}

// PutPlan keeps the plan of a run; a newer one of the same run takes its place
// and is unused again.
func (s *Store) PutPlan(ctx context.Context, t tx.Tx, p provision.Plan) error {
	changes, err := json.Marshal(p.Changes)
	if err != nil {
		return err
	}
	checks, err := json.Marshal(p.Checks)
	if err != nil {
		return err
	}
	estimate, err := json.Marshal(p.Estimate)
	if err != nil {
		return err
	}
	destroys := 0
	if p.Destroy {
		destroys = 1
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO environment_plans (run, environment, destroys, version, input_hash, serial, engine, changes, checks, estimate, created_at, used_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')
		ON CONFLICT (run) DO UPDATE SET version = excluded.version, input_hash = excluded.input_hash, serial = excluded.serial,
			engine = excluded.engine, changes = excluded.changes, checks = excluded.checks, estimate = excluded.estimate,
			created_at = excluded.created_at, used_at = ''`,
		p.Run, p.Environment, destroys, p.Version, p.InputHash, p.Serial, p.Engine,
		string(changes), string(checks), string(estimate), tx.Format(p.CreatedAt))
	return err
}

// UsePlan marks the plan of a run as used; provision.ErrPlanUsed when it was
// used before or does not exist.
func (s *Store) UsePlan(ctx context.Context, t tx.Tx, r run.ID) error {
	err := s.execOne(ctx, t, `UPDATE environment_plans SET used_at = ? WHERE run = ? AND used_at = ''`, tx.Format(t.Now()), r)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("plan of %s: %w", r, provision.ErrPlanUsed)
	}
	return err
}

// Plan reads the plan of a run; provision.ErrNoPlan if there is none, or none
// that v may read.
func (s *Store) Plan(ctx context.Context, v access.Viewer, r run.ID) (provision.Plan, error) {
	var owner string
	unhidden, args := s.unhiddenEnvironment(v, "e")
	p, err := scanPlan(s.row(ctx, `
		SELECT `+planColumns+`, e.owner
		FROM environment_plans p JOIN environments e ON e.id = p.environment
		WHERE p.run = ?`+unhidden, append([]any{r}, args...)...), &owner)
	if err == nil && !v.MayRead(owner) {
		return provision.Plan{}, provision.ErrNoPlan
	}
	return p, err
}

// PutResource writes how far a resource has come.
func (s *Store) PutResource(ctx context.Context, t tx.Tx, r provision.Resource) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO environment_resources (environment, address, progress, resource, run, at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, address) DO UPDATE SET progress = excluded.progress, run = excluded.run, at = excluded.at,
			resource = CASE WHEN excluded.resource = '' THEN environment_resources.resource ELSE excluded.resource END`,
		r.Environment, r.Address, r.Progress, r.ID, r.Run, tx.Format(t.Now()))
	return err
}

// Resources lists what is known of an environment's resources, nothing to who
// may not read for its owner.
func (s *Store) Resources(ctx context.Context, v access.Viewer, environment string) ([]provision.Resource, error) {
	e, err := s.Environment(ctx, v, environment)
	if err != nil || !v.MayRead(e.Owner) {
		return nil, err
	}
	rows, err := s.query(ctx, `
		SELECT environment, address, progress, resource, run, at
		FROM environment_resources WHERE environment = ? ORDER BY address`, environment)
	return collect(rows, err, func(r scanner) (provision.Resource, error) {
		var x provision.Resource
		var when string
		if err := r.Scan(&x.Environment, &x.Address, &x.Progress, &x.ID, &x.Run, &when); err != nil {
			return x, err
		}
		return x, parseTimes(at(when, &x.At))
	})
}

// PutProvided keeps which catalog entity a resource is.
func (s *Store) PutProvided(ctx context.Context, t tx.Tx, p provision.Provided) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO environment_entities (id, environment, ref, type, title) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET ref = excluded.ref, type = excluded.type, title = excluded.title`,
		p.ID, p.Environment, p.Ref, p.Type, p.Title)
	return err
}

// ProvidedOf lists the catalog entities of an environment. They are in the
// catalog for everybody to see.
func (s *Store) ProvidedOf(ctx context.Context, _ access.Viewer, environment string) ([]provision.Provided, error) {
	rows, err := s.query(ctx, `SELECT id, environment, ref, type, title FROM environment_entities WHERE environment = ? ORDER BY id`, environment)
	return collect(rows, err, func(r scanner) (provision.Provided, error) {
		var p provision.Provided
		return p, r.Scan(&p.ID, &p.Environment, &p.Ref, &p.Type, &p.Title)
	})
}

// DropProvided forgets one of them.
func (s *Store) DropProvided(ctx context.Context, t tx.Tx, id string) error {
	_, err := s.exec(ctx, t, `DELETE FROM environment_entities WHERE id = ?`, id)
	return err
}

// PutBlueprint keeps a version of a blueprint for ever. When there is one
// already nothing is changed; its hash is returned.
func (s *Store) PutBlueprint(ctx context.Context, t tx.Tx, name, version, hash string, files map[string][]byte) (string, error) {
	texts := map[string]string{}
	for path, b := range files {
		texts[path] = string(b)
	}
	b, err := json.Marshal(texts)
	if err != nil {
		return "", err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO blueprints (name, version, hash, files, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name, version) DO NOTHING`, name, version, hash, string(b), tx.Format(t.Now()))
	if err != nil {
		return "", err
	}
	var kept string
	err = s.txRow(ctx, t, `SELECT hash FROM blueprints WHERE name = ? AND version = ?`, name, version).Scan(&kept)
	return kept, err
}

// BlueprintFiles returns the files of a version; provision.ErrNoBlueprint if
// it was never published here.
func (s *Store) BlueprintFiles(ctx context.Context, name, version string) (map[string][]byte, error) {
	var raw string
	err := s.row(ctx, `SELECT files FROM blueprints WHERE name = ? AND version = ?`, name, version).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, provision.ErrNoBlueprint
	}
	if err != nil {
		return nil, err
	}
	var texts map[string]string
	if err := json.Unmarshal([]byte(raw), &texts); err != nil {
		return nil, fmt.Errorf("blueprint %s %s: %w", name, version, err)
	}
	out := map[string][]byte{}
	for path, text := range texts {
		out[path] = []byte(text)
	}
	return out, nil
}
