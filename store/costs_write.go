package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// costChunk is how many roll-up rows one statement writes.
const costChunk = 200

// SaveImport implements cost.Store. Another currency than that of the imports
// so far is fault Conflict.
func (s *Store) SaveImport(ctx context.Context, t tx.Tx, i cost.Import, cells []cost.Cell, sums []cost.Sum) error {
	if err := s.checkCurrency(ctx, t, i); err != nil {
		return err
	}
	if err := s.replaceImport(ctx, t, i); err != nil {
		return err
	}
	warnings, err := json.Marshal(i.Warnings)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO cost_imports (`+costImportColumns+`)
		VALUES (`+marks(17)+`)`,
		i.ID, i.Source, i.Period, i.Name, i.Hash, i.Rows, i.Currency, flag(i.HasList), i.Amounts.Billed.String(),
		i.Amounts.Effective.String(), i.Amounts.List.String(), string(warnings), i.FirstDay, i.LastDay, i.Actor,
		tx.Format(i.At), "")
	if err != nil {
		return fmt.Errorf("import %s %s: %w", i.Source, i.Period, err)
	}
	if err := s.insertCells(ctx, t, i.ID, cells); err != nil {
		return err
	}
	return s.insertSums(ctx, t, i.ID, sums)
}

func (s *Store) checkCurrency(ctx context.Context, t tx.Tx, i cost.Import) error {
	var other int64
	err := s.txRow(ctx, t, `
		SELECT COUNT(*)
		FROM cost_imports
		WHERE replaced_at = '' AND currency <> ? AND NOT (source = ? AND period = ?)`,
		i.Currency, i.Source, i.Period).Scan(&other)
	if err != nil {
		return fmt.Errorf("currency of bills: %w", err)
	}
	if other > 0 {
		return fault.New(fault.Conflict, "The bills so far are in another currency. Nothing was imported.")
	}
	return nil
}

// replaceImport takes the current import of the same source and period out of
// the roll-ups; its row stays as history.
func (s *Store) replaceImport(ctx context.Context, t tx.Tx, i cost.Import) error {
	const current = `(SELECT id FROM cost_imports WHERE source = ? AND period = ? AND replaced_at = '')`
	for _, table := range []string{"cost_cells", "cost_sums"} {
		if _, err := s.exec(ctx, t, `DELETE FROM `+table+` WHERE import_id IN `+current, i.Source, i.Period); err != nil {
			return fmt.Errorf("replace %s %s: %w", i.Source, i.Period, err)
		}
	}
	_, err := s.exec(ctx, t, `
		UPDATE cost_imports
		SET replaced_at = ?
		WHERE source = ? AND period = ? AND replaced_at = ''`, tx.Format(i.At), i.Source, i.Period)
	return err
}

func (s *Store) insertCells(ctx context.Context, t tx.Tx, importID string, cells []cost.Cell) error {
	const head = `INSERT INTO cost_cells (import_id, grain, bucket, team, service, environment, provider, service_name,
		account, charges, billed, effective, list) VALUES `
	return insertChunks(ctx, s, t, head, 13, cells, func(args []any, c cost.Cell) []any {
		return append(args, importID, string(c.Grain), c.Bucket, c.Place.Team, c.Place.Service, c.Place.Environment,
			c.Place.Provider, c.Place.ServiceName, c.Place.Account, c.Rows, c.Billed.String(), c.Effective.String(), c.List.String())
	})
}

func (s *Store) insertSums(ctx context.Context, t tx.Tx, importID string, sums []cost.Sum) error {
	const head = `INSERT INTO cost_sums (dimension, grain, bucket, item, import_id, billed, effective, list) VALUES `
	return insertChunks(ctx, s, t, head, 8, sums, func(args []any, c cost.Sum) []any {
		return append(args, c.Dimension, string(c.Grain), c.Bucket, c.Key, importID, c.Billed.String(), c.Effective.String(), c.List.String())
	})
}

// insertChunks writes rows of n columns, costChunk of them a statement.
func insertChunks[T any](ctx context.Context, s *Store, t tx.Tx, head string, n int, rows []T, add func([]any, T) []any) error {
	one := "(" + marks(n) + ")"
	full, err := t.SQL().PrepareContext(ctx, s.rebind(head+strings.Repeat(one+", ", costChunk-1)+one))
	if err != nil {
		return err
	}
	defer full.Close()
	args := make([]any, 0, n*costChunk)
	for len(rows) >= costChunk {
		args = args[:0]
		for _, r := range rows[:costChunk] {
			args = add(args, r)
		}
		if _, err := full.ExecContext(ctx, args...); err != nil {
			return err
		}
		rows = rows[costChunk:]
	}
	for _, r := range rows {
		if _, err := s.exec(ctx, t, head+one, add(args[:0], r)...); err != nil {
			return err
		}
	}
	return nil
}

// SetBudget implements cost.Store.
func (s *Store) SetBudget(ctx context.Context, t tx.Tx, b cost.Budget) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO budgets (team, monthly, currency, actor, at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (team) DO UPDATE
		SET monthly = excluded.monthly, currency = excluded.currency, actor = excluded.actor, at = excluded.at`,
		b.Team, b.Monthly.String(), b.Currency, b.Actor, tx.Format(b.At))
	return err
}
