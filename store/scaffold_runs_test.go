package store_test

import (
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func templateRun(id, owner, by string, state run.State) run.Run {
	r := someRun(id, owner, state)
	r.Kind, r.By, r.Lane = scaffold.KindName, by, ""
	return r
}

func runIDs(list []run.Run) string {
	var out []string
	for _, r := range list {
		out = append(out, strings.TrimPrefix(string(r.ID), "run_"))
	}
	return strings.Join(out, " ")
}

func TestScaffoldRunsAreTheTeams(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const ada, ben = "user:default/ada", "user:default/ben"
		insertRun(t, s, templateRun("1", payments, ada, run.Succeeded))
		insertRun(t, s, templateRun("2", ledger, ben, run.Running))
		insertRun(t, s, templateRun("3", payments, ben, run.Failed))
		insertRun(t, s, someRun("other", payments, run.Succeeded))
		reader := access.Viewer{All: true}
		reader.ID = "user:default/grace"
		someone := access.Viewer{}
		someone.ID = ben
		for name, tt := range map[string]struct {
			v     access.Viewer
			f     scaffold.RunFilter
			want  string
			total int
		}{
			"a team":         {memberOf(payments), scaffold.RunFilter{Limit: 9}, "3 1", 2},
			"everything":     {reader, scaffold.RunFilter{Limit: 9}, "3 2 1", 3},
			"one's own":      {someone, scaffold.RunFilter{Limit: 9}, "3 2", 2},
			"nobody":         {access.Viewer{}, scaffold.RunFilter{Limit: 9}, "", 0},
			"a page":         {reader, scaffold.RunFilter{Limit: 1, Offset: 1}, "2", 3},
			"only the count": {reader, scaffold.RunFilter{}, "", 3},
			"by":             {reader, scaffold.RunFilter{By: []string{ben, "x"}, Limit: 9}, "3 2", 2},
			"states":         {reader, scaffold.RunFilter{States: []run.State{run.Failed, run.Running}, Limit: 9}, "3 2", 2},
			"order":          {reader, scaffold.RunFilter{Order: []scaffold.RunOrder{{By: "created_by"}, {By: "created_at"}}, Limit: 9}, "1 2 3", 3},
			"one of others":  {memberOf(payments), scaffold.RunFilter{ID: "run_2", Limit: 1}, "", 0},
			"another kind":   {reader, scaffold.RunFilter{ID: "run_other", Limit: 1}, "", 0},
		} {
			list, total, err := s.ScaffoldRuns(t.Context(), tt.v, tt.f)
			if err != nil || runIDs(list) != tt.want || total != tt.total {
				t.Errorf("%s: %q of %d, %v; want %q of %d", name, runIDs(list), total, err, tt.want, tt.total)
			}
		}
		list, _, err := s.ScaffoldRuns(t.Context(), reader, scaffold.RunFilter{ID: "run_3", Limit: 1})
		if err != nil || len(list) != 1 || len(list[0].Steps) != 1 || len(list[0].Input) == 0 {
			t.Errorf("one run: %+v, %v", list, err)
		}
	})
}

func TestMadeKeepsItsOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put := func(kind, state string) {
			t.Helper()
			write(t, s, func(tr tx.Tx) error {
				return s.PutMade(t.Context(), tr, scaffold.Artefact{Run: "run_1", Step: "s", Kind: kind, Ref: "r", State: state})
			})
		}
		write(t, s, func(tr tx.Tx) error {
			return s.CreateScaffold(t.Context(), tr, scaffold.Scaffold{Run: "run_1", Template: "template:default/t", Team: payments, State: scaffold.Making, CreatedBy: "user:default/zoe"})
		})
		put("repository", scaffold.ArtefactBegun)
		put("location", scaffold.ArtefactBegun)
		put("repository", scaffold.ArtefactMade)
		got, err := s.Made(t.Context(), memberOf(payments), "run_1")
		if err != nil || len(got) != 2 || got[0].Kind != "repository" || got[0].State != scaffold.ArtefactMade || got[1].State != scaffold.ArtefactBegun {
			t.Errorf("made %+v, %v", got, err)
		}
		if _, err := s.Made(t.Context(), memberOf(ledger), "run_1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another team reads it: %v", err)
		}
	})
}
