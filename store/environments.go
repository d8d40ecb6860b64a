package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/tx"
)

// environmentColumns must match scanEnvironment and environmentArgs.
const environmentColumns = `id, name, owner, kind, blueprint, version, hash, service, parameters, state, reason, ttl_s,
	by_actor, entity, run, destroy_run, estimate, currency, outputs, created_at, ready_at, expires_at, gone_at`

func scanEnvironment(r scanner) (provision.Environment, error) {
	var e provision.Environment
	var parameters, outputs, created, ready, expires, gone string
	var ttl int64
	err := r.Scan(&e.ID, &e.Name, &e.Owner, &e.Kind, &e.Blueprint, &e.Version, &e.Hash, &e.Service, &parameters, &e.State,
		&e.Reason, &ttl, &e.By, &e.Entity, &e.Run, &e.DestroyRun, &e.Estimate, &e.Currency, &outputs,
		&created, &ready, &expires, &gone)
	if errors.Is(err, sql.ErrNoRows) {
		return e, provision.ErrNotFound
	}
	if err != nil {
		return e, err
	}
	e.Parameters, e.TTL = json.RawMessage(parameters), time.Duration(ttl)*time.Second
	if err := json.Unmarshal([]byte(outputs), &e.Outputs); err != nil {
		return e, fmt.Errorf("outputs of %s: %w", e.ID, err)
	}
	return e, parseTimes(at(created, &e.CreatedAt), at(ready, &e.ReadyAt), at(expires, &e.ExpiresAt), at(gone, &e.GoneAt))
}

func environmentArgs(e provision.Environment) ([]any, error) {
	outputs, err := json.Marshal(e.Outputs)
	if err != nil {
		return nil, err
	}
	return []any{e.ID, e.Name, e.Owner, e.Kind, e.Blueprint, e.Version, e.Hash, e.Service, string(e.Parameters), e.State,
		e.Reason, int64(e.TTL / time.Second), e.By, e.Entity, e.Run, e.DestroyRun, e.Estimate, e.Currency, string(outputs),
		stamp(e.CreatedAt), stamp(e.ReadyAt), stamp(e.ExpiresAt), stamp(e.GoneAt)}, nil
}

// stamp is a time as stored; the zero time is the empty text.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return tx.Format(t)
}

// CreateEnvironment writes a new environment; provision.ErrTaken when its
// owner has one of that name, or another's is the same entity.
func (s *Store) CreateEnvironment(ctx context.Context, t tx.Tx, e provision.Environment) error {
	args, err := environmentArgs(e)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `INSERT INTO environments (`+environmentColumns+`) VALUES (`+marks(len(args))+`)`, args...)
	if isUnique(err) {
		return fmt.Errorf("environment %s of %s: %w", e.Name, e.Owner, provision.ErrTaken)
	}
	if err != nil {
		return err
	}
	// team-a's b-c and team-a-b's c would be one entity.
	var same int
	err = s.txRow(ctx, t, `SELECT COUNT(*) FROM environments WHERE entity = ? AND state NOT IN ('destroyed', 'refused', 'cancelled')`, e.Entity).Scan(&same)
	if err == nil && same > 1 {
		return fmt.Errorf("environment %s of %s, as %s: %w", e.Name, e.Owner, e.Entity, provision.ErrTaken)
	}
	return err
}

// SaveEnvironment writes what can change of e if its state is still from;
// provision.ErrMoved if it is not.
func (s *Store) SaveEnvironment(ctx context.Context, t tx.Tx, e provision.Environment, from provision.State) error {
	outputs, err := json.Marshal(e.Outputs)
	if err != nil {
		return err
	}
	err = s.execOne(ctx, t, `
		UPDATE environments SET state = ?, reason = ?, ttl_s = ?, run = ?, destroy_run = ?, estimate = ?, currency = ?,
			outputs = ?, ready_at = ?, expires_at = ?, gone_at = ?
		WHERE id = ? AND state = ?`,
		e.State, e.Reason, int64(e.TTL/time.Second), e.Run, e.DestroyRun, e.Estimate, e.Currency,
		string(outputs), stamp(e.ReadyAt), stamp(e.ExpiresAt), stamp(e.GoneAt), e.ID, from)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("environment %s: %w", e.ID, provision.ErrMoved)
	}
	return err
}

