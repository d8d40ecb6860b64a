package store

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// isUnique reports whether err is a broken unique constraint.
func isUnique(err error) bool {
	var se *sqlitedriver.Error
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &se):
		return se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	case errors.As(err, &pe):
		return pe.Code == "23505"
	}
	return false
}

// isBusy reports whether the transaction may simply be tried again.
func isBusy(err error) bool {
	var se *sqlitedriver.Error
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &se):
		return se.Code()&0xff == sqlite3.SQLITE_BUSY
	case errors.As(err, &pe):
		return pe.Code == "40001" || pe.Code == "40P01"
	}
	return false
}

// isFull reports whether the disk is full.
func isFull(err error) bool {
	var se *sqlitedriver.Error
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &se):
		return se.Code()&0xff == sqlite3.SQLITE_FULL
	case errors.As(err, &pe):
		return pe.Code == "53100"
	}
	return false
}
