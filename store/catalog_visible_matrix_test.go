package store_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// visibleReads asks every read with a viewer for whatever it has. The answer
// must not mention what is hidden.
var visibleReads = map[string]func(context.Context, *store.Store, access.Viewer) (any, error){
	"Entity": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		return s.Entity(c, v, r)
	}),
	"Tombstone": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		return s.Tombstone(c, v, r)
	}),
	"EntityAncestry": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		return s.EntityAncestry(c, v, r)
	}),
	"EntityProblems": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		return s.EntityProblems(c, v, r)
	}),
	"EntityJSON": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		raw, err := s.EntityJSON(c, v, r)
		return string(raw), err
	}),
	"EntityChanges": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		list, err := s.EntityChanges(c, v, r, 10)
		if r.Name == "zebra-pay" && len(list) > 0 {
			return zebra, err
		}
		return nil, err
	}),
	"RelatedTo": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		return s.RelatedTo(c, v, "dependsOn", []catalog.Ref{catalog.MustRef("component:default/ledger")})
	}),
	"EntityGraph": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		g, err := s.EntityGraph(c, v, catalog.GraphQuery{Start: catalog.MustRef("component:default/ledger"), Depth: 4, Users: true, Uses: true})
		if err != nil {
			return nil, err
		}
		from, err := s.EntityGraph(c, v, catalog.GraphQuery{Start: catalog.MustRef("component:default/zebra-pay"), Depth: 4, Users: true, Uses: true})
		if len(from.Edges) > 0 {
			return zebra, err
		}
		if hit, err := s.EntityImpact(c, v, catalog.ImpactQuery{Start: catalog.MustRef("api:default/zebra-api")}); err != nil || len(hit.Hits) > 0 {
			return zebra, err
		}
		return g, err
	}),
	"EntityImpact": withRef(func(c context.Context, s *store.Store, v access.Viewer, r catalog.Ref) (any, error) {
		return s.EntityImpact(c, v, catalog.ImpactQuery{Start: catalog.MustRef("component:default/ledger")})
	}),
	"Entities": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Entities(c, v, catalog.Filter{Facets: true, Limit: 100})
	},
	"ExportEntities": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		var all []catalog.Exported
		return &all, s.ExportEntities(c, v, catalog.Filter{}, func(e catalog.Exported) error { all = append(all, e); return nil })
	},
	"EntityGroups": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.EntityGroups(c, v, catalog.GroupQuery{Field: "system", All: true, Rows: 10})
	},
	"EntityOptions": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.EntityOptions(c, v, []string{"component", "api", "system"}, "", 50)
	},
	"EntityCounts": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.EntityCounts(c, v, catalog.Filter{}, "type")
	},
	"EntitySummaries": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		list, err := s.EntitySummaries(c, v, []catalog.Ref{catalog.MustRef("component:default/zebra-pay")})
		if len(list) > 0 {
			return zebra, err
		}
		return nil, err
	},
	"Problems": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		list, _, err := s.Problems(c, v, "")
		return list, err
	},
	"FindProblems": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		if err := s.CheckReferences(c); err != nil {
			return nil, err
		}
		return s.FindProblems(c, v, catalog.ProblemFilter{})
	},
	"SeenFiles": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		all, err := s.SeenSources(c, access.System("test"))
		if err != nil {
			return nil, err
		}
		files, err := s.SeenFiles(c, v, all[len(all)-1].ID)
		for path := range files {
			if strings.HasPrefix(path, "hr/") {
				return zebra, err
			}
		}
		return nil, err
	},
	"SeenSources": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		all, err := s.SeenSources(c, v)
		for _, st := range all {
			if st.Entities > 7 || st.ID == "engine:test" {
				return zebra, err
			}
		}
		return nil, err
	},
	"QueryEntities": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		p, err := s.QueryEntities(c, v, query.Request{Limit: 100, Total: true})
		return texts(p.Items), err
	},
	"StreamEntities": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		var all []json.RawMessage
		err := s.StreamEntities(c, v, nil, nil, func(raw json.RawMessage) error { all = append(all, append(raw[:0:0], raw...)); return nil })
		return texts(all), err
	},
	"EntitiesByRefs": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		list, err := s.EntitiesByRefs(c, v, []string{"component:default/zebra-pay", "component:default/ledger"}, nil)
		return texts(list), err
	},
	"EntityFacets": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.EntityFacets(c, v, nil, []string{"metadata.name", "spec.type", "relations.dependencyof"})
	},
	"EntityByUID": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		raw, err := s.EntityByUID(c, v, catalog.UID(catalog.MustRef("component:default/zebra-pay")))
		return string(raw), err
	},
	"CostSums": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.CostSums(c, v, cost.DimService, []cost.Span{{Grain: cost.Day, From: "2026-10-01", To: "2026-11-01"}}, cost.Billed)
	},
	"CostCells": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.CostCells(c, v, cost.Query{Group: cost.DimService, Team: "group:default/hr", Measure: cost.Billed}, []cost.Span{{Grain: cost.Day, From: "2026-10-01", To: "2026-11-01"}})
	},
	"CostDirectory": func(c context.Context, s *store.Store, v access.Viewer) (any, error) { return s.CostDirectory(c, v) },
	"ComponentOfRepository": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.ComponentOfRepository(c, v, "acme/z")
	},
	"UnknownServices": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		list, err := s.UnknownServices(c, v, 50)
		return strings.Repeat(zebra, len(list)), err // the ghost could be a hidden one
	},
	"Tallies": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		all, err := s.Tallies(c, v, []string{delivery.All}, []delivery.Span{{Grain: delivery.Day, From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}})
		return strings.Repeat(zebra, max(0, len(all)-1)), err // beside the ghost's
	},
	"OpenIncidents": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		n, err := s.OpenIncidents(c, v, nil)
		return strings.Repeat(zebra, int(n)), err
	},
	"HasDeployments": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		has, err := s.HasDeployments(c, v, []string{"component:default/zebra-pay"})
		if has {
			return zebra, err
		}
		return nil, err
	},
	"LastDeployments": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.LastDeployments(c, v, []string{"component:default/zebra-pay"})
	},
	"Deployments": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Deployments(c, v, delivery.Filter{Limit: 50})
	},
	"Changes": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Changes(c, v, delivery.Filter{Limit: 50})
	},
	"Incidents": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Incidents(c, v, delivery.Filter{Limit: 50})
	},
	"Recoveries": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Recoveries(c, v, delivery.Filter{From: day("2026-10-01"), To: day("2026-11-01"), Limit: 50})
	},
	"Environment": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Environment(c, v, "env_z")
	},
	"Environments": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		list, n, err := s.Environments(c, v, provision.Filter{Gone: true})
		return []any{list, strings.Repeat(zebra, n)}, err
	},
	"Events": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Events(c, v, event.Filter{Limit: 50})
	},
	"Decisions": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Decisions(c, v, policy.Filter{Limit: 50})
	},
	"Repositories": func(c context.Context, s *store.Store, v access.Viewer) (any, error) { return s.Repositories(c, v) },
	"Run":          func(c context.Context, s *store.Store, v access.Viewer) (any, error) { return s.Run(c, v, "run_z") },
	"Runs": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		return s.Runs(c, v, run.Filter{Limit: 50})
	},
	"RunLines": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		list, err := s.RunLines(c, v, "run_z", 0, 10)
		if len(list) > 0 {
			return zebra, err
		}
		return nil, err
	},
	"Search": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		r, err := s.Search(c, v, search.Query{Text: zebra})
		return []any{r.Items, r.Kinds, r.Owners, r.Corrected}, err
	},
}

