package store_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// used records uses of a template, one for each state.
func used(t *testing.T, s *store.Store, template string, states ...string) {
	t.Helper()
	ctx := context.Background()
	for i, state := range states {
		id := "run_" + string(rune('a'+i)) + template[len(template)-1:]
		write(t, s, func(t tx.Tx) error {
			return s.CreateScaffold(ctx, t, scaffold.Scaffold{Run: id, Template: template, State: scaffold.Making, CreatedBy: "user:default/ada", Answers: json.RawMessage(`{}`)})
		})
		write(t, s, func(t tx.Tx) error {
			switch state {
			case scaffold.Made:
				return s.FinishScaffold(ctx, t, id, json.RawMessage(`{}`))
			case scaffold.Ended:
				return s.EndScaffold(ctx, t, id)
			}
			return nil
		})
	}
}

func TestTemplateUsage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		ada := access.Viewer{Actor: action.Actor{ID: "user:default/ada"}}
		ben := access.Viewer{Actor: action.Actor{ID: "user:default/ben"}}
		owner := access.Viewer{Actor: action.Actor{ID: "user:default/cleo"}, Reads: []string{"group:default/platform"}}
		used(t, s, "template:default/a", scaffold.Made, scaffold.Made, scaffold.Made, scaffold.Ended, scaffold.Making)
		used(t, s, "template:default/b", scaffold.Ended)
		for _, f := range []scaffold.Feedback{{Person: ada.ID, Rating: 2, Text: "slow"}, {Person: ada.ID, Rating: 5, Text: "better now"}, {Person: ben.ID, Rating: 4}} {
			f.Template, f.Version = "template:default/a", "1"
			write(t, s, func(t tx.Tx) error { return s.RateTemplate(ctx, t, f) })
		}
		all, err := s.TemplateUsage(ctx, ben, "")
		if err != nil || len(all) != 2 {
			t.Fatalf("got %v, %v; want two templates", all, err)
		}
		a := all["template:default/a"]
		if share, ok := a.Success(); a.Made != 3 || a.Ended != 1 || a.Making != 1 || !ok || share != 0.75 || a.Ratings != 2 || a.Rating != 4.5 || time.Since(a.Last) > time.Hour {
			t.Errorf("got %+v", a)
		}
		if one, err := s.TemplateUsage(ctx, ben, "template:default/b"); err != nil || len(one) != 1 || one["template:default/b"].Ended != 1 {
			t.Errorf("one template: %v, %v", one, err)
		}
		if none, err := s.TemplateUsage(ctx, access.Viewer{}, ""); err != nil || len(none) != 0 {
			t.Errorf("nobody sees %v, %v", none, err)
		}
		for _, tt := range []struct {
			name string
			v    access.Viewer
			want int
		}{{"the owner", owner, 2}, {"who wrote one", ben, 1}, {"nobody", access.Viewer{}, 0}, {"another", access.Viewer{Actor: action.Actor{ID: "user:default/dan"}}, 0}} {
			list, err := s.TemplateFeedback(ctx, tt.v, "template:default/a", "group:default/platform")
			if err != nil || len(list) != tt.want {
				t.Errorf("%s reads %v, %v; want %d", tt.name, list, err, tt.want)
			}
		}
		if yes, err := s.UsedTemplate(ctx, ada, "template:default/a"); !yes || err != nil {
			t.Errorf("who used it: %v, %v", yes, err)
		}
		if yes, err := s.UsedTemplate(ctx, ben, "template:default/a"); yes || err != nil {
			t.Errorf("who did not: %v, %v", yes, err)
		}
	})
}

// Of a template that was never timed nothing is told; of others the median.
func TestTemplateUsageMedian(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		used(t, s, "template:default/c", scaffold.Made, scaffold.Made, scaffold.Made)
		start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		for i, seconds := range []int{10, 30, 20} {
			id := "run_" + string(rune('a'+i)) + "c"
			write(t, s, func(t tx.Tx) error {
				_, err := t.SQL().ExecContext(ctx, `INSERT INTO runs (id, kind, title, subject, owner, actor, lane, input, state, waiting_for, attempt, created_at, started_at, finished_at, woken_at)
					VALUES ('`+id+`', 'scaffold', '', '', '', '', '', '{}', '`+string(run.Succeeded)+`', '', 1, '`+tx.Format(start)+`', '`+tx.Format(start)+`', '`+tx.Format(start.Add(time.Duration(seconds)*time.Second))+`', '')`)
				return err
			})
		}
		got, err := s.TemplateUsage(ctx, access.Viewer{Actor: action.Actor{ID: "user:default/ada"}}, "")
		if u := got["template:default/c"]; err != nil || u.Median != 20*time.Second {
			t.Errorf("got %+v, %v; want a median of 20 s", u, err)
		}
	})
}
