package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/shopspring/decimal"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/dashboard"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/sample"
	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/views/homeview"
	"github.com/waymark-portal/waymark/views/ui"
)

// homeFake is everything that the home page reads.
type homeFake struct {
	asked   catalog.Filter
	costs   []cost.Query
	noBills bool
}

func (f *homeFake) Entities(_ context.Context, _ access.Viewer, q catalog.Filter) (catalog.Page, error) {
	f.asked = q
	if len(q.Owners) > 0 && q.Owners[0] == "group:default/empty" {
		return catalog.Page{}, nil
	}
	return catalog.Page{Total: 2, Items: []catalog.Summary{
		{Ref: catalog.MustRef("component:default/payment-api"), Title: "Payment API", Description: "Takes payments"},
		{Ref: catalog.MustRef("component:default/new-one"), Title: "New one"}}}, nil
}

func (f *homeFake) LastDeployments(context.Context, access.Viewer, []string) (map[string]time.Time, error) {
	return map[string]time.Time{"component:default/payment-api": surveyDay.Add(-3 * time.Hour)}, nil
}

type homeCosts struct{ *homeFake }

func (homeCosts) Today() time.Time { return time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC) }

func (f homeCosts) Report(_ context.Context, _ access.Viewer, q cost.Query) (cost.Report, error) {
	f.homeFake.costs = append(f.homeFake.costs, q)
	if f.noBills {
		return cost.Report{Reason: "No bill has been imported yet."}, nil
	}
	item := func(key string, n int64) cost.Item { return cost.Item{Key: key, Amount: decimal.NewFromInt(n)} }
	items := []cost.Item{item("component:default/payment-api", 1284)}
	if q.Group == "day" {
		items = []cost.Item{item("2026-11-18", 100), item("2026-11-19", 200)}
	}
	return cost.Report{Items: items, Total: decimal.NewFromInt(300), Currency: "USD"}, nil
}

func (homeCosts) Outlooks(context.Context, access.Viewer, string, cost.Measure) (map[string]cost.Outlook, error) {
	return map[string]cost.Outlook{"group:default/payments-team": {Projected: decimal.NewFromInt(9120)}, "x": {Projected: decimal.NewFromInt(880)}}, nil
}

type homeDelivery struct{ *homeFake }

func (homeDelivery) Today() time.Time { return homeCosts{}.Today() }

func (homeDelivery) Report(_ context.Context, _ access.Viewer, q delivery.Query) (delivery.Report, error) {
	lead, before, share := 18720.0, 20800.0, .061
	return delivery.Report{Query: q, Metrics: map[string]delivery.Metric{
		delivery.Frequency:    {ID: delivery.Frequency, Reason: "No deployment yet."},
		delivery.LeadTime:     {ID: delivery.LeadTime, Unit: "s", Value: &lead, Previous: &before, Band: "high"},
		delivery.FailRate:     {ID: delivery.FailRate, Unit: "share", Value: &share},
		delivery.RecoveryTime: {ID: delivery.RecoveryTime, Reason: "Nothing failed."}}}, nil
}

func (homeDelivery) Deployments(context.Context, access.Viewer, delivery.Scope, delivery.Filter) ([]delivery.Deployment, *delivery.Cursor, error) {
	d := delivery.Deployment{Place: delivery.Place{Service: "component:default/payment-api", Environment: "production"}, Production: true,
		Result: delivery.Success, Kind: delivery.Rollback, Version: "2.4.0", Actor: "user:default/ada", Finished: surveyDay.Add(-time.Hour)}
	return []delivery.Deployment{d}, nil, nil
}

func (*homeFake) Runs(context.Context, access.Viewer, run.Filter) (run.Page, error) {
	return run.Page{Items: []run.Run{{ID: "run_1", Spec: run.Spec{Title: "Launch pr-482", By: "user:default/ben"}, State: run.Failed, CreatedAt: surveyDay}}}, nil
}

func (*homeFake) Environments(context.Context, access.Viewer, provision.Filter) ([]provision.Environment, int, error) {
	return []provision.Environment{{ID: "env_1", Name: "pr-482", Kind: "preview", Blueprint: "sandbox", State: provision.Ready, ExpiresAt: surveyDay.Add(2 * time.Hour)}}, 4, nil
}

func (*homeFake) Roots(context.Context, access.Viewer) ([]docs.Root, error) {
	return []docs.Root{{Ref: "component:default/ledger", Title: "Ledger", Owner: "group:default/ledger-team"},
		{Ref: "component:default/payment-api", Title: "Payment API", Owner: "group:default/payments-team"}}, nil
}

func (*homeFake) Waiting(context.Context, access.Viewer) ([]voice.Survey, error) {
	return []voice.Survey{{ID: "srv_1", ClosesAt: surveyDay.AddDate(0, 1, 0), Definition: surveyDefinition()}}, nil
}

