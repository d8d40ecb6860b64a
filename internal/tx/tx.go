// Package tx is the database transaction as engines see it: something to hand
// to the store, with one fixed time. The store implements it; engines neither
// write SQL nor know which database is behind it.
package tx

import (
	"context"
	"database/sql"
	"time"
)

// Tx is one write transaction.
type Tx interface {
	// SQL is the transaction itself, for the store and for River's InsertTx.
	SQL() *sql.Tx
	// Now is the time at which the transaction began, UTC, in whole
	// microseconds. It does not move while the transaction lasts.
	Now() time.Time
}

// DB begins write transactions.
type DB interface {
	// Write runs f in one transaction and commits it unless f returns an
	// error. f may run again when the database was busy (SQLITE_BUSY, SQLSTATE
	// 40001), so it must change nothing but the database. Reads inside f go
	// through its Tx.
	Write(ctx context.Context, f func(Tx) error) error
}

// Layout is how every time is stored as text.
const Layout = "2006-01-02T15:04:05.000000Z"

// Format renders t for storage.
func Format(t time.Time) string { return t.UTC().Format(Layout) }

// Parse reads a stored time; the empty text is the zero time.
func Parse(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(Layout, s)
}
