package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// moment is one state of the database that several reads see.
type moment struct {
	store  *Store
	tx     *sql.Tx
	mu     sync.Mutex
	missed []string // statements that were not kept yet
}

type momentKey struct{}

// atOnce runs f with a context under which all reads of this store see the
// database at one moment, whatever is written meanwhile. It costs two short
// statements; a single query needs it not. It may be nested: the outer moment
// holds. The reads of one moment follow one another on one connection, so f
// must close the rows of one query before the next.
func (s *Store) atOnce(ctx context.Context, f func(context.Context) error) error {
	if s.momentOf(ctx) != nil {
		return f(ctx)
	}
	o := &sql.TxOptions{ReadOnly: true}
	if s.dialect == postgres {
		o.Isolation = sql.LevelRepeatableRead
	}
	t, err := s.read.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	m := &moment{store: s, tx: t}
	err = f(context.WithValue(ctx, momentKey{}, m))
	t.Rollback() // nothing was written
	// Preparing takes a connection of the pool: not while this one is held.
	for _, q := range m.missed {
		if _, prepared := s.stmts.get(ctx, s.read, q); prepared != nil {
			break // it is only slower the next time
		}
	}
	return err
}

func (s *Store) momentOf(ctx context.Context) *moment {
	m, _ := ctx.Value(momentKey{}).(*moment)
	if m == nil || m.store != s {
		return nil
	}
	return m
}

func (m *moment) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if st := m.store.stmts.have(query); st != nil {
		return m.tx.StmtContext(ctx, st).QueryContext(ctx, args...)
	}
	m.miss(query)
	return m.tx.QueryContext(ctx, query, args...)
}

func (m *moment) row(ctx context.Context, query string, args []any) scanner {
	if st := m.store.stmts.have(query); st != nil {
		return m.tx.StmtContext(ctx, st).QueryRowContext(ctx, args...)
	}
	m.miss(query)
	return m.tx.QueryRowContext(ctx, query, args...)
}

func (m *moment) miss(query string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.missed = append(m.missed, query)
}
