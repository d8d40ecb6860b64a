package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/tx"
)

// sealBatch is how many events are sealed in one transaction.
const sealBatch = 500

// eventColumns must match scanEvent.
const eventColumns = `id, type, actor, subject, owner, action, request, at, data, COALESCE(seq, 0), hash`

func scanEvent(row scanner) (event.Sealed, error) {
	var e event.Sealed
	var at, data string
	if err := row.Scan(&e.ID, &e.Type, &e.Actor, &e.Subject, &e.Owner, &e.Action, &e.Request, &at, &data, &e.Seq, &e.Hash); err != nil {
		return e, err
	}
	e.Data = json.RawMessage(data)
	return e, runTimes([]string{at}, &e.At)
}

// SealEvents numbers and chains the events that have been committed since it
// was last called, in that order; events of one call go by their time. One
// copy of the server does it, the leader. It returns how many it sealed.
func (s *Store) SealEvents(ctx context.Context) (int, error) {
	total := 0
	for {
		var one int
		err := s.row(ctx, `SELECT 1 FROM events WHERE seq IS NULL LIMIT 1`).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		var n int
		err = s.Write(ctx, func(t tx.Tx) (err error) {
			n, err = s.sealSome(ctx, t)
			return err
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func (s *Store) sealSome(ctx context.Context, t tx.Tx) (int, error) {
	var seq int64
	var before string
	err := s.txRow(ctx, t, `SELECT seq, hash FROM events WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`).Scan(&seq, &before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	rows, err := s.txQuery(ctx, t, `SELECT `+eventColumns+` FROM events WHERE seq IS NULL ORDER BY at, id LIMIT ?`, sealBatch)
	list, err := collect(rows, err, scanEvent)
	if err != nil {
		return 0, err
	}
	for _, e := range list { // each hash needs the one before
		seq++
		before = event.Chain(before, seq, e.Event)
		if err := s.execOne(ctx, t, `UPDATE events SET seq = ?, hash = ? WHERE id = ? AND seq IS NULL`, seq, before, e.ID); err != nil {
			return 0, fmt.Errorf("seal event %s: %w", e.ID, err)
		}
	}
	return len(list), nil
}

// VerifyEvents walks the whole chain and says up to where it holds. It tells
// numbers and hashes only.
func (s *Store) VerifyEvents(ctx context.Context) (event.Verification, error) {
	var w event.Verifier
	var waiting, after int64
	if err := s.row(ctx, `SELECT COUNT(*) FROM events WHERE seq IS NULL`).Scan(&waiting); err != nil {
		return event.Verification{}, err
	}
	for {
		rows, err := s.query(ctx, `SELECT `+eventColumns+` FROM events WHERE seq > ? ORDER BY seq LIMIT 1000`, after)
		list, err := collect(rows, err, scanEvent)
		if err != nil {
			return event.Verification{}, err
		}
		for _, e := range list {
			if !w.Add(e) {
				return w.Result(waiting), nil
			}
			after = e.Seq
		}
		if len(list) == 0 {
			return w.Result(waiting), nil
		}
	}
}
