package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// serviceColumns must match scanService.
const serviceColumns = `service_bases.id, host, repository, service_bases.template, name, entity, service_bases.team, service_bases.branch, version, seq, digest, service_bases.run,
	service_bases.by_actor, service_bases.answers, made_at, upgraded_at, behind, behind_since, drift, drift_files, drift_commit, drift_at,
	COALESCE(u.id, ''), COALESCE(u.state, ''), COALESCE(u.to_version, ''), COALESCE(u.run, ''), COALESCE(u.url, '')`

// serviceFrom is where they stand.
const serviceFrom = `service_bases LEFT JOIN service_upgrades u ON u.base = service_bases.id AND u.state IN ('running', 'open')`

func scanService(r scanner) (fleet.Service, error) {
	var s fleet.Service
	var answers, made, upgraded, since, files, counted string
	err := r.Scan(&s.ID, &s.Host, &s.Repository, &s.Template, &s.Name, &s.Entity, &s.Team, &s.Branch, &s.Version, &s.Seq, &s.Digest, &s.Run,
		&s.By, &answers, &made, &upgraded, &s.Behind, &since, &s.Drift, &files, &s.DriftCommit, &counted,
		&s.Upgrade.ID, &s.Upgrade.State, &s.Upgrade.To, &s.Upgrade.Run, &s.Upgrade.URL)
	if err != nil {
		return s, err
	}
	s.Answers = json.RawMessage(answers)
	if files != "" {
		if err := json.Unmarshal([]byte(files), &s.DriftFiles); err != nil {
			return s, err
		}
	}
	return s, parseTimes(at(made, &s.MadeAt), at(upgraded, &s.UpgradedAt), at(since, &s.BehindSince), at(counted, &s.DriftAt))
}

// forReader leaves out what only the owning group may read.
func forReader(v access.Viewer, s fleet.Service) fleet.Service {
	if !v.MayRead(s.Team) {
		s.Answers, s.By, s.Run, s.Upgrade.Run = nil, "", "", ""
	}
	return s
}

// KeepBase implements scaffold.Bases.
func (s *Store) KeepBase(ctx context.Context, t tx.Tx, b scaffold.Base) error {
	var seq int
	err := s.txRow(ctx, t, `SELECT seq FROM template_versions WHERE template = ? AND version = ?`, b.Template, b.Version).Scan(&seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	now := tx.Format(t.Now())
	var key string
	err = s.txRow(ctx, t, `
		INSERT INTO service_bases (id, host, repository, template, name, entity, team, branch, version, seq, digest, run, by_actor, answers,
			made_at, upgraded_at, behind, behind_since, drift, drift_files, drift_commit, drift_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, '', 0, '', ?, ?)
		ON CONFLICT (host, repository, template) DO UPDATE
		SET name = excluded.name, entity = excluded.entity, team = excluded.team, branch = excluded.branch, version = excluded.version, seq = excluded.seq,
			digest = excluded.digest, run = excluded.run, by_actor = excluded.by_actor, answers = excluded.answers, behind = 0, behind_since = '',
			drift = 0, drift_files = '', drift_commit = excluded.drift_commit, drift_at = excluded.drift_at
		RETURNING id`,
		id.New("svc"), b.Host, b.Repository, b.Template, nameOf(b.Entity, b.Repository), b.Entity, b.Team, b.Branch, b.Version, seq, b.Digest, b.Run, b.By, string(b.Answers),
		now, b.Commit, now).Scan(&key)
	if err != nil {
		return fmt.Errorf("base of %s/%s: %w", b.Host, b.Repository, err)
	}
	if b.Entity != "" { // it was adopted before, without a base
		if _, err := s.exec(ctx, t, `DELETE FROM service_bases WHERE entity = ? AND behind < 0`, b.Entity); err != nil {
			return err
		}
	}
	manifest, files, err := packed(b.Files)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO service_base_files (base, manifest, files) VALUES (?, ?, ?)
		ON CONFLICT (base) DO UPDATE SET manifest = excluded.manifest, files = excluded.files`, key, manifest, files)
	if err != nil {
		return fmt.Errorf("base of %s/%s: %w", b.Host, b.Repository, err)
	}
	return s.countBehind(ctx, t, b.Template, key)
}

// DropBase implements scaffold.Bases.
func (s *Store) DropBase(ctx context.Context, t tx.Tx, run string) error {
	_, err := s.exec(ctx, t, `DELETE FROM service_bases WHERE run = ? AND upgraded_at = ''`, run)
	return err
}

func packed(files []forge.File) (manifest, block []byte, err error) {
	if manifest, err = forge.PackEntries(forge.EntriesOf(files)); err != nil {
		return nil, nil, err
	}
	block, err = forge.Pack(files)
	return manifest, block, err
}

func nameOf(entity, repository string) string {
	if ref, err := catalog.ParseRef(entity, "component", ""); err == nil && entity != "" {
		return ref.Name
	}
	return path.Base(repository)
}

// unhiddenService is the condition that neither a service nor its template is
// hidden from v.
func (s *Store) unhiddenService(v access.Viewer) (string, []any) {
	mask := s.hiddenFrom(v)
	entity, args := unhidden("service_bases.entity", mask)
	template, more := unhidden("service_bases.template", mask)
	return entity + template, append(args, more...)
}

// fleetWhere is a query as a condition.
func (s *Store) fleetWhere(v access.Viewer, q fleet.Query) (string, []any) {
	where, args := s.unhiddenService(v)
	where = `1 = 1` + where
	add := func(cond string, more ...any) { where, args = where+` AND `+cond, append(args, more...) }
	if q.Template != "" {
		add(`service_bases.template = ?`, q.Template)
	}
	if q.Team != "" {
		add(`service_bases.team = ?`, q.Team)
	}
	if q.Text != "" {
		add(`LOWER(name) LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(q.Text))+"%")
	}
	switch q.State {
	case fleet.Behind:
		add(`behind > 0`)
	case fleet.UpToDate:
		add(`behind = 0`)
	case fleet.HasDrift:
		add(`drift > 0`)
	case fleet.Untouched:
		add(`drift = 0 AND behind >= 0`)
	case fleet.NoBase:
		add(`behind < 0`)
	case fleet.Upgrading:
		add(`u.id IS NOT NULL`)
	}
	return where, args
}