func withRef(read func(context.Context, *store.Store, access.Viewer, catalog.Ref) (any, error)) func(context.Context, *store.Store, access.Viewer) (any, error) {
	return func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
		var all []any
		var last error
		for _, name := range []string{"component:default/zebra-pay", "component:default/zebra-old", "component:default/zebra-bad", "component:default/ledger"} {
			got, err := read(c, s, v, catalog.MustRef(name))
			if err != nil {
				last = err
				continue
			}
			all = append(all, got)
		}
		if len(all) > 0 {
			last = nil
		}
		return all, last
	}
}

func texts(list []json.RawMessage) []string {
	var out []string
	for _, raw := range list {
		out = append(out, string(raw))
	}
	return out
}

// showsNothingOfEntities lists the reads that the matrix leaves out, each
// with its reason.
var showsNothingOfEntities = map[string]string{
	"AccountOf": "one's own account", "SavedView": "one's own filters", "SavedViews": "one's own filters",
	"Survey": "questions and groups", "Surveys": "questions and groups", "CostImports": "bills", "CostState": "bills",
	"Budgets": "groups, covered by the rule of this test never", "DocsSince": "the system's own; asks again as a viewer",
	"EnvironmentsToEnd": "the system's own", "SearchSources": "the system's own", "VisibilityCounts": "tested beside",
	"EntityTotal": "a number, tested beside", "ListCounts": "numbers, tested beside", "OwnedCounts": "numbers by EntityCounts", "ProblemCount": "a number, tested beside",
	"RowMarks": "numbers of given references", "Ownership": "owners as visible entities name them", "Stars": "one's own",
	"Plan": "the owning group's, through its environment", "State": "the owning group's, through its environment",
	"Resources": "asks Environment", "Secret": "the owning group's", "SecretsOf": "the owning group's",
	"Made": "the owning group's, through its scaffold", "RunWarnings": "the owning group's", "ScaffoldRuns": "as Runs, of the owning group or one's own",
	"Scaffold": "the owning group's", "ScaffoldCounts": "numbers of templates", "TemplateUsage": "numbers of templates", "TemplateFeedback": "the owning group's, and one's own", "UsedTemplate": "one's own", "Event": "as Events", "Sight": "a number", "OrgOf": "groups and people by neighbours, as EntityGraph", "RepositoryHidden": "a yes or no, as Repositories",
	"AnswerUnder": "one's own answers", "AnswersOf": "answers without names", "CountUsers": "a number", "MembersOf": "who is asked",
	"OpenKey": "the survey engine", "PolicyCounts": "numbers of rules", "ProvidedOf": "the provision engine", "Quotas": "numbers of groups",
}

