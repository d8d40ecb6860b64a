package e2e

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// adminToken is an administrator's token in these tests.
const adminToken = "e2e-administrator-0123456789abcdef0123"

// postgres makes an empty database and returns its address.
func postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("WAYMARK_TEST_POSTGRES")
	need(t, "PostgreSQL (WAYMARK_TEST_POSTGRES)", server != "")
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := "waymark_e2e_" + strings.ToLower(rand.Text()[:12])
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Log(err)
		}
		db.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
