package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const payments, ledger = "group:default/payments-team", "group:default/ledger-team"

func memberOf(group string) access.Viewer {
	return access.Viewer{Actor: action.Actor{ID: "user:default/ada"}, Reads: []string{group}}
}

func appendEvents(t *testing.T, s *store.Store, n int, e event.Event) {
	t.Helper()
	err := s.Write(t.Context(), func(tr tx.Tx) error {
		for i := range n {
			e.ID, e.At = "", tr.Now().Add(time.Duration(i)*time.Microsecond)
			e.Data = json.RawMessage(fmt.Sprintf(`{"n":%d}`, i))
			if err := s.Append(t.Context(), tr, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEventsAreSealedAndVerified(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		appendEvents(t, s, 600, event.Event{Type: "run.started", Actor: "user:default/ada", Subject: "run_1", Owner: payments})
		if v, err := s.VerifyEvents(t.Context()); err != nil || !v.OK || v.UpTo != 0 || v.Waiting != 600 {
			t.Errorf("before sealing: %+v, %v", v, err)
		}
		if n, err := s.SealEvents(t.Context()); err != nil || n != 600 {
			t.Fatalf("sealed %d, %v", n, err)
		}
		appendEvents(t, s, 1, event.Event{Type: "run.finished", Actor: "system:run", Subject: "run_1", Owner: payments})
		if n, err := s.SealEvents(t.Context()); err != nil || n != 1 {
			t.Fatalf("sealed %d, %v", n, err)
		}
		if v, err := s.VerifyEvents(t.Context()); err != nil || !v.OK || v.UpTo != 601 || v.Waiting != 0 {
			t.Errorf("after sealing: %+v, %v", v, err)
		}
	})
}

func TestEventsAreAppendOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		appendEvents(t, s, 2, event.Event{Type: "run.started", Owner: payments})
		try := func(q string) error { _, err := s.WriteDB().Exec(q); return err }
		if try(`UPDATE events SET actor = 'user:default/eve'`) == nil {
			t.Error("an unsealed event was changed")
		}
		if _, err := s.SealEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{`DELETE FROM events`, `UPDATE events SET data = '{}'`, `UPDATE events SET hash = 'x'`, `UPDATE events SET seq = NULL`} {
			if try(q) == nil {
				t.Errorf("%s went through", q)
			}
		}
	})
}

func TestEventsFilterAndPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		appendEvents(t, s, 7, event.Event{Type: "run.started", Actor: "user:default/ada", Subject: "run_1", Owner: payments})
		appendEvents(t, s, 3, event.Event{Type: "run.finished", Actor: "system:run", Subject: "run_1", Owner: payments})
		appendEvents(t, s, 2, event.Event{Type: "runner.up", Subject: "x", Owner: ledger})
		all := access.System("test")
		tests := []struct {
			name string
			v    access.Viewer
			f    event.Filter
			want int64
		}{
			{"all", all, event.Filter{}, 12},
			{"type", all, event.Filter{Type: "run.started"}, 7},
			{"prefix", all, event.Filter{Type: "run."}, 10},
			{"subject", all, event.Filter{Subject: "x"}, 2},
			{"by", all, event.Filter{By: "system:run"}, 3},
			{"from the future", all, event.Filter{From: time.Now().Add(time.Hour)}, 0},
			{"to the past", all, event.Filter{To: time.Now().Add(-time.Hour)}, 0},
			{"own group", memberOf(ledger), event.Filter{}, 2},
			{"nobody", access.Viewer{}, event.Filter{}, 0},
			{"other group's subject", memberOf(ledger), event.Filter{Subject: "run_1"}, 0},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				tt.f.Limit = 4
				var got int64
				seen := map[string]bool{}
				for {
					p, err := s.Events(t.Context(), tt.v, tt.f)
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range p.Items {
						if seen[e.ID] {
							t.Fatalf("%s came twice", e.ID)
						}
						seen[e.ID] = true
						got++
					}
					if p.Total != tt.want {
						t.Errorf("total %d, want %d", p.Total, tt.want)
					}
					if tt.f.Before = p.Next; p.Next == "" {
						break
					}
				}
				if got != tt.want {
					t.Errorf("%d events, want %d", got, tt.want)
				}
			})
		}
		if _, err := s.Events(t.Context(), all, event.Filter{Before: "nonsense"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong cursor: %v", err)
		}
		p, err := s.Events(context.Background(), memberOf(ledger), event.Filter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Event(t.Context(), memberOf(payments), p.Items[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another group's event: %v", err)
		}
	})
}
