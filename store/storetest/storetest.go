// Package storetest opens migrated databases for tests: SQLite always,
// PostgreSQL where a server is found.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/store"
)

// Each runs f on a new SQLite database and, where WAYMARK_TEST_POSTGRES names
// a server (postgres:// address of a role that may create databases), on a new
// PostgreSQL database. Both are gone after the test.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite opens a new migrated SQLite database.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "waymark.db")
	b, err := os.ReadFile(sqliteTemplate(t))
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

// Postgres opens a new migrated PostgreSQL database or skips; under
// WAYMARK_TEST_REQUIRE=core the skip is a failure.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, postgresURL(t, postgresTemplate))
}

// PostgresURL makes an empty PostgreSQL database and returns its address.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return postgresURL(t, func(testing.TB, *sql.DB, string) string { return "template1" })
}

func postgresURL(t testing.TB, from func(testing.TB, *sql.DB, string) string) string {
	t.Helper()
	server := os.Getenv("WAYMARK_TEST_POSTGRES")
	if server == "" {
		if slices.Contains(strings.Split(os.Getenv("WAYMARK_TEST_REQUIRE"), ","), "core") {
			t.Fatal("PostgreSQL is required: set WAYMARK_TEST_POSTGRES")
		}
		t.Skip("no PostgreSQL: set WAYMARK_TEST_POSTGRES to the address of a server")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := "waymark_test_" + strings.ToLower(rand.Text()[:12])
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + from(t, admin, server)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		admin.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func open(t testing.TB, address string) *store.Store {
	t.Helper()
	s := connect(t, address)
	t.Cleanup(func() { s.Close() })
	return s
}

// connect opens and migrates; a copy of the template is current already.
func connect(t testing.TB, address string) *store.Store {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(ctx); err != nil {
		s.Close()
		t.Fatal(err)
	}
	return s
}
