package terraform

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/terraform/provider"
	"github.com/waymark-portal/waymark/templates/blueprints"
)

// TestMain lets the test binary be the provider, as the portal's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "provider" {
		if err := provider.Serve(context.Background(), "test"); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// engines returns every engine of this machine.
func engines(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, name := range []string{"tofu", "terraform", "../../bin/tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			path, _ = filepath.Abs(path)
			out = append(out, path)
		}
	}
	if len(out) == 0 {
		if slices.Contains(strings.Split(os.Getenv("WAYMARK_TEST_REQUIRE"), ","), "core") {
			t.Fatal("OpenTofu or Terraform is required: make tofu")
		}
		t.Skip("no OpenTofu or Terraform: make tofu builds one")
	}
	return out
}

// eachEngine runs f for every engine.
func eachEngine(t *testing.T, f func(t *testing.T, engine string)) {
	for _, path := range engines(t) {
		t.Run(filepath.Base(path), func(t *testing.T) { f(t, path) })
	}
}

// memory is a state store, and the portal's side of secrets and entities.
type memory struct {
	mu      sync.Mutex
	states  []State
	lock    Lock
	secrets map[string]bool
	away    int // how many uploads fail before the database is back
}

func (m *memory) State(context.Context) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.states) == 0 {
		return State{}, ErrNoState
	}
	return m.states[len(m.states)-1], nil
}

func (m *memory) PutState(_ context.Context, lock string, s State) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away > 0 {
		m.away--
		return errors.New("the database is away")
	}
	if m.lock.ID == "" || m.lock.ID != lock {
		return ErrNotOwner
	}
	if n := len(m.states); n > 0 && (m.states[n-1].Serial >= s.Serial || m.states[n-1].Lineage != s.Lineage) {
		return ErrStale
	}
	m.states = append(m.states, s)
	return nil
}

func (m *memory) Lock(_ context.Context, l Lock) (Lock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lock.ID != "" {
		return m.lock, ErrLocked
	}
	m.lock = l
	return l, nil
}

func (m *memory) Unlock(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lock.ID != id {
		return ErrNotOwner
	}
	m.lock = Lock{}
	return nil
}

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch id := r.URL.Path; {
	case r.Method == http.MethodPut:
		m.secrets[id] = true
	case !m.secrets[id]:
		http.Error(w, "gone", http.StatusNotFound)
		return
	case r.Method == http.MethodDelete:
		delete(m.secrets, id)
	}
	w.Write([]byte(`{"value":"hunter2-in-the-test","type":"database","title":"Database of it","ref":"resource:default/db"}`))
}

// bench is a work folder with a listener, ready to run an engine.
type bench struct {
	*memory
	options Options
	local   local.Store
	log     []Message
	prep    Prepared
}

const testEnv = "env_01jd0000000000000000000000"

func newBench(t *testing.T, engine string, vars string) *bench {
	t.Helper()
	b := &bench{memory: &memory{secrets: map[string]bool{}}, local: local.Store{Dir: t.TempDir()}}
	token := make([]byte, 16)
	rand.Read(token)
	b.options.Backend.Token = hex.EncodeToString(token)
	mux := http.NewServeMux()
	mux.Handle("/state", &Backend{States: b.memory, Token: b.options.Backend.Token})
	mux.Handle("/", b.memory)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	b.options.Backend.URL = "http://" + l.Addr().String()
	b.options.Folder = Folder{Path: t.TempDir()}
	b.options.Env = map[string]string{provider.EnvEnvironment: testEnv, provider.EnvLocal: b.local.Dir}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.prep = Prepared{Files: sandboxFiles(t), Vars: []byte(vars), Engine: engine, Waymark: self}
	if err := b.options.Folder.Prepare(b.prep); err != nil {
		t.Fatal(err)
	}
	return b
}

