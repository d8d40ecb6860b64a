package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/quota"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
	"github.com/waymark-portal/waymark/templates/blueprints"
)

func TestWhatIsWrongIsNamed(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	good := func() map[string]any {
		return map[string]any{"blueprint": "sandbox", "name": "try", "owner": team}
	}
	tests := []struct {
		field string
		value any
	}{
		{"blueprint", "nothing"}, {"blueprint", ""}, {"name", "Big Letters"}, {"name", strings.Repeat("x", 1<<20)}, {"name", "../etc"},
		{"name", "<script>"}, {"name", 7}, {"owner", "group:default/nobody"}, {"owner", "component:default/x"}, {"kind", "prod"}, {"service", "component:default/nobody"}, {"ttl", "soon"}, {"ttl", "1000h"}, {"version", "9.9.9"},
		{"parameters.size", map[string]any{"size": "vast"}}, {"parameters.databases", map[string]any{"databases": 11}},
		{"parameters.unknown", map[string]any{"unknown": 1}}, {"parameters", []any{}}, {"extra", 1},
	}
	for _, tt := range tests {
		in := good()
		key, _, _ := strings.Cut(tt.field, ".")
		in[key] = tt.value
		_, err := p.call("launch-environment", in)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid {
			t.Errorf("%s = %.40v: %v, want invalid", tt.field, tt.value, err)
			continue
		}
		named := false
		for _, x := range f.Fields {
			named = named || x.Field == tt.field
		}
		if !named {
			t.Errorf("%s = %.40v: the fields are %v", tt.field, tt.value, f.Fields)
		}
	}
	if list, total, err := p.store.Environments(context.Background(), access.System("test"), provision.Filter{Gone: true}); err != nil || total != 0 {
		t.Errorf("bad input made %v, %v", list, err)
	}
}

func TestOneNameAndOneSlotAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPortal(t, s)
		err := s.Write(context.Background(), func(w tx.Tx) error {
			return s.SetQuota(context.Background(), w, quota.Usage{Quota: "environments", Owner: team, Allowed: 2})
		})
		if err != nil {
			t.Fatal(err)
		}
		race := func(name func(i int) string) (won int, faults []fault.Kind) {
			var mu sync.Mutex
			var wait sync.WaitGroup
			for i := range 6 {
				wait.Go(func() {
					in, _ := json.Marshal(map[string]any{"blueprint": "sandbox", "name": name(i), "owner": team})
					_, err := p.do.Do(context.Background(), ada, "launch-environment", in)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won++
					} else {
						faults = append(faults, fault.KindOf(err))
					}
				})
			}
			wait.Wait()
			return won, faults
		}
		if won, faults := race(func(int) string { return "same" }); won != 1 || len(faults) != 5 {
			t.Errorf("%d of six launches of one name won, others %v", won, faults)
		}
		if won, faults := race(func(i int) string { return "n" + string(rune('a'+i)) }); won != 1 || len(faults) != 5 || faults[0] != fault.Quota {
			t.Errorf("%d launches took the last slot, others %v", won, faults)
		}
	})
}

