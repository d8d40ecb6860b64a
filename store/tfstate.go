package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
)

// State returns the newest state of an environment, sealed as it was given;
// terraform.ErrNoState if there is none, or none that v may read.
func (s *Store) State(ctx context.Context, v access.Viewer, environment string) (terraform.State, error) {
	var st terraform.State
	var sealed, owner string
	unhidden, args := s.unhiddenEnvironment(v, "e")
	err := s.row(ctx, `
		SELECT t.serial, t.lineage, t.sealed, e.owner
		FROM tf_states t JOIN environments e ON e.id = t.environment
		WHERE t.environment = ?`+unhidden+`
		ORDER BY t.serial DESC
		LIMIT 1`, append([]any{environment}, args...)...).Scan(&st.Serial, &st.Lineage, &sealed, &owner)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !v.MayRead(owner)) {
		return terraform.State{}, terraform.ErrNoState
	}
	if err != nil {
		return st, err
	}
	st.Body, err = base64.StdEncoding.DecodeString(sealed)
	return st, err
}

// PutState adds a version. It returns terraform.ErrNotOwner unless lock is
// held, and terraform.ErrStale unless the lineage is that of the versions
// before and the serial is greater.
func (s *Store) PutState(ctx context.Context, t tx.Tx, environment string, r run.ID, lock string, st terraform.State) error {
	var held string
	err := s.txRow(ctx, t, `SELECT lock_id FROM tf_locks WHERE environment = ?`, environment).Scan(&held)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && held != lock) {
		return fmt.Errorf("state of %s: %w", environment, terraform.ErrNotOwner)
	}
	if err != nil {
		return err
	}
	var serial int64
	var lineage string
	err = s.txRow(ctx, t, `SELECT serial, lineage FROM tf_states WHERE environment = ? ORDER BY serial DESC LIMIT 1`, environment).Scan(&serial, &lineage)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case lineage != st.Lineage || st.Serial <= serial:
		return fmt.Errorf("state of %s, serial %d after %d: %w", environment, st.Serial, serial, terraform.ErrStale)
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO tf_states (environment, serial, lineage, run, sealed, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		environment, st.Serial, st.Lineage, r, base64.StdEncoding.EncodeToString(st.Body), tx.Format(t.Now()))
	return err
}

// LockState takes the lock of an environment's state. When it is held, the
// holder is returned with terraform.ErrLocked.
func (s *Store) LockState(ctx context.Context, t tx.Tx, environment string, r run.ID, l terraform.Lock) (terraform.Lock, error) {
	info, err := json.Marshal(l)
	if err != nil {
		return l, err
	}
	res, err := s.exec(ctx, t, `
		INSERT INTO tf_locks (environment, lock_id, run, info, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (environment) DO NOTHING`, environment, l.ID, r, string(info), tx.Format(t.Now()))
	if err != nil {
		return l, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return l, err
	}
	holder, _, err := s.lockHolder(ctx, t, environment)
	if err != nil {
		return l, err
	}
	if holder.ID == l.ID { // the engine repeats what it did not hear the answer to
		return holder, nil
	}
	return holder, terraform.ErrLocked
}

func (s *Store) lockHolder(ctx context.Context, t tx.Tx, environment string) (terraform.Lock, bool, error) {
	var l terraform.Lock
	var info string
	err := s.txRow(ctx, t, `SELECT info FROM tf_locks WHERE environment = ?`, environment).Scan(&info)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, err
	}
	return l, true, json.Unmarshal([]byte(info), &l)
}

// UnlockState gives the lock back; terraform.ErrNotOwner when id does not hold
// it. Giving back what nobody holds is fine: an engine repeats what it did not
// hear the answer to.
func (s *Store) UnlockState(ctx context.Context, t tx.Tx, environment, id string) error {
	res, err := s.exec(ctx, t, `DELETE FROM tf_locks WHERE environment = ? AND lock_id = ?`, environment, id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	if _, held, err := s.lockHolder(ctx, t, environment); err != nil || !held {
		return err
	}
	return fmt.Errorf("lock of %s: %w", environment, terraform.ErrNotOwner)
}

// BreakLock takes the lock from whoever holds it and says who that was; false
// when nobody did.
func (s *Store) BreakLock(ctx context.Context, t tx.Tx, environment string) (terraform.Lock, bool, error) {
	l, held, err := s.lockHolder(ctx, t, environment)
	if err != nil || !held {
		return l, false, err
	}
	_, err = s.exec(ctx, t, `DELETE FROM tf_locks WHERE environment = ?`, environment)
	return l, true, err
}
