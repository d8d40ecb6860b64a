package main

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/dashboard"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/views/ui"
)

// mountHome adds the home page. It stands on all other areas.
func (a *app) mountHome(m mounts) {
	h := &handlers.Home{Widgets: map[string]handlers.HomeWidget{
		dashboard.ServiceList:    handlers.ServicesWidget(a.store, a.store, a.costs),
		dashboard.CostSummary:    handlers.CostWidget(a.costs),
		dashboard.DORA:           handlers.DORAWidget(a.delivery),
		dashboard.Activity:       handlers.ActivityWidget(a.delivery, a.store),
		dashboard.Survey:         handlers.SurveyWidget(a.voice),
		dashboard.MyEnvironments: handlers.EnvironmentsWidget(a.store),
		dashboard.Docs:           handlers.DocsWidget(a.docs),
		dashboard.SystemStatus:   handlers.StatusWidget(a.checks()),
	}}
	h.Users = func(ctx context.Context, v access.Viewer) (int, error) { // from the list in memory: the page asks each time
		p, err := a.store.Entities(ctx, v, catalog.Filter{Kinds: []string{"user"}, Limit: 1})
		return p.Total, err
	}
	h.Waiting = append(h.Waiting, handlers.ExpiringSoon(a.store, time.Now), handlers.SurveysWait(a.voice))
	files, err := fs.Sub(templates.FS, "dashboards")
	if err != nil {
		h.Problems = append(h.Problems, err)
	} else {
		h.Dashboards, h.Problems = dashboard.Load(files)
	}
	if a.sample != nil {
		h.Loading = a.sample.State
	}
	h.Register(m.Pages)
}

// checks are the portal's own: each looks at the real thing.
func (a *app) checks() []handlers.Check {
	return []handlers.Check{
		{Name: "Database", Look: a.checkDatabase},
		{Name: "Catalog", URL: "/catalog/health", Look: a.checkCatalog},
		{Name: "Runs", URL: "/runs", Look: a.checkRuns},
		{Name: "Environments", URL: "/environments", Look: a.checkEngine},
	}
}

func (a *app) checkDatabase(ctx context.Context) (ui.Tone, string, string) {
	began := time.Now()
	if err := a.store.Ping(ctx); err != nil {
		return ui.Bad, "Down", "does not answer"
	}
	kind := "SQLite"
	if a.store.IsPostgres() {
		kind = "PostgreSQL"
	}
	took := time.Since(began)
	if took < time.Millisecond {
		return ui.Good, "Well", kind + " answers in under 1 ms"
	}
	return ui.Good, "Well", kind + " answers in " + ui.Duration(took)
}

func (a *app) checkCatalog(ctx context.Context) (ui.Tone, string, string) {
	v := access.System("status")
	n, err := a.store.EntityTotal(ctx, v)
	if err != nil {
		return ui.Bad, "Down", "cannot be read"
	}
	problems, err := a.store.ProblemCount(ctx, v)
	if err != nil {
		return ui.Bad, "Down", "its problems cannot be read"
	}
	if problems > 0 {
		return ui.Warn, "Look", "some of its files have problems"
	}
	if n == 0 {
		return ui.Info, "Empty", "it holds nothing yet"
	}
	return ui.Good, "Well", "it answers, and no file has problems"
}

func (a *app) checkRuns(ctx context.Context) (ui.Tone, string, string) {
	v := access.System("status")
	open, err := a.store.Runs(ctx, v, run.Filter{State: "open", Limit: 1})
	if err != nil {
		return ui.Bad, "Down", "cannot be read"
	}
	failed, err := a.store.Runs(ctx, v, run.Filter{State: run.Failed, Limit: 20})
	if err != nil {
		return ui.Bad, "Down", "cannot be read"
	}
	today := 0
	for _, r := range failed.Items {
		if time.Since(r.FinishedAt) < 24*time.Hour {
			today++
		}
	}
	text := fmt.Sprintf("%d at work, %d failed in a day", open.Total, today)
	if today > 0 {
		return ui.Warn, "Look", text
	}
	return ui.Good, "Well", text
}

func (a *app) checkEngine(ctx context.Context) (ui.Tone, string, string) {
	s := a.environments.Status(ctx)
	switch {
	case s.Ready:
		return ui.Good, "Well", s.Engine.String()
	case s.Building:
		return ui.Info, "Soon", "OpenTofu is being built; launches wait for it"
	}
	return ui.Warn, "Look", s.Problem
}