// Fleet lists services in the order of the query.
func (s *Store) Fleet(ctx context.Context, v access.Viewer, q fleet.Query) (fleet.Page, error) {
	where, args := s.fleetWhere(v, q)
	order := `behind DESC, name, service_bases.id`
	column := "behind"
	switch q.Sort {
	case fleet.ByDrift:
		order, column = `drift DESC, name, service_bases.id`, "drift"
	case fleet.ByName:
		order, column = `name, service_bases.id`, ""
	}
	if q.After != "" {
		n, name, key, err := fleetCursor(q.After)
		if err != nil {
			return fleet.Page{}, err
		}
		if column == "" {
			where, args = where+` AND (name, service_bases.id) > (?, ?)`, append(args, name, key)
		} else {
			where, args = where+` AND `+column+` <= ? AND (`+column+` < ? OR (name, service_bases.id) > (?, ?))`, append(args, n, n, name, key)
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 1000)
	rows, err := s.query(ctx, `
		SELECT `+serviceColumns+`
		FROM `+serviceFrom+`
		WHERE `+where+`
		ORDER BY `+order+`
		LIMIT ?`, append(args, limit+1)...)
	list, err := collect(rows, err, scanService)
	if err != nil {
		return fleet.Page{}, err
	}
	var p fleet.Page
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		n := last.Behind
		if column == "drift" {
			n = last.Drift
		}
		p.Next = strconv.Itoa(n) + "/" + last.ID + "/" + last.Name
	}
	for i := range list {
		list[i] = forReader(v, list[i])
	}
	p.Items = list
	return p, nil
}

func fleetCursor(text string) (n int, name, key string, err error) {
	parts := strings.SplitN(text, "/", 3)
	if len(parts) == 3 {
		n, err = strconv.Atoi(parts[0])
	}
	if len(parts) != 3 || err != nil {
		return 0, "", "", fault.InvalidField("after", "cursor", "This is not the end of a page.")
	}
	return n, parts[2], parts[1], nil
}

// FleetCounts counts services by template, under the conditions of the query.
func (s *Store) FleetCounts(ctx context.Context, v access.Viewer, q fleet.Query) ([]fleet.Count, error) {
	q.State = ""
	where, args := s.fleetWhere(v, q)
	rows, err := s.query(ctx, `
		SELECT template, COUNT(*), SUM(CASE WHEN behind > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN behind = 0 THEN 1 ELSE 0 END),
			SUM(CASE WHEN drift > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN drift = 0 AND behind >= 0 THEN 1 ELSE 0 END), SUM(CASE WHEN behind < 0 THEN 1 ELSE 0 END)
		FROM service_bases
		WHERE `+where+`
		GROUP BY template
		ORDER BY template`, args...)
	return collect(rows, err, func(r scanner) (c fleet.Count, err error) {
		return c, r.Scan(&c.Template, &c.All, &c.Behind, &c.Current, &c.Drifted, &c.Untouched, &c.Unknown)
	})
}