// hiddenWorld is a store in which everything there is, but the shop, belongs
// to hidden entities.
func hiddenWorld(t *testing.T, s *store.Store) {
	t.Helper()
	useRules(t, s, hrRule)
	src := hiddenShop(t, s)
	src.write("hr/repository.yaml", `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: zebra-slug, annotations: {github.com/project-slug: acme/z}}
spec: {type: service, lifecycle: production, owner: hr}
`)
	src.read()
	d := deliveryEngine(t, s)
	ingest(t, s, d, deployed("zebra-1", "component:default/zebra-pay", "05 10:00", time.Hour), deployed("zebra-2", "component:default/zebra-pay", "06 10:00", time.Hour),
		deployed("ghost", "component:default/ghost", "06 10:00", time.Hour), broke("zebra-i", "component:default/zebra-pay", "05 11:00", "05 12:00"), broke("zebra-open", "component:default/zebra-pay", "07 11:00", ""))
	bill := cost.New(cost.Options{Store: s, Catalog: s, Events: noEvents{}, Now: func() time.Time { return day("2026-11-20") }})
	importBill(t, bill, "aws", focusHead+strings.NewReplacer("s-hr", "zebra-pay").Replace(focusRow("5", "2026-10-02", "hr")))
	env := anEnvironment("env_z", "zebra-env")
	env.Owner, env.Service, env.Entity = "group:default/hr", "component:default/zebra-pay", "environment:default/hr-zebra-env"
	createEnvironment(t, s, env)
	read := someRun("src", "", run.Running)
	read.Title, read.Subject = "Read zebra's files", "engine:test"
	insertRun(t, s, read)
	r := someRun("z", "group:default/hr", run.Running)
	r.Title = "Launch zebra-env"
	insertRun(t, s, r)
	appendEvents(t, s, 1, event.Event{Type: "environment.requested", Actor: "user:default/zebra", Subject: "env_z", Owner: "group:default/hr"})
	appendEvents(t, s, 1, event.Event{Type: "action.done", Actor: "user:default/zebra", Subject: "component:default/zebra-pay", Owner: "group:default/hr"})
	addDecision(t, s, policy.Decision{ID: "dec_zebra", At: policyNoon, Phase: policy.Plan, Owner: "group:default/hr", Environment: "env_z"})
	write(t, s, func(w tx.Tx) error {
		c := t.Context()
		m := scaffold.Scaffold{Run: "run_z", Template: "template:default/x", Version: "1", Team: "group:default/hr", Entity: "component:default/zebra-repo",
			Repository: "hr/zebra-repo", Answers: json.RawMessage(`{}`), State: scaffold.Making, CreatedBy: "user:default/hal"}
		if err := s.CreateScaffold(c, w, m); err != nil {
			return err
		}
		if err := s.ReserveRepository(c, w, forge.Repository{Owner: "hr", Name: "zebra-repo", Team: m.Team, Run: "run_z", CreatedBy: m.CreatedBy}); err != nil {
			return err
		}
		if err := s.ReadyRepository(c, w, "hr", "zebra-repo", "run_z"); err != nil {
			return err
		}
		e := catalog.Entity{Ref: catalog.MustRef("component:default/zebra-repo"), APIVersion: "backstage.io/v1alpha1", Kind: "Component",
			Metadata: catalog.Metadata{Name: "zebra-repo", Namespace: "default"}, Spec: map[string]any{"owner": "hr", "type": "service"},
			Source: catalog.Source{ID: "engine:test", Location: "url:https://waymark/hr/zebra-repo/blob/main/catalog-info.yaml"}}
		body, hash, err := e.Encode()
		e.Hash = hash
		if err != nil {
			return err
		}
		return s.PutEntities(c, w, []catalog.Written{{Entity: e, Body: body, New: true}})
	})
	hiddenFleet(t, s)
}

