package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/terraform/provider"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
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

// engine returns the first engine of this machine.
func engine(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"tofu", "../../bin/tofu", "terraform"} {
		if path, err := exec.LookPath(name); err == nil {
			path, _ = filepath.Abs(path)
			return path
		}
	}
	if slices.Contains(strings.Split(os.Getenv("WAYMARK_TEST_REQUIRE"), ","), "core") {
		t.Fatal("OpenTofu or Terraform is required: make tofu")
	}
	t.Skip("no OpenTofu or Terraform: make tofu builds one")
	return ""
}

// allow lets everybody do everything.
type allow struct{}

func (allow) Authorize(context.Context, action.Actor, string, string) error { return nil }

// shelf is a catalog that has everything and remembers what it was given.
type shelf struct {
	mu     sync.Mutex
	held   map[string]bool
	broken bool // for environments
}

var errShelf = errors.New("the shelf is broken")

func (s *shelf) Put(_ context.Context, _ tx.Tx, _ string, list []catalog.Entity) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		if s.broken && e.Ref.Kind == "environment" {
			return errShelf
		}
		s.held[e.Ref.String()] = true
	}
	return nil
}

func (s *shelf) Drop(_ context.Context, _ tx.Tx, _ string, refs []catalog.Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range refs {
		if s.broken && r.Kind == "environment" {
			return errShelf
		}
		delete(s.held, r.String())
	}
	return nil
}

func (s *shelf) Exists(_ context.Context, _ access.Viewer, ref string) (bool, error) {
	return !strings.Contains(ref, "nobody"), nil
}

// encrypted is a policy of one rule.
type encrypted struct{}