// FleetTeams lists the teams that have services, at most 500.
func (s *Store) FleetTeams(ctx context.Context, v access.Viewer) ([]string, error) {
	where, args := s.unhiddenService(v)
	rows, err := s.query(ctx, `
		SELECT DISTINCT team
		FROM service_bases
		WHERE team <> ''`+where+`
		ORDER BY team
		LIMIT 500`, args...)
	return collect(rows, err, scanText)
}

// Service returns one service, fleet.ErrNotFound if there is none or it is
// hidden from v.
func (s *Store) Service(ctx context.Context, v access.Viewer, id string) (fleet.Service, error) {
	list, err := s.services(ctx, v, `service_bases.id = ?`, id)
	if err == nil && len(list) == 0 {
		return fleet.Service{}, fmt.Errorf("service %s: %w", id, fleet.ErrNotFound)
	}
	if err != nil {
		return fleet.Service{}, err
	}
	return list[0], nil
}

// ServicesOf lists what an entity was made from; none when it was not made
// from a template.
func (s *Store) ServicesOf(ctx context.Context, v access.Viewer, entity string) ([]fleet.Service, error) {
	return s.services(ctx, v, `entity = ?`, entity)
}

// ServicesIn lists services by id.
func (s *Store) ServicesIn(ctx context.Context, v access.Viewer, ids []string) ([]fleet.Service, error) {
	return s.services(ctx, v, s.inList("service_bases.id"), listArg(ids))
}

// ServicesAt lists what was made in a repository.
func (s *Store) ServicesAt(ctx context.Context, v access.Viewer, host, repository string) ([]fleet.Service, error) {
	return s.services(ctx, v, `host = ? AND repository = ?`, host, repository)
}

// StaleDrift lists services on hosts other than the embedded forge whose files
// were not compared for longest.
func (s *Store) StaleDrift(ctx context.Context, v access.Viewer, before string, limit int) ([]fleet.Service, error) {
	return s.services(ctx, v, `host <> 'waymark' AND behind >= 0 AND drift_at < ? ORDER BY drift_at, service_bases.id LIMIT ?`, before, limit)
}

func (s *Store) services(ctx context.Context, v access.Viewer, cond string, args ...any) ([]fleet.Service, error) {
	hidden, more := s.unhiddenService(v)
	rows, err := s.query(ctx, `
		SELECT `+serviceColumns+`
		FROM `+serviceFrom+`
		WHERE 1 = 1`+hidden+` AND `+cond, append(more, args...)...)
	list, err := collect(rows, err, scanService)
	for i := range list {
		list[i] = forReader(v, list[i])
	}
	return list, err
}

// BaseEntries is the base of a service without content. It is for counting
// drift, which shows names of files only, to who sees the service.
func (s *Store) BaseEntries(ctx context.Context, _ access.Viewer, id string) ([]forge.Entry, error) {
	var block []byte
	err := s.row(ctx, `SELECT manifest FROM service_base_files WHERE base = ?`, id).Scan(&block)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("base of %s: %w", id, fleet.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return forge.UnpackEntries(block)
}

// BaseFiles is the base of a service, as its template rendered it.
func (s *Store) BaseFiles(ctx context.Context, _ access.Viewer, id string) ([]forge.File, error) {
	var block []byte
	err := s.row(ctx, `SELECT files FROM service_base_files WHERE base = ?`, id).Scan(&block)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("base of %s: %w", id, fleet.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return forge.Unpack(block)
}

// SetDrift records how far a service is from its base.
func (s *Store) SetDrift(ctx context.Context, t tx.Tx, id string, n int, some []fleet.Drifted, commit string) error {
	text := ""
	if len(some) > 0 {
		b, err := json.Marshal(some)
		if err != nil {
			return err
		}
		text = string(b)
	}
	_, err := s.exec(ctx, t, `
		UPDATE service_bases SET drift = ?, drift_files = ?, drift_commit = ?, drift_at = ?
		WHERE id = ?`, n, text, commit, tx.Format(t.Now()), id)
	return err
}