func sandboxFiles(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	b, err := fs.ReadFile(blueprints.FS, "sandbox/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	out["main.tf"] = b
	return out
}

func (b *bench) runner(t *testing.T) *Runner {
	t.Helper()
	r, err := New(b.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func (b *bench) sink(m Message) { b.log = append(b.log, m) }

func (b *bench) text() string {
	var out strings.Builder
	for _, m := range b.log {
		out.WriteString(m.Text + "\n")
	}
	return out.String()
}

const sandboxVars = `{"waymark": {"environment": "` + testEnv + `", "name": "try", "kind": "dev", "tags": {"owner": "group:default/a"}}, "slowness": 0, "cost_center": "eng-1"}`

func TestLaunchAndDestroy(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		b := newBench(t, engine, sandboxVars)
		r := b.runner(t)
		ctx := context.Background()
		if err := r.Init(ctx, b.sink); err != nil {
			t.Fatalf("init: %v\n%s", err, b.text())
		}
		plan, err := r.Plan(ctx, PlanOptions{}, b.sink)
		if err != nil {
			t.Fatalf("plan: %v\n%s", err, b.text())
		}
		changes := Changes(plan)
		if len(changes) != 5 || changes[0].Address != "waymark_bucket.files" || changes[0].PlannedID != testEnv+"-files" {
			t.Fatalf("changes %+v, want 5 with planned ids", changes)
		}
		if err := r.Apply(ctx, b.sink); err != nil {
			t.Fatalf("apply: %v\n%s", err, b.text())
		}
		if made, _ := b.local.List(testEnv); len(made) != 3 {
			t.Errorf("made %v, want 3 objects", made)
		}
		if strings.Contains(b.text(), "hunter2-in-the-test") {
			t.Errorf("the log holds the secret:\n%s", b.text())
		}
		if err := r.Apply(ctx, b.sink); err == nil {
			t.Error("the same plan was applied twice")
		}
		if _, err = r.Plan(ctx, PlanOptions{Destroy: true}, b.sink); err != nil {
			t.Fatalf("destroy plan: %v\n%s", err, b.text())
		}
		if err := r.Apply(ctx, b.sink); err != nil {
			t.Fatalf("destroy: %v\n%s", err, b.text())
		}
		if left, _ := b.local.List(testEnv); len(left) != 0 || len(b.secrets) != 0 {
			t.Errorf("left behind: %v, %v", left, b.secrets)
		}
	})
}

func TestRecoverByImport(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		for _, destroy := range []bool{false, true} {
			b := newBench(t, engine, sandboxVars)
			r := b.runner(t)
			ctx := context.Background()
			if _, err := b.local.Put(local.Object{ID: testEnv + "-main", Kind: local.Database, Name: "main", Environment: testEnv}); err != nil {
				t.Fatal(err)
			}
			if err := r.Init(ctx, b.sink); err != nil {
				t.Fatal(err)
			}
			if err := r.RecoverWith([]Found{{Address: "waymark_database.main[0]", ID: testEnv + "-main"}}); err != nil {
				t.Fatal(err)
			}
			o := PlanOptions{}
			if destroy {
				o.Targets = []string{"waymark_database.main[0]"}
			}
			plan, err := r.Plan(ctx, o, b.sink)
			if err != nil {
				t.Fatalf("plan: %v\n%s", err, b.text())
			}
			for _, c := range Changes(plan) {
				t.Log(c.Address, c.Action)
			}
			if err := r.Apply(ctx, b.sink); err != nil {
				t.Fatalf("apply: %v\n%s", err, b.text())
			}
			if err := r.RecoverWith(nil); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Plan(ctx, PlanOptions{Destroy: true}, b.sink); err != nil {
				t.Fatalf("destroy plan: %v\n%s", err, b.text())
			}
			if err := r.Apply(ctx, b.sink); err != nil {
				t.Fatalf("destroy: %v\n%s", err, b.text())
			}
			if left, _ := b.local.List(testEnv); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		}
	})
}

func TestOneInterruptKeepsWhatIsDone(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		b := newBench(t, engine, strings.Replace(sandboxVars, `"slowness": 0`, `"slowness": 2`, 1))
		r := b.runner(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if err := r.Init(ctx, b.sink); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plan(ctx, PlanOptions{}, b.sink); err != nil {
			t.Fatal(err)
		}
		err := r.Apply(ctx, func(m Message) {
			if m.Type == "apply_start" && m.Resource == "waymark_bucket.files" {
				time.AfterFunc(200*time.Millisecond, cancel)
			}
			b.sink(m)
		})
		if err == nil {
			t.Fatal("an interrupted apply succeeded")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.lock.ID != "" {
			t.Error("the lock stays")
		}
		if len(b.states) == 0 || !strings.Contains(string(b.states[len(b.states)-1].Body), testEnv+"-files") {
			t.Error("the bucket that was being made is not in the state")
		}
	})
}

func TestNothingOfTheServerReachesTheEngine(t *testing.T) {
	t.Setenv("WAYMARK_CANARY", "canary-in-the-environment")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary-in-the-environment")
	t.Setenv("TF_VAR_size", "canary-in-the-environment")
	t.Setenv("TF_APPEND_USER_AGENT", "canary-in-the-environment")
	b := newBench(t, "/nowhere/tofu", "{}")
	dump := filepath.Join(t.TempDir(), "env")
	fake := filepath.Join(t.TempDir(), "fake")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nenv > "+quote(dump)+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.prep.Engine = fake
	if err := b.options.Folder.Prepare(b.prep); err != nil {
		t.Fatal(err)
	}
	r := b.runner(t)
	_ = r.Init(context.Background(), b.sink) // the fake engine says nothing useful
	got, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(got), "canary") {
		t.Errorf("the engine sees a canary:\n%s", got)
	}
	if !strings.Contains(string(got), "HOME="+b.options.Folder.in(homeDir)) {
		t.Errorf("HOME is not the work folder:\n%s", got)
	}
}
