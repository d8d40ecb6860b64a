package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"github.com/waymark-portal/waymark/internal/tx"
)

// exec runs a statement in t, with `?` arguments on both databases.
func (s *Store) exec(ctx context.Context, t tx.Tx, query string, args ...any) (sql.Result, error) {
	return t.SQL().ExecContext(ctx, s.rebind(query), s.storable(args)...)
}

// execOne is exec for a statement that must change exactly one row; none is
// sql.ErrNoRows.
func (s *Store) execOne(ctx context.Context, t tx.Tx, query string, args ...any) error {
	res, err := s.exec(ctx, t, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return sql.ErrNoRows
}

// txQuery reads rows inside t.
func (s *Store) txQuery(ctx context.Context, t tx.Tx, query string, args ...any) (*sql.Rows, error) {
	return t.SQL().QueryContext(ctx, s.rebind(query), s.storable(args)...)
}

// txRow reads one row inside t.
func (s *Store) txRow(ctx context.Context, t tx.Tx, query string, args ...any) *sql.Row {
	return t.SQL().QueryRowContext(ctx, s.rebind(query), s.storable(args)...)
}

// query reads rows outside a transaction through a prepared statement that
// is kept, so query must come from a bounded set of texts: build it from
// constants, never from values. Inside atOnce it reads at that moment.
func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if m := s.momentOf(ctx); m != nil {
		return m.query(ctx, s.rebind(query), s.storable(args))
	}
	st, err := s.stmts.get(ctx, s.read, s.rebind(query))
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, s.storable(args)...)
}

// row reads one row outside a transaction; see query.
func (s *Store) row(ctx context.Context, query string, args ...any) scanner {
	if m := s.momentOf(ctx); m != nil {
		return m.row(ctx, s.rebind(query), s.storable(args))
	}
	st, err := s.stmts.get(ctx, s.read, s.rebind(query))
	if err != nil {
		return failed{err}
	}
	return st.QueryRowContext(ctx, s.storable(args)...)
}

// scanner is a row, of one or of many.
type scanner interface{ Scan(dest ...any) error }

type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// collect reads all rows with scan and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// marks returns n question marks with commas, for IN.
func marks(n int) string {
	if n == 0 {
		return "NULL" // IN (NULL) matches nothing
	}
	return strings.Repeat("?, ", n-1) + "?"
}

// anys turns values into arguments.
func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// maxStatements bounds the kept statements; beyond it they are thrown away
// together, which only costs preparing again.
const maxStatements = 512

// statements keeps prepared statements by their text.
type statements struct {
	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

// have returns a statement that is kept, or nil.
func (s *statements) have(query string) *sql.Stmt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.kept[query]
}

func (s *statements) get(ctx context.Context, db *sql.DB, query string) (*sql.Stmt, error) {
	if st := s.have(query); st != nil {
		return st, nil
	}
	// The statement outlives this request, so its context must not bind it.
	st, err := db.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.kept[query]; old != nil {
		st.Close()
		return old, nil
	}
	if s.kept == nil || len(s.kept) >= maxStatements {
		s.kept = map[string]*sql.Stmt{} // the old ones close when collected with the pool
	}
	s.kept[query] = st
	return st, nil
}

func (s *statements) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.kept {
		st.Close()
	}
	s.kept = nil
}
