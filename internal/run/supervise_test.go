package run_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// The test binary is its own supervisor: with these set it works on one run.
const (
	superviseRun = "WAYMARK_TEST_SUPERVISE_RUN"
	superviseURL = "WAYMARK_TEST_SUPERVISE_URL"
)

func TestMain(m *testing.M) {
	if os.Getenv(superviseRun) == "" {
		os.Exit(m.Run())
	}
	if err := supervise(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func supervise() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := store.Open(ctx, store.Options{URL: os.Getenv(superviseURL)})
	if err != nil {
		return err
	}
	defer s.Close()
	e, err := run.New(run.Options{DB: s, Store: s, SQL: s.WriteDB(), Postgres: s.IsPostgres()})
	if err != nil {
		return err
	}
	e.Register(supervisedKind())
	return e.Execute(ctx, run.ID(os.Getenv(superviseRun)))
}

// supervisedKind says who it is and works until a file tells it to end.
func supervisedKind() run.Kind {
	return run.Kind{Name: "test", Supervised: true, Steps: []run.Step{
		{ID: "s1", Title: "Step 1", Do: func(ctx context.Context, w *run.Work) error {
			var in struct{ Go string }
			if err := w.Input(&in); err != nil {
				return err
			}
			w.Logf("pid %d", os.Getpid())
			for {
				if _, err := os.Stat(in.Go); err == nil {
					return nil
				}
				select {
				case <-ctx.Done():
					w.Logf("interrupted")
					return ctx.Err()
				case <-time.After(10 * time.Millisecond):
				}
			}
		}}}}
}

// supervised starts a run under a supervisor and returns the process and the
// file that ends it.
func supervised(t *testing.T, s *store.Store, url string) (e *run.Engine, id run.ID, pid int, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "go")
	var err error
	e, err = run.New(run.Options{DB: s, Store: s, SQL: s.WriteDB(), Postgres: s.IsPostgres(), Supervise: func(id run.ID) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), superviseRun+"="+string(id), superviseURL+"="+url)
		cmd.Stderr = os.Stderr
		return cmd
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.Register(supervisedKind())
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	write(t, s, func(tr tx.Tx) error {
		id, err = e.Start(t.Context(), tr, run.Spec{Kind: "test", Title: "Try", Owner: owner, By: "user:default/ada", Lane: "env_1",
			Input: []byte(`{"go": ` + strconv.Quote(file) + `}`)})
		return err
	})
	return e, id, workerPid(t, s, id, 0), file
}

// workerPid is the last process that said it works on the run, other than old.
func workerPid(t *testing.T, s *store.Store, id run.ID, old int) (pid int) {
	t.Helper()
	eventually(t, "a supervisor at work", func() bool {
		for _, l := range logOf(t, s, id) {
			if text, ok := strings.CutPrefix(l.Text, "pid "); ok {
				pid, _ = strconv.Atoi(text) // our own line
			}
		}
		return pid != 0 && pid != old
	})
	return pid
}

func letEnd(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func openTwice(t *testing.T) (s *store.Store, url string) {
	t.Helper()
	url = filepath.Join(t.TempDir(), "waymark.db")
	s, err := store.Open(t.Context(), store.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, url
}

func TestASupervisorOutlivesTheServer(t *testing.T) {
	s, url := openTwice(t)
	e, id, pid, file := supervised(t, s, url)
	stop(t, e)
	if r := read(t, s, id); r.State != run.Running {
		t.Errorf("run is %s after the server stopped", r.State)
	}
	if err := e.Sweep(t.Context()); err != nil { // as a new server does at its start
		t.Fatal(err)
	}
	letEnd(t, file)
	r := await(t, s, id, run.Succeeded)
	if r.Attempt != 1 || workerPid(t, s, id, 0) != pid {
		t.Errorf("attempt %d", r.Attempt)
	}
}

func TestAKilledSupervisorIsReplaced(t *testing.T) {
	s, url := openTwice(t)
	_, id, pid, file := supervised(t, s, url)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	workerPid(t, s, id, pid)
	if took := time.Since(begin); took > 8*time.Second {
		t.Errorf("the next supervisor came after %s", took)
	}
	letEnd(t, file)
	if r := await(t, s, id, run.Succeeded); r.Attempt != 2 {
		t.Errorf("attempt %d", r.Attempt)
	}
}

func TestASupervisorIsInterruptedAndHandsOver(t *testing.T) {
	s, url := openTwice(t)
	_, id, pid, file := supervised(t, s, url)
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	workerPid(t, s, id, pid)
	letEnd(t, file)
	r := await(t, s, id, run.Succeeded)
	if r.Attempt != 2 || r.Lost != 0 {
		t.Errorf("attempt %d, lost %d", r.Attempt, r.Lost)
	}
	found := false
	for _, l := range logOf(t, s, id) {
		found = found || l.Text == "interrupted"
	}
	if !found {
		t.Error("the step was not told")
	}
}

func TestASupervisedRunIsCancelled(t *testing.T) {
	s, url := openTwice(t)
	e, id, _, _ := supervised(t, s, url)
	begin := time.Now()
	write(t, s, func(tr tx.Tx) error { return e.Cancel(t.Context(), tr, id, "user:default/ada") })
	await(t, s, id, run.Cancelled)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("cancelling took %s", took)
	}
}

func TestASupervisorThatCannotStartFailsTheRun(t *testing.T) {
	s := storetest.SQLite(t)
	e, err := run.New(run.Options{DB: s, Store: s, SQL: s.WriteDB(), Supervise: func(run.ID) *exec.Cmd {
		return exec.Command(filepath.Join(t.TempDir(), "missing"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.Register(supervisedKind())
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	r := await(t, s, start(t, s, e, "lane"), run.Failed)
	if !strings.Contains(r.Error, "could not take the run") {
		t.Errorf("error %q", r.Error)
	}
}
