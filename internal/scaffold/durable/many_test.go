package durable_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// Fifty people ask at once: every service is made, each with its own files and
// log, in the order in which its team asked.
func TestFiftyAtOnce(t *testing.T) {
	const many, atOnce = 50, 8
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPortal(t, s, setup{})
		p.begin()
		var mu sync.Mutex
		ids := map[string]run.ID{}
		var wait sync.WaitGroup
		for i := range many {
			wait.Go(func() {
				name := fmt.Sprintf("svc-%02d", i)
				who := action.Actor{ID: fmt.Sprintf("user:default/p%d", i), Groups: []string{team}}
				id, err := p.order(who, name, map[string]string{"token": "token-of-" + name})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ids[name] = id
			})
		}
		wait.Wait()
		var runs []run.Run
		for name, id := range ids {
			r := p.ends(id, run.Succeeded)
			runs = append(runs, r)
			p.complete(name)
			log := p.log(id)
			for other := range ids {
				if other != name && (strings.Contains(log, other) || strings.Contains(log, "token-of-")) {
					t.Errorf("the log of %s tells of %s or a secret:\n%s", name, other, log)
				}
			}
		}
		if len(runs) != many {
			t.Fatalf("%d runs", len(runs))
		}
		inOrder(t, runs, atOnce)
	})
}

// inOrder checks that the runs began in the order in which they were asked
// for; those that are worked on at the same time may overtake each other.
func inOrder(t *testing.T, runs []run.Run, atOnce int) {
	t.Helper()
	by := func(at func(run.Run) time.Time) []run.ID {
		slices.SortFunc(runs, func(a, b run.Run) int {
			if c := at(a).Compare(at(b)); c != 0 {
				return c
			}
			return strings.Compare(string(a.ID), string(b.ID))
		})
		var ids []run.ID
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return ids
	}
	asked, began := by(func(r run.Run) time.Time { return r.CreatedAt }), by(func(r run.Run) time.Time { return r.StartedAt })
	for i, id := range asked {
		if at := slices.Index(began, id); at > i+atOnce || at < i-atOnce {
			t.Errorf("number %d that was asked for began as number %d", i+1, at+1)
		}
	}
}
