package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// upgradeColumns must match scanUpgrade.
const upgradeColumns = `id, base, template, team, from_version, to_version, to_seq, to_digest, answers, state, run, bulk, branch, commit_hash, url, number,
	report, by_actor, created_at, ended_at`

func scanUpgrade(r scanner) (fleet.Upgrade, error) {
	var u fleet.Upgrade
	var answers, report, created, ended string
	err := r.Scan(&u.ID, &u.Base, &u.Template, &u.Team, &u.From, &u.To, &u.ToSeq, &u.ToDigest, &answers, &u.State, &u.Run, &u.Bulk, &u.Branch, &u.Commit, &u.URL, &u.Number,
		&report, &u.By, &created, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return u, fleet.ErrNoUpgrade.Because(err)
	}
	if err != nil {
		return u, err
	}
	u.Answers = json.RawMessage(answers)
	if report != "" {
		if err := json.Unmarshal([]byte(report), &u.Report); err != nil {
			return u, err
		}
	}
	return u, parseTimes(at(created, &u.CreatedAt), at(ended, &u.EndedAt))
}

// CreateUpgrade records an upgrade that begins, to a version that is kept by
// now; fleet.ErrUpgrading when one of
// the same service runs or is open.
func (s *Store) CreateUpgrade(ctx context.Context, t tx.Tx, u fleet.Upgrade) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO service_upgrades (`+upgradeColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, COALESCE((SELECT seq FROM template_versions WHERE template = ? AND version = ?), 0), ?, ?, 'running', ?, ?, '', '', '', 0, '', ?, ?, '')`,
		u.ID, u.Base, u.Template, u.Team, u.From, u.To, u.Template, u.To, u.ToDigest, string(u.Answers), u.Run, u.Bulk, u.By, tx.Format(t.Now()))
	return upgrading(u.Base, err)
}

func upgrading(base string, err error) error {
	if isUnique(err) {
		return fmt.Errorf("upgrade of %s: %w", base, fleet.ErrUpgrading.Because(err))
	}
	return err
}

// ReclaimUpgrade takes a failed upgrade up again for a run that is tried again.
func (s *Store) ReclaimUpgrade(ctx context.Context, t tx.Tx, run string) error {
	_, err := s.exec(ctx, t, `
		UPDATE service_upgrades SET state = 'running', ended_at = ''
		WHERE run = ? AND state = 'failed'`, run)
	return upgrading("run "+run, err)
}

// OpenUpgrade records the branch that an upgrade has made, and the base that
// the service will have once it is merged.
func (s *Store) OpenUpgrade(ctx context.Context, t tx.Tx, u fleet.Upgrade, files []forge.File) error {
	report, err := json.Marshal(u.Report)
	if err != nil {
		return err
	}
	manifest, block, err := packed(files)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO service_upgrade_files (upgrade, manifest, files) VALUES (?, ?, ?)
		ON CONFLICT (upgrade) DO UPDATE SET manifest = excluded.manifest, files = excluded.files`, u.ID, manifest, block)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		UPDATE service_upgrades SET state = 'open', branch = ?, commit_hash = ?, url = ?, number = ?, report = ?
		WHERE id = ? AND state = 'running'`, u.Branch, u.Commit, u.URL, u.Number, string(report), u.ID)
	return err
}

// SettleUpgrade ends an upgrade that is open or runs. Merged makes its files
// the service's base, and so does Nothing, where they are the same.
// fleet.ErrSettled when it is over already.
func (s *Store) SettleUpgrade(ctx context.Context, t tx.Tx, u fleet.Upgrade, to fleet.UpgradeState) error {
	err := s.execOne(ctx, t, `
		UPDATE service_upgrades SET state = ?, ended_at = ?
		WHERE id = ? AND state IN ('running', 'open')`, string(to), tx.Format(t.Now()), u.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("upgrade %s: %w", u.ID, fleet.ErrSettled)
	}
	if err != nil || to != fleet.Merged && to != fleet.Nothing {
		return err
	}
	return s.moveBase(ctx, t, u)
}

