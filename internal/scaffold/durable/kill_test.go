package durable_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
)

// The test binary is also the server that is killed: with these set it works
// on the runs of a data folder and kills itself before a write.
const (
	killData = "WAYMARK_TEST_KILL_DATA"
	killAt   = "WAYMARK_TEST_KILL_AT"
)

// killDB ends the process as a power failure would, before one of its writes.
type killDB struct {
	*store.Store
	left atomic.Int32
}

func (d *killDB) Write(ctx context.Context, f func(tx.Tx) error) error {
	if d.left.Add(-1) == 0 {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {} // dead in a moment
	}
	return d.Store.Write(ctx, f)
}

func openData(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: filepath.Join(dir, "waymark.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestKilledServer is no test of its own: TestKilledAtEveryStep starts it.
func TestKilledServer(t *testing.T) {
	dir := os.Getenv(killData)
	if dir == "" {
		t.Skip("only as the server that is killed")
	}
	at, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		t.Fatal(err)
	}
	s := openData(t, dir)
	d := &killDB{Store: s}
	d.left.Store(int32(at))
	p := newPortal(t, s, setup{db: d, dir: filepath.Join(dir, "git")})
	p.begin()
	for {
		var open int
		if err := s.WriteDB().QueryRow(`SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')`).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if open == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A server that is killed before any write of a run is followed by one that
// goes on: everything is made, once.
func TestKilledAtEveryStep(t *testing.T) {
	killed := atomic.Int32{}
	t.Run("at", func(t *testing.T) {
		for at := 1; at <= 21; at += 4 {
			t.Run(strconv.Itoa(at), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				s := openData(t, dir)
				if _, err := s.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				p := newPortal(t, s, setup{dir: filepath.Join(dir, "git")})
				id := p.mustOrder("killed")
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledServer$")
				cmd.Env = append(os.Environ(), killData+"="+dir, killAt+"="+fmt.Sprint(at))
				out, err := cmd.CombinedOutput()
				if err != nil && !strings.Contains(err.Error(), "killed") {
					t.Fatalf("the server ended by itself: %v\n%s", err, out)
				}
				if err != nil {
					killed.Add(1)
				}
				p.begin()
				r := p.ends(id, run.Succeeded)
				p.complete("killed")
				if got := p.made(id); !strings.HasPrefix(got, "repository made, location ") {
					t.Errorf("made: %s", got)
				}
				if err != nil && r.Attempt < 1 {
					t.Errorf("attempt %d", r.Attempt)
				}
			})
		}
	})
	if killed.Load() < 4 {
		t.Errorf("only %d servers were killed before the end", killed.Load())
	}
}
