package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-portal/waymark/store/migrations"
)

// Migrating takes longer than most tests, so a migrated database is made once
// for each set of migrations and copied: a file in the folder of temporary
// files, a template database on the PostgreSQL server.

// schemaHash names a set of migrations.
func schemaHash(t testing.TB) string {
	t.Helper()
	h := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := migrations.FS.ReadFile(path)
		h.Write([]byte(path))
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// sqliteTemplate is the path of a migrated SQLite file. Two processes at once
// both make one; the last one's stays.
func sqliteTemplate(t testing.TB) string {
	t.Helper()
	path := filepath.Join(os.TempDir(), "waymark-schema-"+schemaHash(t)+".db")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	dir, err := os.MkdirTemp("", "waymark-schema-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	made, whole := filepath.Join(dir, "made.db"), filepath.Join(dir, "whole.db")
	s := connect(t, made)
	err = s.CopyTo(context.Background(), whole) // one file, without a journal beside it
	s.Close()
	if err == nil {
		err = os.Rename(whole, path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// postgresTemplate is the name of a migrated database that nobody is
// connected to. A lock keeps two processes from making it at once.
func postgresTemplate(t testing.TB, admin *sql.DB, server string) string {
	t.Helper()
	name := "waymark_schema_" + schemaHash(t)
	ctx := context.Background()
	conn, err := admin.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	must := func(_ sql.Result, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const lock = 7345210001 // any number that all of these tests agree on
	must(conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lock))
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lock) // ends with the connection at the latest
	var n int
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		return name
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name + "_new"
	must(conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+"_new"))
	must(conn.ExecContext(ctx, "CREATE DATABASE "+name+"_new"))
	connect(t, u.String()).Close()
	must(conn.ExecContext(ctx, "ALTER DATABASE "+name+"_new RENAME TO "+name))
	return name
}