// moveBase brings a service to the version of its upgrade.
func (s *Store) moveBase(ctx context.Context, t tx.Tx, u fleet.Upgrade) error {
	_, err := s.exec(ctx, t, `
		UPDATE service_bases SET version = ?, seq = ?, digest = ?, answers = ?, upgraded_at = ?, drift = -1, drift_commit = ''
		WHERE id = ?`, u.To, u.ToSeq, u.ToDigest, string(u.Answers), tx.Format(t.Now()), u.Base)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		UPDATE service_base_files
		SET manifest = (SELECT f.manifest FROM service_upgrade_files f WHERE f.upgrade = ?), files = (SELECT f.files FROM service_upgrade_files f WHERE f.upgrade = ?)
		WHERE base = ? AND EXISTS (SELECT 1 FROM service_upgrade_files f WHERE f.upgrade = ?)`, u.ID, u.ID, u.Base, u.ID)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, t, `DELETE FROM service_upgrade_files WHERE upgrade = ?`, u.ID); err != nil {
		return err
	}
	return s.countBehind(ctx, t, u.Template, u.Base)
}

// FailUpgrade records that the run of an upgrade came to nothing.
func (s *Store) FailUpgrade(ctx context.Context, t tx.Tx, run string) error {
	_, err := s.exec(ctx, t, `
		UPDATE service_upgrades SET state = 'failed', ended_at = ?
		WHERE run = ? AND state = 'running'`, tx.Format(t.Now()), run)
	return err
}

// Upgrade returns one upgrade, fleet.ErrNoUpgrade if there is none or its
// service is hidden from v. Answers and run are the owning group's.
func (s *Store) Upgrade(ctx context.Context, v access.Viewer, id string) (fleet.Upgrade, error) {
	return s.upgrade(ctx, v, `id = ?`, id)
}

// UpgradeOf returns the upgrade that a run makes.
func (s *Store) UpgradeOf(ctx context.Context, v access.Viewer, run string) (fleet.Upgrade, error) {
	return s.upgrade(ctx, v, `run = ?`, run)
}

func (s *Store) upgrade(ctx context.Context, v access.Viewer, cond, arg string) (fleet.Upgrade, error) {
	list, err := s.upgrades(ctx, v, cond+` LIMIT 1`, arg)
	if err == nil && len(list) == 0 {
		return fleet.Upgrade{}, fmt.Errorf("upgrade %s: %w", arg, fleet.ErrNoUpgrade)
	}
	if err != nil {
		return fleet.Upgrade{}, err
	}
	return list[0], nil
}

// maxUpgrades bounds lists of upgrades.
const maxUpgrades = 1000

// UpgradesOf lists the upgrades of a service, newest first.
func (s *Store) UpgradesOf(ctx context.Context, v access.Viewer, base string) ([]fleet.Upgrade, error) {
	return s.upgrades(ctx, v, `base = ? ORDER BY created_at DESC, id DESC LIMIT ?`, base, maxUpgrades)
}

// UpgradesIn lists the upgrades that were started together.
func (s *Store) UpgradesIn(ctx context.Context, v access.Viewer, bulk string) ([]fleet.Upgrade, error) {
	return s.upgrades(ctx, v, `bulk = ? ORDER BY id LIMIT ?`, bulk, maxUpgrades)
}

// OpenUpgrades lists the upgrades that wait to be merged, of every service.
func (s *Store) OpenUpgrades(ctx context.Context, v access.Viewer) ([]fleet.Upgrade, error) {
	return s.upgrades(ctx, v, `state = 'open' ORDER BY id LIMIT ?`, maxUpgrades)
}

func (s *Store) upgrades(ctx context.Context, v access.Viewer, cond string, args ...any) ([]fleet.Upgrade, error) {
	hidden, more := s.unhiddenService(v)
	rows, err := s.query(ctx, `
		SELECT `+upgradeColumns+`
		FROM service_upgrades
		WHERE EXISTS (SELECT 1 FROM service_bases WHERE service_bases.id = service_upgrades.base`+hidden+`) AND `+cond, append(more, args...)...)
	list, err := collect(rows, err, scanUpgrade)
	for i, u := range list {
		if !v.MayRead(u.Team) {
			list[i].Answers, list[i].Run, list[i].By = nil, "", ""
			list[i].Report.Log = nil
		}
	}
	return list, err
}
