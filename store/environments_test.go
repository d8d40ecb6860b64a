package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const envOwner = "group:default/payments"

func anEnvironment(id, name string) provision.Environment {
	return provision.Environment{ID: id, Name: name, Owner: envOwner, Kind: "dev", Blueprint: "sandbox", Version: "1.0.0",
		Hash: "h", Service: "component:default/ledger", Parameters: []byte(`{"size":"small"}`), State: provision.Requested,
		TTL: 8 * time.Hour, By: "user:default/ada", Entity: "environment:default/payments-" + name, Run: "run_1",
		CreatedAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
}

// member reads for the payments team; stranger for nobody.
var (
	member   = access.Viewer{Reads: []string{envOwner}}
	stranger = access.Viewer{}
)

func writeTx(t *testing.T, s *store.Store, f func(context.Context, tx.Tx) error) error {
	t.Helper()
	ctx := context.Background()
	return s.Write(ctx, func(w tx.Tx) error { return f(ctx, w) })
}

func mustWrite(t *testing.T, s *store.Store, f func(context.Context, tx.Tx) error) {
	t.Helper()
	if err := writeTx(t, s, f); err != nil {
		t.Fatal(err)
	}
}

func createEnvironment(t *testing.T, s *store.Store, e provision.Environment) {
	t.Helper()
	mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.CreateEnvironment(ctx, w, e) })
}

func TestOfTwoChangesAtOnceTheSecondSeesTheFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		createEnvironment(t, s, anEnvironment("env_1", "try"))
		var began atomic.Int32
		var both sync.WaitGroup
		for range 4 {
			both.Go(func() {
				err := s.Write(context.Background(), func(w tx.Tx) error {
					e, err := s.TxEnvironment(context.Background(), w, "env_1")
					if err != nil || e.DestroyRun != "" {
						return err
					}
					time.Sleep(50 * time.Millisecond) // the others read meanwhile, if they may
					e.DestroyRun = run.ID(fmt.Sprint("run_", began.Add(1)))
					return s.SaveEnvironment(context.Background(), w, e, e.State)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if n := began.Load(); n != 1 {
			t.Errorf("%d destroys began, want one", n)
		}
	})
}

func TestEnvironmentNamesAreUniqueWhileTheyLive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := anEnvironment("env_1", "try")
		createEnvironment(t, s, first)
		again := func(id string) error {
			return writeTx(t, s, func(ctx context.Context, w tx.Tx) error { return s.CreateEnvironment(ctx, w, anEnvironment(id, "try")) })
		}
		if err := again("env_2"); !errors.Is(err, provision.ErrTaken) || !fault.Is(err, fault.Conflict) {
			t.Fatalf("the same name twice: %v", err)
		}
		other := anEnvironment("env_4", "ry")
		other.Owner, other.Entity = "group:default/payments-t", first.Entity
		err := writeTx(t, s, func(ctx context.Context, w tx.Tx) error { return s.CreateEnvironment(ctx, w, other) })
		if !errors.Is(err, provision.ErrTaken) {
			t.Errorf("another owner's of the same entity: %v", err)
		}
		first.State, first.Reason = provision.Refused, "policy"
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.SaveEnvironment(ctx, w, first, provision.Requested) })
		if err := again("env_3"); err != nil {
			t.Errorf("the name of one that is gone: %v", err)
		}
	})
}

func TestEnvironmentRoundTripAndHiding(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e := anEnvironment("env_1", "try")
		createEnvironment(t, s, e)
		e.State, e.Reason, e.DestroyRun, e.Estimate, e.Currency = provision.Failed, "why", "run_2", "12.50", "USD"
		e.Outputs = []provision.Output{{Name: "url", Title: "URL", Value: "sqlite:x"}, {Name: "pw", Sensitive: true, Secret: "env_1-pw"}}
		e.ReadyAt, e.ExpiresAt = e.CreatedAt.Add(time.Minute), e.CreatedAt.Add(8*time.Hour)
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.SaveEnvironment(ctx, w, e, provision.Requested) })
		got, err := s.Environment(ctx, member, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Error(diff)
		}
		seen, err := s.Environment(ctx, stranger, e.ID)
		if err != nil || seen.Name != "try" || seen.State != provision.Failed {
			t.Errorf("a stranger sees %+v, %v; want what the catalog tells", seen, err)
		}
		if seen.Outputs != nil || seen.Reason != "" || seen.Estimate != "" || string(seen.Parameters) != "{}" || seen.Run != "" || seen.By != "" {
			t.Errorf("a stranger sees too much: %+v", seen)
		}
		err = writeTx(t, s, func(ctx context.Context, w tx.Tx) error { return s.SaveEnvironment(ctx, w, e, provision.Ready) })
		if !errors.Is(err, provision.ErrMoved) {
			t.Errorf("a save from the wrong state: %v", err)
		}
		if _, err := s.Environment(ctx, member, "env_none"); !errors.Is(err, provision.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
}

func TestEnvironmentsFilterAndPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i, id := range []string{"env_1", "env_2", "env_3", "env_4"} {
			e := anEnvironment(id, "n"+id[4:])
			switch i {
			case 1:
				e.Owner, e.Service = "group:default/risk", ""
			case 3:
				e.State = provision.Destroyed
			}
			createEnvironment(t, s, e)
		}
		tests := []struct {
			name  string
			f     provision.Filter
			want  []string
			total int
		}{
			{"all that live", provision.Filter{}, []string{"env_3", "env_2", "env_1"}, 3},
			{"gone too", provision.Filter{Gone: true}, []string{"env_4", "env_3", "env_2", "env_1"}, 4},
			{"of an owner", provision.Filter{Owner: "group:default/risk"}, []string{"env_2"}, 1},
			{"of my groups", provision.Filter{Mine: []string{envOwner, "group:default/x"}}, []string{"env_3", "env_1"}, 2},
			{"of no group", provision.Filter{Mine: []string{}}, nil, 0},
			{"of a service", provision.Filter{Service: "component:default/ledger"}, []string{"env_3", "env_1"}, 2},
			{"in a state", provision.Filter{State: provision.Destroyed}, []string{"env_4"}, 1},
			{"second page", provision.Filter{Limit: 1, After: "env_3"}, []string{"env_2"}, 3},
		}
		for _, tt := range tests {
			list, total, err := s.Environments(context.Background(), stranger, tt.f)
			var got []string
			for _, e := range list {
				got = append(got, e.ID)
			}
			if err != nil || !slices.Equal(got, tt.want) || total != tt.total {
				t.Errorf("%s: %v of %d, %v; want %v of %d", tt.name, got, total, err, tt.want, tt.total)
			}
		}
	})
}

func TestEnvironmentsToEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
		for id, change := range map[string]func(*provision.Environment){
			"env_due":     func(e *provision.Environment) { e.ExpiresAt = now },
			"env_later":   func(e *provision.Environment) { e.ExpiresAt = now.Add(time.Microsecond) },
			"env_ending":  func(e *provision.Environment) { e.ExpiresAt, e.DestroyRun = now, "run_9" },
			"env_failed":  func(e *provision.Environment) { e.ExpiresAt, e.State = now, provision.Failed },
			"env_forever": func(*provision.Environment) {},
		} {
			e := anEnvironment(id, id[4:])
			e.State = provision.Ready
			change(&e)
			createEnvironment(t, s, e)
		}
		list, err := s.EnvironmentsToEnd(context.Background(), access.System("test"), now)
		if err != nil || len(list) != 1 || list[0].ID != "env_due" {
			t.Errorf("got %v, %v; want the one that is due", list, err)
		}
	})
}

func TestPlanIsUsedOnceAndHidden(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		createEnvironment(t, s, anEnvironment("env_1", "try"))
		p := provision.Plan{Run: "run_1", Environment: "env_1", Version: "1.0.0", InputHash: "h", Serial: 3, Engine: "OpenTofu 1",
			Changes:   []provision.Change{{Address: "a.b", Type: "a", Action: "create", Attributes: []terraform.Attribute{{Name: "x", After: "y"}}}},
			Checks:    []provision.Check{{Rule: "r", Level: "advisory", Message: "m"}},
			Estimate:  provision.Estimate{Currency: "USD", Monthly: "1.00", Hours: 730},
			CreatedAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.PutPlan(ctx, w, p) })
		got, err := s.Plan(ctx, member, "run_1")
		if diff := cmp.Diff(p, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if _, err := s.Plan(ctx, stranger, "run_1"); !errors.Is(err, provision.ErrNoPlan) {
			t.Errorf("a stranger reads the plan: %v", err)
		}
		use := func(ctx context.Context, w tx.Tx) error { return s.UsePlan(ctx, w, "run_1") }
		mustWrite(t, s, use)
		if err := writeTx(t, s, use); !errors.Is(err, provision.ErrPlanUsed) {
			t.Errorf("the second use: %v", err)
		}
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.PutPlan(ctx, w, p) })
		mustWrite(t, s, use) // a newer plan of the same run
	})
}

func TestResourcesKeepTheirID(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		createEnvironment(t, s, anEnvironment("env_1", "try"))
		for _, r := range []provision.Resource{{Progress: provision.Making, ID: "planned"}, {Progress: provision.Made, ID: "real"}, {Progress: provision.Removing}} {
			r.Environment, r.Address, r.Run = "env_1", "a.b", "run_1"
			mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.PutResource(ctx, w, r) })
		}
		got, err := s.Resources(ctx, member, "env_1")
		if err != nil || len(got) != 1 || got[0].Progress != provision.Removing || got[0].ID != "real" {
			t.Errorf("got %+v, %v", got, err)
		}
		if got, err := s.Resources(ctx, stranger, "env_1"); err != nil || len(got) != 0 {
			t.Errorf("a stranger sees %+v, %v", got, err)
		}
	})
}

func TestBlueprintVersionsNeverChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		put := func(hash, text string) (kept string) {
			mustWrite(t, s, func(ctx context.Context, w tx.Tx) (err error) {
				kept, err = s.PutBlueprint(ctx, w, "db", "1.0.0", hash, map[string][]byte{"main.tf": []byte(text)})
				return err
			})
			return kept
		}
		if first, second := put("h1", "one"), put("h2", "two"); first != "h1" || second != "h1" {
			t.Errorf("kept %s, then %s; want h1 both times", first, second)
		}
		files, err := s.BlueprintFiles(ctx, "db", "1.0.0")
		if err != nil || string(files["main.tf"]) != "one" {
			t.Errorf("got %q, %v", files, err)
		}
		if _, err := s.BlueprintFiles(ctx, "db", "2.0.0"); !errors.Is(err, provision.ErrNoBlueprint) {
			t.Errorf("got %v, want ErrNoBlueprint", err)
		}
	})
}

func TestStateVersionsAndLock(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		createEnvironment(t, s, anEnvironment("env_1", "try"))
		put := func(lock string, serial int64, lineage string) error {
			return writeTx(t, s, func(ctx context.Context, w tx.Tx) error {
				return s.PutState(ctx, w, "env_1", "run_1", lock, terraform.State{Serial: serial, Lineage: lineage, Body: []byte{0, 255}})
			})
		}
		lock := func(id string) (holder terraform.Lock, err error) {
			err = writeTx(t, s, func(ctx context.Context, w tx.Tx) error {
				holder, err = s.LockState(ctx, w, "env_1", "run_1", terraform.Lock{ID: id, Who: "me"})
				return err
			})
			return holder, err
		}
		if _, err := s.State(ctx, member, "env_1"); !errors.Is(err, terraform.ErrNoState) {
			t.Errorf("got %v, want ErrNoState", err)
		}
		if err := put("1", 1, "L"); !errors.Is(err, terraform.ErrNotOwner) {
			t.Errorf("without the lock: %v", err)
		}
		if _, err := lock("1"); err != nil {
			t.Fatal(err)
		}
		if holder, err := lock("2"); !errors.Is(err, terraform.ErrLocked) || holder.ID != "1" {
			t.Errorf("locked by %s, %v; want 1", holder.ID, err)
		}
		for _, step := range []struct {
			serial  int64
			lineage string
			want    error
		}{{1, "L", nil}, {1, "L", terraform.ErrStale}, {2, "M", terraform.ErrStale}, {5, "L", nil}, {4, "L", terraform.ErrStale}} {
			if err := put("1", step.serial, step.lineage); !errors.Is(err, step.want) {
				t.Errorf("serial %d of %s: %v, want %v", step.serial, step.lineage, err, step.want)
			}
		}
		if st, err := s.State(ctx, member, "env_1"); err != nil || st.Serial != 5 || string(st.Body) != "\x00\xff" {
			t.Errorf("got %+v, %v", st, err)
		}
		if _, err := s.State(ctx, stranger, "env_1"); !errors.Is(err, terraform.ErrNoState) {
			t.Errorf("a stranger reads the state: %v", err)
		}
		unlock := func(id string) error {
			return writeTx(t, s, func(ctx context.Context, w tx.Tx) error { return s.UnlockState(ctx, w, "env_1", id) })
		}
		if err := unlock("2"); !errors.Is(err, terraform.ErrNotOwner) {
			t.Errorf("unlocked by another: %v", err)
		}
		var held bool
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) (err error) {
			_, held, err = s.BreakLock(ctx, w, "env_1")
			return err
		})
		if err := unlock("1"); err != nil || !held {
			t.Errorf("after the lock was broken (%t): %v", held, err)
		}
	})
}

func TestSecretsAreKeptOnceAndHidden(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		x := provision.Secret{ID: "env_1-pw", Environment: "env_1", Owner: envOwner, Name: "pw", Value: "\x00sealed", By: "a"}
		for _, value := range []string{"\x00sealed", "another"} {
			x.Value = value
			mustWrite(t, s, func(ctx context.Context, w tx.Tx) error {
				kept, err := s.PutSecret(ctx, w, x)
				if err == nil && kept.Value != "\x00sealed" {
					t.Errorf("kept %q, want the first", kept.Value)
				}
				return err
			})
		}
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.SetSecret(ctx, w, x) })
		if got, err := s.Secret(ctx, member, x.ID); err != nil || got.Value != "another" {
			t.Errorf("got %+v, %v", got, err)
		}
		if _, err := s.Secret(ctx, stranger, x.ID); !errors.Is(err, provision.ErrNoSecret) {
			t.Errorf("a stranger reads it: %v", err)
		}
		if list, err := s.SecretsOf(ctx, stranger, "env_1"); err != nil || len(list) != 0 {
			t.Errorf("a stranger lists %v, %v", list, err)
		}
		mustWrite(t, s, func(ctx context.Context, w tx.Tx) error { return s.DropSecretsOf(ctx, w, "env_1") })
		if _, err := s.Secret(ctx, member, x.ID); !errors.Is(err, provision.ErrNoSecret) {
			t.Errorf("after it was dropped: %v", err)
		}
	})
}