func TestTimeIsUp(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	env := p.work(p.launch(map[string]any{"slowness": 0}))
	if _, err := p.call("extend-environment", map[string]any{"environment": env.ID, "ttl": "100h"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("beyond the maximum: %v", err)
	}
	if _, err := p.call("extend-environment", map[string]any{"environment": env.ID, "ttl": "1h"}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	p.engine.Now = func() time.Time { return now }
	end := func() provision.Environment {
		if err := p.engine.EndExpired(context.Background(), p.do); err != nil {
			t.Fatal(err)
		}
		return p.environment(env.ID)
	}
	if got := end(); got.DestroyRun != "" {
		t.Fatal("it ends before its time")
	}
	now = now.Add(2 * time.Hour)
	first := end().DestroyRun
	if second := end().DestroyRun; first == "" || second != first {
		t.Fatalf("runs %q and %q, want one", first, second)
	}
	now = now.Add(-24 * time.Hour) // a clock that is set back changes nothing
	if got := end(); got.DestroyRun != first {
		t.Errorf("run %q, want %q", got.DestroyRun, first)
	}
	var a answer
	a.Run.ID, a.Environment.ID = first, env.ID
	if got := p.work(a); got.State != provision.Destroyed {
		t.Errorf("state %s: %s", got.State, got.Reason)
	}
	p.nothingLeft(env.ID)
}

func TestCancelAtEveryStep(t *testing.T) {
	for _, step := range []string{"validate", "init", "plan", "apply"} {
		t.Run(step, func(t *testing.T) {
			p := newPortal(t, storetest.SQLite(t))
			a := p.launch(map[string]any{"slowness": 1})
			done := make(chan error, 1)
			go func() { done <- p.runs.Execute(context.Background(), a.Run.ID) }()
			p.untilStep(a.Run.ID, step)
			err := p.store.Write(context.Background(), func(w tx.Tx) error {
				return p.runs.Cancel(context.Background(), w, a.Run.ID, ada.ID)
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			env := p.environment(a.Environment.ID)
			switch env.State {
			case provision.Cancelled:
			case provision.Failed:
				if env.Reason == "" {
					t.Error("it does not say why it failed")
				}
				if env = p.destroy(env.ID); env.State != provision.Destroyed {
					t.Fatalf("state %s: %s", env.State, env.Reason)
				}
			default:
				t.Fatalf("state %s: %s", env.State, env.Reason)
			}
			p.nothingLeft(env.ID)
		})
	}
}

// untilStep waits until a run is in a step.
func (p *portal) untilStep(id run.ID, step string) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		r, err := p.store.Run(context.Background(), access.System("test"), id)
		if err != nil {
			p.t.Fatal(err)
		}
		if s, ok := r.Step(step); ok && s.State != run.StepPending {
			return
		}
	}
	p.t.Fatalf("the run does not come to %s", step)
}

// What exists although no state has it is taken back by a destroy: made, and
// still being made when the engine died.
func TestDestroyFindsWhatTheStateLost(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	a := p.launch(map[string]any{"slowness": 0})
	id := a.Environment.ID
	ctx := context.Background()
	if err := p.store.Write(ctx, func(w tx.Tx) error { return p.runs.Cancel(ctx, w, a.Run.ID, ada.ID) }); err != nil {
		t.Fatal(err)
	}
	env := p.environment(id)
	err := p.store.Write(ctx, func(w tx.Tx) error {
		env.State = provision.Failed
		if err := p.store.SaveEnvironment(ctx, w, env, provision.Cancelled); err != nil {
			return err
		}
		if _, err := p.store.LockState(ctx, w, id, a.Run.ID, terraform.Lock{ID: "of-the-dead"}); err != nil {
			return err
		}
		for address, r := range map[string]provision.Resource{
			"waymark_database.main[0]": {Progress: provision.Made, ID: id + "-main"},
			"waymark_bucket.files":     {Progress: provision.Making, ID: id + "-files"},
			"waymark_endpoint.main":    {Progress: provision.Making, ID: id + "-web"},
		} {
			r.Environment, r.Address, r.Run = id, address, a.Run.ID
			if err := p.store.PutResource(ctx, w, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind, name := range map[local.Kind]string{local.Database: "main", local.Bucket: "files"} {
		if _, err := p.local.Put(local.Object{ID: local.ID(id, name), Kind: kind, Name: name, Environment: id}); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"run_a": `{"version": 4, "terraform_version": "1.9.0", "serial": 7, "lineage": "of-the-dead", "outputs": {}, "resources": []}`, "run_b": "half a st"} {
		dir := filepath.Join(p.data, "work", id, name, "config")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "errored.tfstate"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if env = p.destroy(id); env.State != provision.Destroyed {
		t.Fatalf("state %s: %s", env.State, env.Reason)
	}
	if left, err := p.local.List(id); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	page, err := p.store.Runs(ctx, access.System("test"), run.Filter{Lane: id, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	log := p.log(page.Items[0].ID)
	if st, err := p.store.State(ctx, access.System("test"), id); err != nil || st.Lineage != "of-the-dead" || st.Serial <= 7 {
		t.Errorf("the state of lineage %q at %d does not go on from the one that was left (%v)", st.Lineage, st.Serial, err)
	}
	for _, want := range []string{"lock of an earlier try", "could not be uploaded before has been taken over", "left in the work folder cannot be read", "waymark_database.main[0] (" + id + "-main) exists", "waymark_bucket.files (" + id + "-files) exists", "0 changed, 2 destroyed"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "waymark_endpoint.main (") {
		t.Errorf("the log says that the endpoint exists:\n%s", log)
	}
}

func TestBlueprintThatIsGoneOrChanged(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	env := p.work(p.launch(map[string]any{"slowness": 0}))
	changed := fstest.MapFS{}
	for _, name := range []string{"blueprint.yaml", "main.tf", "prices.yaml", "CHANGELOG.md"} {
		b, err := fs.ReadFile(blueprints.FS, "sandbox/"+name)
		if err != nil {
			t.Fatal(err)
		}
		changed["sandbox/"+name] = &fstest.MapFile{Data: append(b, '\n')}
	}
	if err := p.engine.Library.Load(context.Background(), changed); err != nil {
		t.Fatal(err)
	}
	if problems := p.engine.Library.Problems(); len(problems) != 1 || !strings.Contains(problems[0], "raise spec.version") {
		t.Errorf("problems %v", problems)
	}
	if _, err := p.call("launch-environment", map[string]any{"blueprint": "sandbox", "name": "new", "owner": team}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a launch of what is not offered: %v", err)
	}
	if env = p.destroy(env.ID); env.State != provision.Destroyed {
		t.Fatalf("state %s: %s", env.State, env.Reason)
	}
	p.nothingLeft(env.ID)
}

func TestWithoutAnEngineTheRunSaysSo(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	p.engine.Finder = &terraform.Finder{Configured: t.TempDir() + "/tofu"}
	env := p.work(p.launch(map[string]any{}))
	if env.State != provision.Failed || !strings.Contains(env.Reason, "engine") {
		t.Errorf("state %s: %s", env.State, env.Reason)
	}
}
