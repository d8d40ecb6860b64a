package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// repositoryColumns must match scanRepository.
const repositoryColumns = `owner, name, team, state, run, created_by, created_at, pushed_at`

func scanRepository(row scanner) (forge.Repository, error) {
	var r forge.Repository
	var created, pushed string
	err := row.Scan(&r.Owner, &r.Name, &r.Team, &r.State, &r.Run, &r.CreatedBy, &created, &pushed)
	if err != nil {
		return r, err
	}
	if r.CreatedAt, err = tx.Parse(created); err != nil {
		return r, err
	}
	r.PushedAt, err = tx.Parse(pushed)
	return r, err
}

// Repository returns a repository's record, forge.ErrNotFound if there is
// none. It names no secret and decides who may read, so it takes no viewer.
func (s *Store) Repository(ctx context.Context, owner, name string) (forge.Repository, error) {
	r, err := scanRepository(s.row(ctx, `
		SELECT `+repositoryColumns+`
		FROM repositories
		WHERE owner = ? AND name = ?`, owner, name))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("repository %s/%s: %w", owner, name, forge.ErrNotFound)
	}
	return r, err
}

// TxRepository is Repository inside t.
func (s *Store) TxRepository(ctx context.Context, t tx.Tx, owner, name string) (forge.Repository, error) {
	r, err := scanRepository(s.txRow(ctx, t, `
		SELECT `+repositoryColumns+`
		FROM repositories
		WHERE owner = ? AND name = ?`, owner, name))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("repository %s/%s: %w", owner, name, forge.ErrNotFound)
	}
	return r, err
}

// Repositories lists the repositories that have a commit, by owner and name.
// They are readable by everybody signed in.
func (s *Store) Repositories(ctx context.Context, v access.Viewer) ([]forge.Repository, error) {
	if !v.SignedIn() {
		return nil, nil
	}
	unhidden, args := s.unhiddenRepository(v)
	rows, err := s.query(ctx, `
		SELECT `+repositoryColumns+`
		FROM repositories
		WHERE state = 'ready'`+unhidden+`
		ORDER BY owner, name`, args...)
	return collect(rows, err, scanRepository)
}

// ReserveRepository records r as reserved by its run. A reservation whose run
// came to nothing is taken over. forge.ErrTaken when the name is in use.
func (s *Store) ReserveRepository(ctx context.Context, t tx.Tx, r forge.Repository) error {
	res, err := s.exec(ctx, t, `
		INSERT INTO repositories (`+repositoryColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, '')
		ON CONFLICT (owner, name) DO UPDATE
		SET team = excluded.team, run = excluded.run, created_by = excluded.created_by, created_at = excluded.created_at
		WHERE repositories.state = 'reserved'
		  AND EXISTS (SELECT 1 FROM scaffolds WHERE scaffolds.run = repositories.run AND scaffolds.state = 'ended')`,
		r.Owner, r.Name, r.Team, forge.Reserved, r.Run, r.CreatedBy, tx.Format(t.Now()))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("repository %s: %w", r.Slug(), forge.ErrTaken)
}

// ReadyRepository records that the run has published. forge.ErrTaken when the
// reservation is no longer the run's.
func (s *Store) ReadyRepository(ctx context.Context, t tx.Tx, owner, name, run string) error {
	err := s.execOne(ctx, t, `
		UPDATE repositories SET state = 'ready', pushed_at = ?
		WHERE owner = ? AND name = ? AND run = ?`, tx.Format(t.Now()), owner, name, run)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("repository %s/%s: %w", owner, name, forge.ErrTaken)
	}
	return err
}

// TouchRepository records a push.
func (s *Store) TouchRepository(ctx context.Context, t tx.Tx, owner, name string) error {
	_, err := s.exec(ctx, t, `
		UPDATE repositories SET pushed_at = ?, state = 'ready'
		WHERE owner = ? AND name = ?`, tx.Format(t.Now()), owner, name)
	return err
}
