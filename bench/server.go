package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx"
)

// token is the administrator's token of the measured server.
const token = "bench-token-0123456789abcdef0123456789abcdef"

// server is the measured process.
type server struct {
	binary, dir string
	database    string    // postgres:// address; empty: SQLite
	pg          *backends // nil on SQLite
	addr        string
	cmd         *exec.Cmd
	client      *http.Client
	peak        atomic.Int64 // most memory seen, in bytes
}

// createDatabase makes an empty database on a PostgreSQL server.
func (s *server) createDatabase(address string) (drop func(), err error) {
	admin, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	name := "waymark_bench_" + strings.ToLower(rand.Text()[:10])
	if _, err := admin.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		admin.Close()
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	u.Path = "/" + name
	s.database, s.pg = u.String(), &backends{name: name, seen: map[int]time.Duration{}}
	return func() {
		s.stop()
		admin.Exec("DROP DATABASE " + name + " WITH (FORCE)") // what is left over is only space
		admin.Close()
	}, nil
}

// location is the source that is measured.
func (s *server) location() string { return "file:" + filepath.Join(s.dir, "catalog", "*.yaml") }

func (s *server) start() error {
	if s.addr == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.addr = l.Addr().String()
		l.Close() // the server takes the port right after
		s.client = &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	}
	s.cmd = exec.Command(s.binary, "serve", "--listen", s.addr, "--data", filepath.Join(s.dir, "data"))
	s.cmd.Env = append(os.Environ(), "WAYMARK_CATALOG_LOCATIONS="+s.location(), "WAYMARK_CATALOG_TRUSTED="+s.location(),
		"WAYMARK_BOOTSTRAP_TOKEN="+token, "WAYMARK_LOG_LEVEL=warn", "WAYMARK_DATABASE="+s.database)
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if res, err := s.get("/readyz"); err == nil {
			res.Body.Close()
			return nil
		}
	}
	return fmt.Errorf("%s did not answer", s.binary)
}

func (s *server) stop() {
	if s.cmd != nil && s.cmd.ProcessState == nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait() // its exit code says nothing about the figures
	}
}

func (s *server) get(path string) (*http.Response, error) { return s.send(http.MethodGet, path, nil) }

func (s *server) send(method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequest(method, "http://"+s.addr+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return s.client.Do(req)
}

// act starts an action that is a run and returns its id.
func (s *server) act(name, input string) (string, error) {
	res, err := s.send(http.MethodPost, "/api/v1/actions/"+name, bytes.NewReader([]byte(input)))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var out struct {
		Run struct {
			ID string `json:"id"`
		} `json:"run"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Run.ID == "" {
		return "", fmt.Errorf("%s: %s %v", name, res.Status, err)
	}
	return out.Run.ID, nil
}

// until asks for path until ok, at most ten minutes.
func (s *server) until(path string, pause time.Duration, ok func([]byte) bool) error {
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(pause) {
		res, err := s.get(path)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil && res.StatusCode == http.StatusOK && ok(body) {
			return nil
		}
	}
	return fmt.Errorf("%s did not come to what was waited for", path)
}

// waitForEntities waits until the catalog holds total entities.
func (s *server) waitForEntities(total int, began time.Time) (time.Duration, error) {
	err := s.until("/api/v1/catalog/entities?limit=1", 200*time.Millisecond, func(body []byte) bool {
		var page struct {
			Total int `json:"total"`
		}
		return json.Unmarshal(body, &page) == nil && page.Total >= total
	})
	return time.Since(began), err
}

func (s *server) waitForText(path, text string) error {
	return s.until(path, 5*time.Millisecond, func(body []byte) bool { return bytes.Contains(body, []byte(text)) })
}

func (s *server) waitForRun(id string) error {
	return s.until("/api/v1/runs/"+id, 10*time.Millisecond, func(body []byte) bool {
		return bytes.Contains(body, []byte(`"succeeded"`)) || bytes.Contains(body, []byte(`"failed"`))
	})
}
