package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/templates/blueprints"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/envview"
	"github.com/waymark-portal/waymark/web"
)

// envArea is what makes environments.
type envArea struct {
	environments *provision.Engine
	blueprints   *provision.Library
}

const (
	endExpiredEvery = 15 * time.Second
	tidyEvery       = 10 * time.Minute
)

// wireEnvironments builds blueprints and the engine of environments. It stands
// on catalog, runs and policy.
func (a *app) wireEnvironments() error {
	box, err := secret.Open(a.cfg.Data)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("our own program: %w", err)
	}
	a.blueprints = provision.NewLibrary(a.store)
	if err := a.blueprints.Load(context.Background(), blueprints.FS); err != nil {
		return err
	}
	for _, p := range a.blueprints.Problems() {
		slog.Error("blueprint not offered", "problem", p)
	}
	a.environments = provision.New(provision.Options{
		DB: a.store, Store: a.store, Events: a.store, Runs: a.runs, Quota: a.store, Policy: planJudge{&a.judge},
		Catalog: a.catalog, Directory: known{a.store}, Library: a.blueprints, Finder: engineFinder(a.cfg), Box: box,
		Data: a.cfg.Data, Waymark: self,
	})
	a.entityExtras.Tabs = append(a.entityExtras.Tabs, environmentTab{a.store})
	a.every("end expired environments", endExpiredEvery, func(ctx context.Context) error {
		return a.environments.EndExpired(ctx, a.actions)
	})
	a.every("tidy work folders", tidyEvery, a.environments.Tidy)
	a.nav = append(a.nav,
		web.NavEntry{Group: "Build", Label: "Blueprints", URL: "/blueprints", Icon: "blocks", Key: "b"},
		web.NavEntry{Group: "Build", Label: "Environments", URL: "/environments", Icon: "layers", Key: "e"})
	return a.register(a.environments.Actions()...)
}

func (a *app) mountEnvironments(m mounts) {
	(&handlers.Environments{Reader: a.store, Runs: a.store, Follow: a.runs, Engine: a.environments, Library: a.blueprints,
		Pickers: a.store, Quotas: a.store, Actions: a.actions, Allow: a.allow, Now: a.store.Now}).Register(m.Pages)
	(&api.Environments{Reader: a.store, Runs: a.store, Library: a.blueprints}).Register(m.API)
}

// planJudge lets the policy engine judge plans.
type planJudge struct{ judge *lateJudge }

// JudgePlan implements provision.Policy.
func (j planJudge) JudgePlan(ctx context.Context, in provision.PolicyInput) ([]provision.Check, error) {
	e, ok := j.judge.Policy.(*policy.Engine)
	if !ok {
		return nil, fault.New(fault.Unavailable, "Policy is not ready; no plan can be judged.")
	}
	res, err := e.Plan(ctx, policy.Input{Plan: in.Plan, Request: in.Request, Cost: in.Cost, Environment: in.Environment,
		Owner: in.Request.Owner, By: in.By, Run: string(in.Run)})
	if err != nil {
		return nil, err
	}
	out := make([]provision.Check, len(res.Checks))
	for i, c := range res.Checks {
		out[i] = provision.Check{Rule: c.Rule, Title: c.Title, Level: string(c.Level), Passed: c.Passed, Message: c.Message,
			Resource: c.Resource, Fix: c.Fix, Waiver: c.Waiver}
	}
	return out, nil
}

// known is the catalog as environments see it.
type known struct{ *store.Store }

// Exists implements provision.Directory.
func (k known) Exists(ctx context.Context, v access.Viewer, ref string) (bool, error) {
	r, err := catalog.ParseRef(ref, "component", "default")
	if err != nil {
		return false, nil //nolint:nilerr // what is no reference names nothing
	}
	_, err = k.Store.Entity(ctx, v, r)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return false, nil
	}
	return err == nil, err
}

// environmentTab lists the environments of a service on its page.
type environmentTab struct{ store *store.Store }

func (t environmentTab) find(ctx context.Context, v access.Viewer, e catalog.Entity) ([]provision.Environment, int, error) {
	return t.store.Environments(ctx, v, provision.Filter{Service: e.Ref.String(), Limit: 50})
}

// Tab implements handlers.EntityTab: components have it.
func (t environmentTab) Tab(ctx context.Context, v access.Viewer, e catalog.Entity) (catalogview.Tab, bool, error) {
	if e.Ref.Kind != "component" {
		return catalogview.Tab{}, false, nil
	}
	_, n, err := t.find(ctx, v, e)
	tab := catalogview.Tab{Key: "environments", Label: "Environments"}
	if n > 0 {
		tab.Count = fmt.Sprint(n)
	}
	return tab, true, err
}

// Body implements handlers.EntityTab.
func (t environmentTab) Body(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error) {
	found, _, err := t.find(ctx, v, e)
	if err != nil {
		return nil, err
	}
	var rows []envview.Row
	for _, env := range found {
		rows = append(rows, envview.NewRow(env, t.store.Now()))
	}
	return envview.Tab(rows, envview.BlueprintsURL(e.Ref.String())), nil
}