// TxEnvironment reads an environment inside t, and holds it until t ends, so
// that of two changes at once the second sees the first;
// provision.ErrNotFound if there is none.
func (s *Store) TxEnvironment(ctx context.Context, t tx.Tx, id string) (provision.Environment, error) {
	return scanEnvironment(s.txRow(ctx, t, `SELECT `+environmentColumns+` FROM environments WHERE id = ?`+s.forUpdate(), id))
}

// Environment reads an environment; provision.ErrNotFound if there is none, or
// if it or its service is hidden from v.
// Who may not read for its owner gets what the catalog tells everybody:
// parameters, outputs, reason and estimate are left out.
func (s *Store) Environment(ctx context.Context, v access.Viewer, id string) (provision.Environment, error) {
	unhidden, args := s.unhiddenEnvironment(v, "environments")
	e, err := scanEnvironment(s.row(ctx, `SELECT `+environmentColumns+` FROM environments WHERE id = ?`+unhidden, append([]any{id}, args...)...))
	return hide(v, e), err
}

func hide(v access.Viewer, e provision.Environment) provision.Environment {
	if v.MayRead(e.Owner) {
		return e
	}
	e.Parameters, e.Outputs, e.Reason, e.Estimate, e.Currency = json.RawMessage(`{}`), nil, "", "", ""
	e.Run, e.DestroyRun, e.By, e.Hash = "", "", "", ""
	return e
}

// Environments lists environments, newest first, and says how many match.
func (s *Store) Environments(ctx context.Context, v access.Viewer, f provision.Filter) ([]provision.Environment, int, error) {
	where, args := environmentWhere(f)
	unhidden, more := s.unhiddenEnvironment(v, "environments")
	where, args = where+unhidden, append(args, more...)
	limit := f.Limit
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	page, pageArgs := where, args
	if f.After != "" {
		page, pageArgs = where+` AND id < ?`, append(slices.Clip(args), f.After)
	}
	rows, err := s.query(ctx, `SELECT `+environmentColumns+` FROM environments WHERE `+page+` ORDER BY id DESC LIMIT ?`, append(slices.Clip(pageArgs), limit)...)
	list, err := collect(rows, err, scanEnvironment)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		list[i] = hide(v, list[i])
	}
	total := len(list)
	if f.After != "" || total == limit { // a first page that is not full counts itself
		err = s.row(ctx, `SELECT COUNT(*) FROM environments WHERE `+where, args...).Scan(&total)
	}
	return list, total, err
}

// maxOwners bounds how many owners a filter names, so that the texts of the
// query stay a bounded set.
const maxOwners = 20

func environmentWhere(f provision.Filter) (string, []any) {
	where, args := []string{"1 = 1"}, []any{}
	if f.Owner != "" {
		where, args = append(where, "owner = ?"), append(args, f.Owner)
	}
	if f.Mine != nil {
		mine := f.Mine[:min(len(f.Mine), maxOwners)]
		where, args = append(where, "owner IN ("+marks(len(mine))+")"), append(args, anys(mine)...)
	}
	if f.Service != "" {
		where, args = append(where, "service = ?"), append(args, f.Service)
	}
	if f.State != "" {
		where, args = append(where, "state = ?"), append(args, f.State)
	} else if !f.Gone {
		where = append(where, "state NOT IN ('destroyed', 'refused', 'cancelled')")
	}
	return strings.Join(where, " AND "), args
}

// EnvironmentsToEnd lists what is ready, whose time is up at now, and that no
// run is ending.
func (s *Store) EnvironmentsToEnd(ctx context.Context, v access.Viewer, now time.Time) ([]provision.Environment, error) {
	rows, err := s.query(ctx, `
		SELECT `+environmentColumns+`
		FROM environments
		WHERE state = 'ready' AND expires_at <> '' AND expires_at <= ? AND destroy_run = ''
		ORDER BY expires_at, id
		LIMIT 50`, tx.Format(now))
	list, err := collect(rows, err, scanEnvironment)
	for i := range list {
		list[i] = hide(v, list[i])
	}
	return list, err
}
