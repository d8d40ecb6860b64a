package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// take records a scaffold and reserves its repository, as the action does.
func take(s *store.Store, run string) error {
	ctx := context.Background()
	return s.Write(ctx, func(t tx.Tx) error {
		m := scaffold.Scaffold{Run: run, Template: "template:default/go-rest-api", Version: "1", Team: "group:default/payments-team",
			Entity: "component:default/refund-api", Repository: "payments-team/refund-api", Answers: json.RawMessage(`{"name":"refund-api"}`), State: scaffold.Making, CreatedBy: "user:default/ada"}
		if err := s.CreateScaffold(ctx, t, m); err != nil {
			return err
		}
		return s.ReserveRepository(ctx, t, forge.Repository{Owner: "payments-team", Name: "refund-api", Team: m.Team, Run: run, CreatedBy: m.CreatedBy})
	})
}

func TestOfTwoWhoWantANameOneGetsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wait.Go(func() { errs[i] = take(s, "run_"+string(rune('a'+i))) })
		}
		wait.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, scaffold.ErrNameTaken) && !errors.Is(err, forge.ErrTaken):
				t.Errorf("refused with %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d runs got the name, want 1", won)
		}
	})
}

func TestNamesOfARunThatCameToNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := take(s, "run_a"); err != nil {
			t.Fatal(err)
		}
		if run, err := s.MakingScaffold(ctx, "component:default/refund-api"); run != "run_a" || err != nil {
			t.Errorf("making: %q, %v", run, err)
		}
		write(t, s, func(t tx.Tx) error { return s.EndScaffold(ctx, t, "run_a") })
		if err := take(s, "run_b"); err != nil {
			t.Fatalf("after the first run ended: %v", err)
		}
		err := s.Write(ctx, func(t tx.Tx) error { return s.ReclaimScaffold(ctx, t, "run_a") })
		if !errors.Is(err, scaffold.ErrNameTaken) {
			t.Errorf("the first run tried again: %v, want that the name is taken", err)
		}
		err = s.Write(ctx, func(t tx.Tx) error { return s.ReadyRepository(ctx, t, "payments-team", "refund-api", "run_a") })
		if !errors.Is(err, forge.ErrTaken) {
			t.Errorf("the first run published: %v, want taken", err)
		}
		write(t, s, func(t tx.Tx) error { return s.ReadyRepository(ctx, t, "payments-team", "refund-api", "run_b") })
		write(t, s, func(t tx.Tx) error { return s.EndScaffold(ctx, t, "run_b") })
		if err := take(s, "run_c"); !errors.Is(err, forge.ErrTaken) {
			t.Errorf("a repository with a commit was taken over: %v", err)
		}
	})
}

func TestScaffoldIsForItsTeam(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := take(s, "run_a"); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(t tx.Tx) error { return s.FinishScaffold(ctx, t, "run_a", json.RawMessage(`{"remoteUrl":"x"}`)) })
		own := access.Viewer{Actor: action.Actor{ID: "user:default/ben"}, Reads: []string{"group:default/payments-team"}}
		m, err := s.Scaffold(ctx, own, "run_a")
		if err != nil || m.State != scaffold.Made || string(m.Output) != `{"remoteUrl":"x"}` || string(m.Answers) != `{"name":"refund-api"}` {
			t.Errorf("got %+v, %v", m, err)
		}
		other := access.Viewer{Actor: action.Actor{ID: "user:default/zoe"}, Reads: []string{"group:default/risk-team"}}
		if _, err := s.Scaffold(ctx, other, "run_a"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another team: %v, want not found", err)
		}
		counts, err := s.ScaffoldCounts(ctx, other)
		if err != nil || counts["template:default/go-rest-api"] != 1 {
			t.Errorf("counts %v, %v", counts, err)
		}
	})
}

func TestRepositories(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if _, err := s.Repository(ctx, "payments-team", "refund-api"); !errors.Is(err, forge.ErrNotFound) {
			t.Errorf("before: %v, want not found", err)
		}
		if err := take(s, "run_a"); err != nil {
			t.Fatal(err)
		}
		somebody := access.Viewer{Actor: action.Actor{ID: "user:default/ben"}}
		if list, err := s.Repositories(ctx, somebody); len(list) != 0 || err != nil {
			t.Errorf("reserved only: %v, %v; want none", list, err)
		}
		write(t, s, func(t tx.Tx) error { return s.TouchRepository(ctx, t, "payments-team", "refund-api") })
		list, err := s.Repositories(ctx, somebody)
		if err != nil || len(list) != 1 || list[0].State != forge.Ready || list[0].PushedAt.IsZero() || list[0].Team != "group:default/payments-team" {
			t.Errorf("after a push: %+v, %v", list, err)
		}
		if list, err := s.Repositories(ctx, access.Viewer{}); len(list) != 0 || err != nil {
			t.Errorf("nobody sees %v, %v", list, err)
		}
	})
}

func write(t *testing.T, s *store.Store, f func(tx.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}
