// Package storetest opens migrated databases for tests: SQLite always,
// PostgreSQL where a server is found.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
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
	return open(t, filepath.Join(t.TempDir(), "waymark.db"))
}

// Postgres opens a new migrated PostgreSQL database or skips; under
// WAYMARK_TEST_REQUIRE=core the skip is a failure.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, PostgresURL(t))
}

// PostgresURL makes an empty PostgreSQL database and returns its address.
func PostgresURL(t testing.TB) string {
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
	b := make([]byte, 6)
	rand.Read(b)
	name := "waymark_test_" + hex.EncodeToString(b)
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
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
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}
