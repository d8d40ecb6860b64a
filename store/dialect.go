package store

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx"
	_ "modernc.org/sqlite"             // database/sql driver "sqlite"
)

// dialect is the database that is spoken to. What differs between the two
// stands in this file.
type dialect uint8

const (
	sqlite dialect = iota
	postgres
)

// openSQLite opens a pool of readers and one writer on the same file.
func (s *Store) openSQLite(path string) error {
	// The file, and with it the journal beside it, is for the portal's user alone.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "foreign_keys(1)", "synchronous(NORMAL)",
		"temp_store(MEMORY)", "cache_size(-2000)"}}
	read, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	q.Set("_txlock", "immediate")
	write, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	read.SetMaxIdleConns(max(4, runtime.NumCPU()))
	write.SetMaxOpenConns(1)
	s.dialect, s.read, s.write = sqlite, read, write
	return nil
}

// openPostgres opens one pool for both.
func (s *Store) openPostgres(url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20) // all: closing and opening them under load costs more than they hold
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.dialect, s.read, s.write = postgres, db, db
	return nil
}

var rebound sync.Map // query text to its $n form; the texts are a bounded set

// rebind turns ? into $1, $2, … for PostgreSQL. Queries hold no question mark
// in a literal.
func (s *Store) rebind(query string) string {
	if s.dialect == sqlite {
		return query
	}
	if r, ok := rebound.Load(query); ok {
		return r.(string)
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c != '?' {
			b.WriteRune(c)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	rebound.Store(query, b.String())
	return b.String()
}

// IsPostgresURL reports whether an address is PostgreSQL's.
func IsPostgresURL(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// PostgresEnv is an address as the environment variables of PostgreSQL's
// client programs, so that no password stands among their arguments.
func PostgresEnv(address string) ([]string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	password, _ := u.User.Password()
	env := []string{"PGHOST=" + u.Hostname(), "PGPORT=" + u.Port(), "PGUSER=" + u.User.Username(), "PGPASSWORD=" + password,
		"PGDATABASE=" + PostgresName(address)}
	if mode := u.Query().Get("sslmode"); mode != "" {
		env = append(env, "PGSSLMODE="+mode)
	}
	return env, nil
}

// PostgresName is the name of the database in an address.
func PostgresName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}