// homePage makes the page of a dashboard with the given widgets for somebody.
func homePage(t *testing.T, f *homeFake, v access.Viewer, change func(*Home), widgets ...dashboard.Widget) string {
	t.Helper()
	h := &Home{Dashboards: []dashboard.Dashboard{{Name: "d", Roles: []string{"developer"}, Sections: []dashboard.Section{{Widgets: widgets}}}},
		Widgets: map[string]HomeWidget{dashboard.ServiceList: ServicesWidget(f, f, homeCosts{f}), dashboard.CostSummary: CostWidget(homeCosts{f}),
			dashboard.DORA: DORAWidget(homeDelivery{f}), dashboard.Activity: ActivityWidget(homeDelivery{f}, f), dashboard.Survey: SurveyWidget(f),
			dashboard.MyEnvironments: EnvironmentsWidget(f), dashboard.Docs: DocsWidget(f),
			dashboard.SystemStatus: StatusWidget([]Check{{Name: "Database", Look: func(context.Context) (ui.Tone, string, string) { return ui.Good, "Well", "answers" }}})},
		Waiting: []func(context.Context, access.Viewer) (ui.Link, error){SurveysWait(f), ExpiringSoon(f, func() time.Time { return surveyDay })}}
	if change != nil {
		change(h)
	}
	w := homeCall(t, h, v, "/", false)
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func homeCall(t *testing.T, h *Home, v access.Viewer, path string, part bool) *httptest.ResponseRecorder {
	t.Helper()
	e := echo.New()
	h.Register(e.Group("", respond.WithAccess(surveyAccess{}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, v, "page")
			return next(c)
		}
	}))
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if part {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Request-Type", "partial")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func adaAtHome() access.Viewer {
	return access.Viewer{Team: "group:default/payments-team", Actor: action.Actor{ID: "user:default/ada", Name: "Ada Moreau",
		Groups: []string{"group:default/payments-team"}, Grants: []action.Grant{{Role: "viewer"}, {Role: "developer", Group: "group:default/payments-team"}}}}
}

func mineOf(kind string) dashboard.Widget {
	return dashboard.Widget{Type: kind, Title: "Of " + kind, Filters: dashboard.Filters{OwnedBy: dashboard.CurrentUser}}
}

func TestHomeWidgets(t *testing.T) {
	tests := []struct {
		kind string
		has  []string
	}{
		{dashboard.ServiceList, []string{"Payment API", `href="/catalog/default/component/payment-api"`, "$1,284", "no bill names this component", "no deployment to production is recorded", "2 owned by payments-team", "Cost, 30 d"}},
		{dashboard.CostSummary, []string{"last 30 days", "$300", "forecast for the month $9,120", "<rect", "Figures as a table", "19 November 2026"}},
		{dashboard.DORA, []string{"No deployment yet.", "5.2", "10%", "High", "6.1%", "/dora?scope=team:group:default/payments-team&amp;from="}},
		{dashboard.Activity, []string{"Rolled back", "payment-api 2.4.0", "by ada", "Launch pr-482", "/runs/run_1"}},
		{dashboard.Survey, []string{`action="/surveys/srv_1"`, `name="answers.recommend" value="10"`, "Recommend?"}},
		{dashboard.MyEnvironments, []string{"pr-482", "/environments/env_1", "preview, sandbox", "4 running"}},
		{dashboard.Docs, []string{"/docs/default/component/payment-api/", "2 sites"}},
		{dashboard.SystemStatus, []string{"Database", "Well", "answers"}},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			body := homePage(t, &homeFake{}, adaAtHome(), nil, mineOf(tt.kind))
			for _, s := range tt.has {
				if !strings.Contains(body, s) {
					t.Errorf("the page lacks %q:\n%s", s, body)
				}
			}
			if strings.Contains(body, "cannot be") {
				t.Errorf("a problem is shown:\n%s", body)
			}
		})
	}
}

func TestHomeSaysWhatWaits(t *testing.T) {
	body := homePage(t, &homeFake{}, adaAtHome(), nil)
	for _, s := range []string{", Ada", "A survey waits for your opinion.", "1 environment ends within a day"} {
		if !strings.Contains(body, s) {
			t.Errorf("the page lacks %q:\n%s", s, body)
		}
	}
}

func TestHomeAsksForTheReadersTeams(t *testing.T) {
	f := &homeFake{}
	homePage(t, f, adaAtHome(), nil, mineOf(dashboard.ServiceList), mineOf(dashboard.CostSummary))
	if len(f.asked.Owners) != 1 || f.asked.Owners[0] != "group:default/payments-team" || f.costs[1].Team != "group:default/payments-team" {
		t.Errorf("asked for %v and %+v", f.asked.Owners, f.costs)
	}
	if q := f.costs[1]; q.To.Sub(q.From) != 30*24*time.Hour || !q.To.Equal(homeCosts{}.Today()) {
		t.Errorf("asked for %s to %s; want the last 30 complete days", q.From, q.To)
	}
	homePage(t, f, adaAtHome(), nil, dashboard.Widget{Type: dashboard.ServiceList})
	if f.asked.Owners != nil {
		t.Errorf("a widget without a filter asked for %v", f.asked.Owners)
	}
}

