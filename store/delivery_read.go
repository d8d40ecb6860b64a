package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/delivery"
)

// Deliveries are open to everybody signed in (rules.md); which services a
// viewer may ask about is the catalog's answer, given with the filter.

// inList is a condition that column is one of the texts in one argument, a
// JSON array; the text of the query is the same for any number of them.
func (s *Store) inList(column string) string {
	if s.dialect == postgres {
		return column + ` IN (SELECT json_array_elements_text(?::json))`
	}
	return column + ` IN (SELECT value FROM json_each(?))`
}

func listArg(values []string) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(b)
}

// Tallies implements delivery.Reader.
func (s *Store) Tallies(ctx context.Context, v access.Viewer, scopes []string, spans []delivery.Span) ([]delivery.Stored, error) {
	if len(scopes) == 0 || len(spans) == 0 {
		return nil, nil
	}
	where, args := `scope = ?`, []any{scopes[0]}
	if len(scopes) > 1 {
		where, args = s.inList("scope"), []any{listArg(scopes)}
	}
	unhidden, more, err := s.unhiddenScopes(ctx, v)
	if err != nil {
		return nil, err
	}
	if unhidden != "" && slices.Contains(scopes, delivery.All) { // the sum of all holds what is hidden
		where, args = `scope <> ?`, []any{delivery.All}
	}
	where, args = where+unhidden, append(args, more...)
	one := `SELECT grain, bucket, body FROM delivery_tallies WHERE ` + where + ` AND grain = ? AND bucket >= ? AND bucket < ?`
	var all []any
	for _, p := range spans {
		all = append(append(all, args...), string(p.Grain), p.From.Format(time.DateOnly), p.To.Format(time.DateOnly))
	}
	rows, err := s.query(ctx, one+strings.Repeat(` UNION ALL `+one, len(spans)-1), all...)
	return collect(rows, err, func(r scanner) (delivery.Stored, error) {
		var out delivery.Stored
		var body []byte
		if err := r.Scan(&out.Grain, &out.Bucket, &body); err != nil {
			return out, err
		}
		var err error
		out.Tally, err = delivery.DecodeTally(body)
		return out, err
	})
}

// OpenIncidents implements delivery.Reader.
func (s *Store) OpenIncidents(ctx context.Context, v access.Viewer, services []string) (int64, error) {
	unhidden, args := unhidden("incidents.service", s.hiddenFrom(v))
	q := `SELECT COUNT(*) FROM incidents WHERE production = 1 AND resolved_at = ''` + unhidden
	if services != nil {
		q, args = q+` AND `+s.inList("service"), append(args, listArg(services))
	}
	var n int64
	err := s.row(ctx, q, args...).Scan(&n)
	return n, err
}

// UnknownServices implements delivery.Reader. Tallies are few beside
// deployments, so they are asked.
func (s *Store) UnknownServices(ctx context.Context, v access.Viewer, limit int) ([]string, error) {
	// One that visibility rules might cover could as well be hidden, see mayName.
	mask := s.hiddenFrom(v)
	unhidden, more := unhidden("t.scope", mask)
	rows, err := s.query(ctx, `
		SELECT DISTINCT t.scope
		FROM delivery_tallies t
		LEFT JOIN entities e ON e.ref = t.scope
		WHERE t.grain = 'w' AND t.scope <> ? AND e.ref IS NULL`+unhidden+`
		ORDER BY t.scope
		LIMIT ?`, append(append([]any{delivery.All}, more...), limit)...)
	list, err := collect(rows, err, func(r scanner) (ref string, err error) { return ref, r.Scan(&ref) })
	if err != nil {
		return nil, fmt.Errorf("unknown services: %w", err)
	}
	return slices.DeleteFunc(list, func(ref string) bool { return !s.mayName(mask, splitRef(ref)) }), nil
}

// HasDeployments implements delivery.Reader.
func (s *Store) HasDeployments(ctx context.Context, v access.Viewer, services []string) (bool, error) {
	unhidden, args := unhidden("deployments.service", s.hiddenFrom(v))
	q := `SELECT COUNT(*) FROM (SELECT 1 AS x FROM deployments WHERE counted = 1` + unhidden
	if services != nil {
		q, args = q+` AND `+s.inList("service"), append(args, listArg(services))
	}
	var n int64
	err := s.row(ctx, q+` LIMIT 1) y`, args...).Scan(&n)
	return n > 0, err
}

