package main

import (
	"context"
	"log/slog"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/action"
)

// templateActions are those of people who use templates.
func (a *app) templateActions() []action.Def { return []action.Def{a.scaffold.RateTemplate(a.store)} }

// mountWorkshop serves where templates are written, tried and judged by those
// who use them.
func (a *app) mountWorkshop(m mounts) {
	workshop := &handlers.Workshop{Store: a.store, Templates: a.scaffold.Library(), Engine: a.scaffold, Judge: a.policy}
	workshop.Register(m.Pages)
	fare := &handlers.TemplateFare{Store: a.store, Templates: a.scaffold.Library(), Cases: a.scaffold, Actions: a.actions}
	fare.Register(m.Pages)
	a.entityExtras.Panels = append(a.entityExtras.Panels, fare.Panel)
	(&api.Workshop{Engine: a.scaffold, Reader: a.store, Library: a.scaffold.Library(), Judge: a.policy,
		Allowed: workshop.Allowed}).Register(m.API, m.Large)
}

// runCases runs the recorded cases of the golden paths that come with the
// portal; the page of a template shows how they went.
func (a *app) runCases(ctx context.Context) {
	for _, t := range a.scaffold.Library().Shipped() {
		results, err := a.scaffold.Cases(ctx, t)
		if err != nil {
			slog.Warn("recorded cases were not run", "template", t.Ref.String(), "error", err)
		}
		for _, r := range results {
			if !r.Passed() {
				slog.Warn("a recorded case fails", "template", t.Ref.String(), "case", r.Name, "problem", r.Problem, "differences", len(r.Diffs))
			}
		}
	}
}
