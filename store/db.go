// Package store is SQL: the only place that writes it. It runs on SQLite
// (modernc, the default) and on PostgreSQL (pgx) with one dialect, `?`
// arguments rebound for the latter. It implements the ports that the engines
// declare and imports their types only.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/memo"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Store is the database with a method for each read and write, one file per
// aggregate. It is safe for concurrent use.
type Store struct {
	dialect  dialect
	read     *sql.DB // SQLite: a pool of readers; PostgreSQL: the same as write
	write    *sql.DB // SQLite: one connection
	stmts    statements
	catalog  catalogCache  // the list of entities, see catalog_index.go
	grown    grown         // see catalog_grown.go
	asked    foundCache    // what queries of the catalog API found, see catalog_found.go
	columns  columnCache   // fields kept to search in, see catalog_kept.go
	items    itemCache     // entities as answers hold them, see catalog_read.go
	problems problemTotals // how many problems there are, see catalog_problems.go
	troubled troubled      // which entities have problems, see catalog_marks.go
	hidden   visibleRules  // the visibility rules, see catalog_visible.go
	now      func() time.Time
	url      string
}

// Options say which database to open.
type Options struct {
	// URL is a postgres:// address or the path of a SQLite file.
	URL string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Open connects and checks that the database answers. It does not migrate.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{now: o.Now, url: o.URL}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if IsPostgresURL(o.URL) {
		err = s.openPostgres(o.URL)
	} else {
		err = s.openSQLite(o.URL)
	}
	if err != nil {
		return nil, err
	}
	if err := s.read.PingContext(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	s.stmts.close()
	err := s.write.Close()
	if s.read != s.write {
		err = s.read.Close()
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// IsPostgres reports whether the database is PostgreSQL.
func (s *Store) IsPostgres() bool { return s.dialect == postgres }

// WriteDB is the pool that writes, for River.
func (s *Store) WriteDB() *sql.DB { return s.write }

// Now is the store's clock in UTC, in whole microseconds.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Tx is a write transaction.
type Tx struct {
	tx  *sql.Tx
	now time.Time
}

// SQL implements tx.Tx.
func (t *Tx) SQL() *sql.Tx { return t.tx }

// Now implements tx.Tx.
func (t *Tx) Now() time.Time { return t.now }

// errFull is what people read when the disk is full.
var errFull = fault.New(fault.Unavailable, "The portal's disk is full, so this could not be saved. Nothing was changed; tell the platform team.")

// errBusy is what people read when another program holds the database.
var errBusy = fault.New(fault.Unavailable, "The portal's database is held by another program, so this could not be saved. Nothing was changed; try again in a moment.")

// writeTries bounds how often Write runs f again on a busy database.
const writeTries = 6

// Write implements tx.DB.
func (s *Store) Write(ctx context.Context, f func(tx.Tx) error) error {
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, f)
		if isFull(err) {
			return errFull.Because(err)
		}
		if err == nil || !isBusy(err) {
			return err
		}
		if try == writeTries {
			return errBusy.Because(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try*try) * 10 * time.Millisecond):
		}
	}
}

func (s *Store) writeOnce(ctx context.Context, f func(tx.Tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer t.Rollback() // after Commit it does nothing
	if err := f(&Tx{tx: t, now: s.Now()}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	memo.Forget(ctx)
	return nil
}