// where builds the conditions of a delivery filter on the given columns.
func (s *Store) deliveryWhere(v access.Viewer, f delivery.Filter, service, at, id string) (string, []any) {
	unhidden, args := unhidden(service, s.hiddenFrom(v))
	where := []string{"1 = 1" + unhidden}
	add := func(cond string, a ...any) { where, args = append(where, cond), append(args, a...) }
	if f.Services != nil {
		add(s.inList(service), listArg(f.Services))
	}
	if !f.From.IsZero() {
		add(at+` >= ?`, storeTime(f.From))
	}
	if !f.To.IsZero() {
		add(at+` < ?`, storeTime(f.To))
	}
	if f.After.ID != "" {
		add(`(`+at+`, `+id+`) < (?, ?)`, storeTime(f.After.At), f.After.ID)
	}
	return strings.Join(where, " AND "), args
}

// Deployments implements delivery.Reader.
func (s *Store) Deployments(ctx context.Context, v access.Viewer, f delivery.Filter) ([]delivery.Deployment, error) {
	where, args := s.deliveryWhere(v, f, "d.service", "d.finished_at", "d.id")
	if f.Counted {
		where += ` AND d.counted = 1`
	}
	if f.Failed {
		where += ` AND d.failed = 1`
	}
	if f.Rework {
		where += ` AND (d.kind <> 'planned' OR d.fixes <> '')`
	}
	if f.Environment != "" {
		where, args = where+` AND d.environment = ?`, append(args, f.Environment)
	}
	rows, err := s.query(ctx, `
		SELECT `+deploymentColumns+`
		FROM deployments d
		WHERE `+where+`
		ORDER BY d.finished_at DESC, d.id DESC
		LIMIT ?`, append(args, f.Limit)...)
	list, err := collect(rows, err, scanDeployment)
	if err != nil {
		return nil, fmt.Errorf("deployments: %w", err)
	}
	return list, nil
}

// Changes implements delivery.Reader: changes with a known, possible lead
// time. The id of a cursor is service, blank, id.
func (s *Store) Changes(ctx context.Context, v access.Viewer, f delivery.Filter) ([]delivery.Change, error) {
	where, args := s.deliveryWhere(v, f, "c.service", "c.deployed_at", "c.service || ' ' || c.id")
	rows, err := s.query(ctx, `
		SELECT `+changeColumns+`
		FROM changes c
		WHERE `+where+` AND c.committed_at <> '' AND c.committed_at <= c.deployed_at
		ORDER BY c.deployed_at DESC, c.service || ' ' || c.id DESC
		LIMIT ?`, append(args, f.Limit)...)
	list, err := collect(rows, err, scanChange)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	return list, nil
}

// Incidents implements delivery.Reader; the time of a filter is that of the
// resolution.
func (s *Store) Incidents(ctx context.Context, v access.Viewer, f delivery.Filter) ([]delivery.Incident, error) {
	where, args := s.deliveryWhere(v, f, "i.service", "i.resolved_at", "i.id")
	if f.Counted {
		where += ` AND i.production = 1`
	}
	if f.Resolved {
		where += ` AND i.resolved_at <> ''`
	}
	rows, err := s.query(ctx, `
		SELECT `+incidentColumns+`
		FROM incidents i
		WHERE `+where+`
		ORDER BY i.resolved_at DESC, i.id DESC
		LIMIT ?`, append(args, f.Limit)...)
	list, err := collect(rows, err, scanIncident)
	if err != nil {
		return nil, fmt.Errorf("incidents: %w", err)
	}
	return list, nil
}

// Recoveries implements delivery.Reader; the time of a filter is that of the
// last resolution.
func (s *Store) Recoveries(ctx context.Context, v access.Viewer, f delivery.Filter) ([]delivery.Recovery, error) {
	from, to := storeTime(f.From), storeTime(f.To)
	where, args := `1 = 1`, []any{from, to}
	if f.Services != nil {
		where, args = s.inList("d.service"), append(args, listArg(f.Services))
	}
	unhidden, more := unhidden("d.service", s.hiddenFrom(v))
	where, args = where+unhidden, append(args, more...)
	args = append(args, to)
	after := ``
	if f.After.ID != "" {
		after, args = ` AND (r.resolved, d.id) < (?, ?)`, append(args, storeTime(f.After.At), f.After.ID)
	}
	rows, err := s.query(ctx, recoveries(where)+after+`
		ORDER BY r.resolved DESC, d.id DESC
		LIMIT ?`, append(args, f.Limit)...)
	list, err := collect(rows, err, scanRecovery)
	if err != nil {
		return nil, fmt.Errorf("recoveries: %w", err)
	}
	return list, nil
}