func TestHomeWithoutATeam(t *testing.T) {
	v := adaAtHome()
	v.Groups, v.Team = nil, ""
	body := homePage(t, &homeFake{}, v, nil, mineOf(dashboard.ServiceList), mineOf(dashboard.CostSummary), mineOf(dashboard.Activity), mineOf(dashboard.MyEnvironments))
	if strings.Count(body, "You are in no team yet") != 4 || strings.Contains(body, "Payment API") {
		t.Errorf("somebody without a team sees:\n%s", body)
	}
}

func TestHomeWithoutBills(t *testing.T) {
	body := homePage(t, &homeFake{noBills: true}, adaAtHome(), nil, mineOf(dashboard.ServiceList), mineOf(dashboard.CostSummary))
	if strings.Contains(body, "Cost, 30 d") || !strings.Contains(body, "No bill has been imported yet.") {
		t.Errorf("without bills:\n%s", body)
	}
}

func TestHomeNeverBreaks(t *testing.T) {
	broken := func(h *Home) {
		h.Widgets[dashboard.Docs] = func(context.Context, access.Viewer, dashboard.Widget) (homeview.Panel, error) {
			return homeview.Panel{}, errors.New("secret detail")
		}
		delete(h.Widgets, dashboard.DORA)
		h.Problems = []error{errors.New("bad.yaml: line 3")}
	}
	body := homePage(t, &homeFake{}, adaAtHome(), broken, mineOf(dashboard.Docs), mineOf(dashboard.DORA), mineOf(dashboard.ServiceList),
		dashboard.Widget{Type: "weather", Title: "Rain", Problem: "There is no widget."})
	for _, s := range []string{"Its data cannot be read now", "There is no widget.", "Payment API"} {
		if !strings.Contains(body, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	if strings.Contains(body, "secret detail") || strings.Contains(body, "bad.yaml") || strings.Contains(body, "Of dora") {
		t.Errorf("the page tells what it should not:\n%s", body)
	}
	v := adaAtHome()
	v.All = true
	if body := homePage(t, &homeFake{}, v, broken); !strings.Contains(body, "bad.yaml: line 3") {
		t.Error("who keeps the files does not see what is wrong with them")
	}
	v.Grants = nil
	if body := homePage(t, &homeFake{}, v, nil); !strings.Contains(body, "No dashboard file is for your role") {
		t.Error("a role without a dashboard is not told")
	}
}

func TestHomeWhileTheSampleLoads(t *testing.T) {
	state := sample.State{Doing: "a year of bills", Done: 1, Total: 4}
	h := &Home{Loading: func() sample.State { return state }}
	if body := homeCall(t, h, adaAtHome(), "/", false).Body.String(); !strings.Contains(body, "Loading a year of bills, part 2 of 4") {
		t.Errorf("the page while loading:\n%s", body)
	}
	if w := homeCall(t, h, adaAtHome(), "/?part=loading", true); strings.Contains(w.Body.String(), "<h1") || !strings.Contains(w.Body.String(), "part 2 of 4") {
		t.Errorf("the part while loading:\n%s", w.Body)
	}
	state.Ready = true
	if w := homeCall(t, h, adaAtHome(), "/?part=loading", true); !strings.Contains(w.Body.String(), "is loaded") || strings.Contains(w.Body.String(), "hx-trigger") {
		t.Errorf("the part when all is there:\n%s", w.Body)
	}
	if body := homeCall(t, h, adaAtHome(), "/", false).Body.String(); strings.Contains(body, "being loaded") {
		t.Error("the note outlives the loading")
	}
}

func TestHomeOfANewPortal(t *testing.T) {
	users := 0
	fresh := func(h *Home) { h.Users = func(context.Context, access.Viewer) (int, error) { return users, nil } }
	v := adaAtHome()
	if body := homePage(t, &homeFake{}, v, fresh); strings.Contains(body, "First steps") {
		t.Error("somebody who cannot take them is shown the first steps")
	}
	v.All = true
	if body := homePage(t, &homeFake{}, v, fresh); !strings.Contains(body, "First steps") || !strings.Contains(body, "platform-guides/catalog/") {
		t.Error("a new portal does not say what to do first")
	}
	users = 3
	if body := homePage(t, &homeFake{}, v, fresh); strings.Contains(body, "First steps") {
		t.Error("the first steps outlive themselves")
	}
}
