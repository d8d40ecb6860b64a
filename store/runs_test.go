package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func insertRun(t *testing.T, s *store.Store, r run.Run) {
	t.Helper()
	err := s.Write(t.Context(), func(tr tx.Tx) error {
		r.CreatedAt = tr.Now()
		r.Input = []byte(`{"size": "small"}`)
		r.Steps = []run.StepRow{{ID: "plan", Title: "Plan", State: run.StepRunning, Note: "5 to add"}}
		if err := s.InsertRun(t.Context(), tr, r); err != nil {
			return err
		}
		_, err := s.AppendLines(t.Context(), tr, r.ID, r.Attempt, []run.Line{{At: tr.Now(), Text: "one"}, {At: tr.Now(), Text: "two"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func someRun(id string, owner string, state run.State) run.Run {
	return run.Run{ID: run.ID("run_" + id), State: state, Attempt: 1, Error: "no luck",
		Spec: run.Spec{Kind: "launch-environment", Title: "Launch " + id, Subject: "env_" + id, Owner: owner, By: "user:default/ada", Lane: "env_" + id}}
}

func TestRunsOfOthersAreShownWithoutWhatIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		insertRun(t, s, someRun("1", payments, run.Running))
		own, err := s.Run(t.Context(), memberOf(payments), "run_1")
		if err != nil || len(own.Input) == 0 || own.Steps[0].Note == "" {
			t.Fatalf("own run %+v, %v", own, err)
		}
		other, err := s.Run(t.Context(), memberOf(ledger), "run_1")
		if err != nil || len(other.Input) != 0 || other.Steps[0].Note != "" || other.Title == "" {
			t.Errorf("other's run %+v, %v", other, err)
		}
		if lines, err := s.RunLines(t.Context(), memberOf(payments), "run_1", 1, 10); err != nil || len(lines) != 1 || lines[0].Text != "two" {
			t.Errorf("own log %v, %v", lines, err)
		}
		for name, v := range map[string]access.Viewer{"other": memberOf(ledger), "nobody": {}} {
			if _, err := s.RunLines(t.Context(), v, "run_1", 0, 10); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads the log: %v", name, err)
			}
		}
		if _, err := s.Run(t.Context(), memberOf(payments), "run_2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a run that is not there: %v", err)
		}
	})
}

func TestRunsFilterAndPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i := range 7 {
			insertRun(t, s, someRun(fmt.Sprint(i), payments, run.Running))
		}
		other := someRun("x", ledger, run.Succeeded)
		other.Kind, other.By = "scaffold", "user:default/ben"
		insertRun(t, s, other)
		tests := []struct {
			name string
			f    run.Filter
			want int
		}{
			{"all", run.Filter{}, 8},
			{"by", run.Filter{By: "user:default/ben"}, 1},
			{"owner", run.Filter{Owner: payments}, 7},
			{"open", run.Filter{State: "open"}, 7},
			{"state", run.Filter{State: run.Succeeded}, 1},
			{"unknown state", run.Filter{State: "sleepy"}, 0},
			{"kind", run.Filter{Kind: "scaffold"}, 1},
			{"subject", run.Filter{Subject: "env_3"}, 1},
			{"lane", run.Filter{Lane: "env_3"}, 1},
			{"both", run.Filter{Owner: ledger, State: "open"}, 0},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				tt.f.Limit = 3
				seen := map[run.ID]bool{}
				for {
					p, err := s.Runs(t.Context(), memberOf(payments), tt.f)
					if err != nil {
						t.Fatal(err)
					}
					for _, r := range p.Items {
						seen[r.ID] = true
						if r.Owner == ledger && len(r.Input) != 0 {
							t.Error("another group's input is in the list")
						}
					}
					if int(p.Total) != tt.want {
						t.Errorf("total %d, want %d", p.Total, tt.want)
					}
					if tt.f.Before = p.Next; p.Next == "" {
						break
					}
				}
				if len(seen) != tt.want {
					t.Errorf("%d runs, want %d", len(seen), tt.want)
				}
			})
		}
		if _, err := s.Runs(t.Context(), memberOf(payments), run.Filter{Before: "2026/x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong cursor: %v", err)
		}
	})
}

func TestOneRunHoldsALane(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		insertRun(t, s, someRun("1", payments, run.Running))
		second := someRun("2", payments, run.Queued)
		second.Lane = "env_1"
		err := s.Write(t.Context(), func(tr tx.Tx) error {
			second.CreatedAt = tr.Now()
			return s.InsertRun(t.Context(), tr, second)
		})
		if err == nil {
			t.Error("two runs hold one lane")
		}
	})
}

func TestOldLogsAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		insertRun(t, s, someRun("open", payments, run.Running))
		insertRun(t, s, someRun("done", payments, run.Succeeded))
		err := s.Write(t.Context(), func(tr tx.Tx) error {
			r := someRun("done", payments, run.Succeeded)
			r.FinishedAt = tr.Now().Add(-100 * 24 * time.Hour)
			_, err := s.MoveRun(t.Context(), tr, r, run.Succeeded, 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		insertLines(t, s, "run_done")
		if _, err := s.ForgetRunLines(t.Context(), time.Now().Add(-90*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[run.ID]int{"run_open": 2, "run_done": 0} {
			if lines, err := s.RunLines(t.Context(), memberOf(payments), id, 0, 10); err != nil || len(lines) != want {
				t.Errorf("%s has %d lines, want %d (%v)", id, len(lines), want, err)
			}
		}
	})
}

// insertLines writes to the log of a run that is over, as it was before.
func insertLines(t *testing.T, s *store.Store, id string) {
	t.Helper()
	_, err := s.WriteDB().Exec(`INSERT INTO run_lines (run_id, n, step, at, level, text) VALUES ($1, 1, '', '2026-01-01T00:00:00.000000Z', 'info', 'old')`, id)
	if err != nil {
		t.Fatal(err)
	}
}

func TestTextsThatCannotBeStoredAreNoFaultOfOurs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		insertRun(t, s, someRun("1", payments, run.Running))
		for _, bad := range []string{"\x00", "a\x00b", "\xff\xfe"} {
			if p, err := s.Runs(t.Context(), memberOf(payments), run.Filter{Owner: bad}); err != nil || len(p.Items) != 0 {
				t.Errorf("owner %q: %d runs, %v", bad, len(p.Items), err)
			}
			if _, err := s.Run(t.Context(), memberOf(payments), run.ID(bad)); !fault.Is(err, fault.NotFound) {
				t.Errorf("id %q: %v", bad, err)
			}
			r := someRun("x"+bad, payments, run.Succeeded)
			r.ID, r.Title = run.ID("run_"+hexOf(bad)), "Launch "+bad
			insertRun(t, s, r)
		}
	})
}

func hexOf(s string) string { return fmt.Sprintf("%x", s) }
