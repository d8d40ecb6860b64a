package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Costs are open to everybody signed in; per-person cost is not kept. What
// belongs to a service, environment or team that is hidden from the viewer
// counts as unallocated, so that sums stay true and nothing is named.

// costImportColumns must match scanImport.
const costImportColumns = `id, source, period, name, hash, charges, currency, has_list, billed, effective, list, warnings,
	first_day, last_day, actor, at, replaced_at`

func scanImport(r scanner) (cost.Import, error) {
	var i cost.Import
	var hasList int64
	var warnings, at, replaced string
	err := r.Scan(&i.ID, &i.Source, &i.Period, &i.Name, &i.Hash, &i.Rows, &i.Currency, &hasList, &i.Amounts.Billed,
		&i.Amounts.Effective, &i.Amounts.List, &warnings, &i.FirstDay, &i.LastDay, &i.Actor, &at, &replaced)
	if err != nil {
		return i, err
	}
	i.HasList = hasList == 1
	if err := json.Unmarshal([]byte(warnings), &i.Warnings); err != nil {
		return i, fmt.Errorf("warnings of import %s: %w", i.ID, err)
	}
	if i.At, err = tx.Parse(at); err != nil {
		return i, err
	}
	i.ReplacedAt, err = tx.Parse(replaced)
	return i, err
}

// CostImports implements cost.Store.
func (s *Store) CostImports(ctx context.Context, v access.Viewer, limit int) ([]cost.Import, error) {
	rows, err := s.query(ctx, `
		SELECT `+costImportColumns+`
		FROM cost_imports
		ORDER BY at DESC, id DESC
		LIMIT ?`, limit)
	return collect(rows, err, scanImport)
}

// CostState implements cost.Store.
func (s *Store) CostState(ctx context.Context, v access.Viewer) (cost.State, error) {
	var st cost.State
	var hasList int64
	err := s.row(ctx, `
		SELECT COALESCE(MIN(currency), ''), COALESCE(MIN(first_day), ''), COALESCE(MAX(last_day), ''),
			CAST(COALESCE(SUM(charges), 0) AS BIGINT), COALESCE(MAX(has_list), 0), (SELECT COUNT(*) FROM cost_imports)
		FROM cost_imports
		WHERE replaced_at = ''`).Scan(&st.Currency, &st.FirstDay, &st.LastDay, &st.Rows, &hasList, &st.Imports)
	st.HasList = hasList == 1
	return st, err
}

// measureColumn is the column of a measure.
func measureColumn(m cost.Measure) string {
	switch m {
	case cost.Billed:
		return "billed"
	case cost.List:
		return "list"
	}
	return "effective"
}

// CostSums implements cost.Store.
func (s *Store) CostSums(ctx context.Context, v access.Viewer, dimension string, spans []cost.Span, m cost.Measure) ([]cost.Line, error) {
	var out []cost.Line
	for _, span := range spans {
		rows, err := s.query(ctx, `
			SELECT bucket, item, `+measureColumn(m)+`
			FROM cost_sums
			WHERE dimension = ? AND grain = ? AND bucket >= ? AND bucket < ?
			ORDER BY bucket, item`,
			dimension, string(span.Grain), span.From, span.To)
		lines, err := collect(rows, err, scanLine)
		if err != nil {
			return nil, fmt.Errorf("costs by %s: %w", dimension, err)
		}
		out = append(out, lines...)
	}
	return out, s.hideLines(ctx, v, out)
}

// cellColumn is the column of a cost group in cost_cells.
func cellColumn(group string) string {
	switch group {
	case cost.DimTeam, cost.DimService, cost.DimEnvironment, cost.DimProvider:
		return group
	case cost.DimServiceName:
		return "service_name"
	}
	return "''" // by time: the bucket is the key
}

// CostCells implements cost.Store.
func (s *Store) CostCells(ctx context.Context, v access.Viewer, q cost.Query, spans []cost.Span) ([]cost.Line, error) {
	where, narrow := []string{"grain = ?", "bucket >= ?", "bucket < ?"}, []any{}
	if q.Team != "" {
		where, narrow = append(where, "team = ?"), append(narrow, stored(q.Team))
	}
	if q.Service != "" {
		where, narrow = append(where, "service = ?"), append(narrow, stored(q.Service))
	}
	if hidden, err := s.hiddenOf(ctx, v, []string{q.Service, q.Team}); err != nil || len(hidden) > 0 {
		return nil, err
	}
	var out []cost.Line
	for _, span := range spans {
		rows, err := s.query(ctx, `
			SELECT bucket, `+cellColumn(q.Group)+`, `+measureColumn(q.Measure)+`
			FROM cost_cells
			WHERE `+strings.Join(where, " AND "),
			append([]any{string(span.Grain), span.From, span.To}, narrow...)...)
		lines, err := collect(rows, err, scanLine)
		if err != nil {
			return nil, fmt.Errorf("costs of %s%s: %w", q.Team, q.Service, err)
		}
		for i := range lines {
			if lines[i].Key == "" && cellColumn(q.Group) != "''" {
				lines[i].Key = cost.Unallocated
			}
		}
		out = append(out, lines...)
	}
	return out, s.hideLines(ctx, v, out)
}

// stored is how a key stands in cost_cells: what nobody owns is empty there.
func stored(key string) string {
	if key == cost.Unallocated {
		return ""
	}
	return key
}

func scanLine(r scanner) (cost.Line, error) {
	var l cost.Line
	var amount string
	if err := r.Scan(&l.Bucket, &l.Key, &amount); err != nil {
		return l, err
	}
	var err error
	l.Amount, err = decimal.NewFromString(amount)
	return l, err
}

// Budgets implements cost.Store.
func (s *Store) Budgets(ctx context.Context, v access.Viewer) (map[string]cost.Budget, error) {
	unhidden, args := unhidden("budgets.team", s.hiddenFrom(v))
	rows, err := s.query(ctx, `
		SELECT team, monthly, currency, actor, at
		FROM budgets
		WHERE 1 = 1`+unhidden+`
		ORDER BY team`, args...)
	list, err := collect(rows, err, func(r scanner) (cost.Budget, error) {
		var b cost.Budget
		var at string
		if err := r.Scan(&b.Team, &b.Monthly, &b.Currency, &b.Actor, &at); err != nil {
			return b, err
		}
		var err error
		b.At, err = tx.Parse(at)
		return b, err
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]cost.Budget, len(list))
	for _, b := range list {
		out[b.Team] = b
	}
	return out, nil
}