func (encrypted) JudgePlan(_ context.Context, in provision.PolicyInput) ([]provision.Check, error) {
	var p struct {
		Changes []struct {
			Address string `json:"address"`
			Change  struct {
				After map[string]any `json:"after"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(in.Plan, &p); err != nil {
		return nil, err
	}
	out := []provision.Check{}
	for _, c := range p.Changes {
		if c.Change.After["encrypted"] == false {
			out = append(out, provision.Check{Rule: "encryption_required", Level: "hard-mandatory", Resource: c.Address,
				Message: "It is not encrypted.", Fix: "Turn encryption on."})
		}
	}
	if len(out) == 0 {
		out = append(out, provision.Check{Rule: "encryption_required", Level: "hard-mandatory", Passed: true, Message: "all encrypted"})
	}
	return out, nil
}

// portal is enough of a portal to launch environments in this process.
type portal struct {
	t       *testing.T
	store   *store.Store
	runs    *run.Engine
	do      *action.Registry
	engine  *provision.Engine
	catalog *shelf
	local   local.Store
	data    string
}

const team = "group:default/payments-team"

func newPortal(t *testing.T, s *store.Store) *portal {
	t.Helper()
	p := &portal{t: t, store: s, catalog: &shelf{held: map[string]bool{}}, data: t.TempDir()}
	var err error
	if p.runs, err = run.New(run.Options{DB: s, Store: s, SQL: s.WriteDB(), Postgres: s.IsPostgres()}); err != nil {
		t.Fatal(err)
	}
	box, err := secret.Open(p.data)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	library := provision.NewLibrary(s)
	if err := library.Load(context.Background(), blueprints.FS); err != nil {
		t.Fatal(err)
	}
	if problems := library.Problems(); len(problems) > 0 {
		t.Fatal(problems)
	}
	p.engine = provision.New(provision.Options{DB: s, Store: s, Events: s, Runs: p.runs, Quota: s, Policy: encrypted{},
		Catalog: p.catalog, Directory: p.catalog, Library: library, Finder: &terraform.Finder{Configured: engine(t)},
		Box: box, Data: p.data, Waymark: self, Grace: time.Second})
	p.local = local.Store{Dir: filepath.Join(p.data, "local")}
	p.do = action.NewRegistry(action.Ports{DB: s, Events: s, Access: allow{}, Quota: s, Keys: s})
	for _, d := range p.engine.Actions() {
		if err := p.do.Register(d); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

var ada = action.Actor{ID: "user:default/ada", Name: "Ada", Via: "page"}

// call does an action and returns its answer as JSON objects.
func (p *portal) call(name string, in map[string]any) (answer, error) {
	b, err := json.Marshal(in)
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := p.do.Do(context.Background(), ada, name, b)
	if err != nil {
		return answer{}, err
	}
	b, err = json.Marshal(out.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		p.t.Fatal(err)
	}
	return a, nil
}

type answer struct {
	Run         struct{ ID run.ID }
	Environment struct{ ID, Name, State string }
	Value       string
}

func (p *portal) launch(parameters map[string]any) answer {
	p.t.Helper()
	a, err := p.call("launch-environment", map[string]any{"blueprint": "sandbox", "name": "try-it", "owner": team, "parameters": parameters})
	if err != nil {
		p.t.Fatalf("launch: %v", err)
	}
	return a
}

// work executes a run to its end and returns the environment.
func (p *portal) work(a answer) provision.Environment {
	p.t.Helper()
	if err := p.runs.Execute(context.Background(), a.Run.ID); err != nil {
		p.t.Fatal(err)
	}
	return p.environment(a.Environment.ID)
}

func (p *portal) environment(id string) provision.Environment {
	p.t.Helper()
	env, err := p.store.Environment(context.Background(), access.System("test"), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return env
}

func (p *portal) destroy(id string) provision.Environment {
	p.t.Helper()
	a, err := p.call("destroy-environment", map[string]any{"environment": id, "reason": "done"})
	if err != nil {
		p.t.Fatalf("destroy: %v", err)
	}
	return p.work(a)
}

// nothingLeft fails when anything of the environment exists.
func (p *portal) nothingLeft(id string) {
	p.t.Helper()
	if err := p.engine.Tidy(context.Background()); err != nil {
		p.t.Error(err)
	}
	if left, err := p.local.List(id); err != nil || len(left) > 0 {
		p.t.Errorf("left behind: %v, %v", left, err)
	}
	if left, err := p.store.SecretsOf(context.Background(), access.System("test"), id); err != nil || len(left) > 0 {
		p.t.Errorf("secrets left behind: %v, %v", left, err)
	}
	if len(p.catalog.held) > 0 {
		p.t.Errorf("catalog entries left behind: %v", p.catalog.held)
	}
	if _, err := os.Stat(filepath.Join(p.data, "work", id)); err == nil {
		p.t.Error("the work folder is left behind")
	}
	usage, err := p.store.Quotas(context.Background(), access.System("test"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, u := range usage {
		if u.Used != 0 {
			p.t.Errorf("quota %s of %s is used %d times", u.Quota, u.Owner, u.Used)
		}
	}
}

func TestLaunchToReadyAndAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPortal(t, s)
		a := p.launch(map[string]any{"slowness": 0, "databases": 2})
		env := p.work(a)
		if env.State != provision.Ready {
			t.Fatalf("state %s: %s\n%s", env.State, env.Reason, p.log(a.Run.ID))
		}
		if env.Estimate != "29.20" || env.ExpiresAt.Sub(env.ReadyAt) != 8*time.Hour || len(env.Outputs) != 4 {
			t.Errorf("estimate %s, lives %s, outputs %v", env.Estimate, env.ExpiresAt.Sub(env.ReadyAt), env.Outputs)
		}
		made, _ := p.local.List(env.ID)
		if len(made) != 4 || made[0].Tags["team"] != team || made[0].Tags["cost_center"] != "eng-1" {
			t.Errorf("made %+v, want 4 tagged objects", made)
		}
		if !p.catalog.held["environment:default/payments-team-try-it"] || len(p.catalog.held) != 2 {
			t.Errorf("catalog holds %v", p.catalog.held)
		}
		shown, err := p.call("reveal-secret", map[string]any{"environment": env.ID, "output": "database_password"})
		if err != nil || len(shown.Value) != 36 {
			t.Fatalf("reveal: %+v, %v", shown, err)
		}
		if strings.Contains(p.log(a.Run.ID), shown.Value) {
			t.Error("the log holds the secret")
		}
		if env = p.destroy(env.ID); env.State != provision.Destroyed {
			t.Fatalf("state %s: %s", env.State, env.Reason)
		}
		p.nothingLeft(env.ID)
	})
}

func (p *portal) log(id run.ID) string {
	p.t.Helper()
	lines, err := p.store.RunLines(context.Background(), access.System("test"), id, 0, 1000)
	if err != nil {
		p.t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Step + " " + l.Text + "\n")
	}
	return b.String()
}

func TestPolicyStopsBeforeApply(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	a := p.launch(map[string]any{"slowness": 0, "encryption": false})
	env := p.work(a)
	if env.State != provision.Refused || !strings.Contains(env.Reason, "encryption_required") || !strings.Contains(env.Reason, "waymark_database.main[0]") {
		t.Fatalf("state %s: %s", env.State, env.Reason)
	}
	p.nothingLeft(env.ID)
	if _, err := p.call("destroy-environment", map[string]any{"environment": env.ID}); !fault.Is(err, fault.Conflict) {
		t.Errorf("destroy of a refused environment: %v, want a conflict", err)
	}
}