// Every exported read with a viewer is asked as somebody from whom the rule
// hides, and as somebody who reads all teams' but whom it does not name. The
// same read as an insider must tell, so that no row passes by being empty.
func TestNoReadTellsOfWhatIsHidden(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		hiddenWorld(t, s)
		auditor := access.Viewer{Actor: action.Actor{ID: "user:default/aud", Grants: []action.Grant{{Role: "auditor"}}}, All: true}
		full := insider
		full.All = true
		for name, read := range visibleReads {
			t.Run(name, func(t *testing.T) {
				for _, v := range []access.Viewer{outsider, auditor, {}} {
					if got, err := read(t.Context(), s, v); err == nil && mentions(t, got) {
						t.Errorf("%q is told %+v", v.ID, got)
					}
				}
				if got, err := read(t.Context(), s, full); err != nil || !mentions(t, got) {
					t.Errorf("an insider is told %+v, %v", got, err)
				}
			})
		}
	})
}

func TestTheMatrixHoldsEveryRead(t *testing.T) {
	s, viewer := reflect.TypeFor[*store.Store](), reflect.TypeFor[access.Viewer]()
	for i := range s.NumMethod() {
		m := s.Method(i)
		if m.Type.NumIn() < 3 || m.Type.In(2) != viewer || m.Name == "Setting" {
			continue
		}
		if (visibleReads[m.Name] != nil) == (showsNothingOfEntities[m.Name] != "") {
			t.Errorf("%s stands in neither or both of the matrix and the list of reads that show nothing of entities", m.Name)
		}
	}
}
