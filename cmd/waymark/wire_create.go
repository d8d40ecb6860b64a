package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/web"
)

// createArea is what makes services.
type createArea struct {
	forge      *forge.Embedded
	scaffold   *scaffold.Engine
	runResults map[string]handlers.RunResult
}

// wireCreate builds the forge, the golden paths and what runs them. It stands
// on catalog and runs.
func (a *app) wireCreate() error {
	var err error
	a.forge, err = forge.New(forge.Options{Dir: filepath.Join(a.cfg.Data, "git"), URL: a.cfg.URL, Store: a.store, Pushed: a.repositoryPushed,
		Off: a.store.IsPostgres() && !a.cfg.DataShared})
	if err != nil {
		return err
	}
	a.catalog.RegisterFetcher(forge.Host, a.forge)
	paths, err := fs.Sub(templates.FS, "golden-paths")
	if err != nil {
		return err
	}
	library, err := scaffold.NewLibrary(paths, a.store, a.forge)
	if err != nil {
		return err
	}
	library.KeepVersions(a.store)
	box, err := secret.Open(a.cfg.Data)
	if err != nil {
		return err
	}
	publisher, err := remotePublisher(a.cfg)
	if err != nil {
		return err
	}
	steps, err := a.stepOptions(scaffold.Options{Permitted: a.permittedTag, Bases: a.store, Publisher: publisher, Store: a.store, Catalog: locations{a.store, a.catalog}, Forge: a.forge, Runs: a.runs, Library: library, Sealer: box})
	if err != nil {
		return err
	}
	a.scaffold = scaffold.New(steps)
	if err := a.scaffold.Err(); err != nil {
		return err
	}
	a.runs.Register(a.scaffold.Kind())
	a.runs.Register(a.scaffold.CleanUp())
	a.every("forget secrets of failed runs", time.Hour, func(ctx context.Context) error {
		return a.store.Write(ctx, func(t tx.Tx) error { return a.store.ForgetScaffoldSecrets(ctx, t, t.Now().Add(-24*time.Hour)) })
	})
	a.runResults = map[string]handlers.RunResult{}
	a.background(func(ctx context.Context) {
		if err := a.offerTemplates(ctx); err != nil && ctx.Err() == nil {
			slog.Error("the shipped golden paths are not in the catalog", "error", err)
		}
	})
	a.nav = append(a.nav, web.NavEntry{Group: "Build", Label: "Create", URL: "/create", Icon: "circle-plus", Key: "n"})
	a.background(a.runCases)
	a.every("drafts of forms", time.Hour, a.store.ForgetDrafts)
	return a.register(slices.Concat(a.scaffold.Actions(), a.scaffold.DraftActions(a.store), a.templateActions())...)
}

// offerTemplates puts the shipped golden paths into the catalog.
func (a *app) offerTemplates(ctx context.Context) error {
	list, err := a.scaffold.Library().ShippedEntities()
	if err != nil {
		return err
	}
	return a.store.Write(ctx, func(t tx.Tx) error { return a.catalog.Put(ctx, t, scaffold.SourceID, list) })
}

func (a *app) mountCreate(m mounts) {
	(&handlers.StepActions{Engine: a.scaffold}).Register(m.Pages)
	create := &handlers.Create{Store: a.store, Pickers: a.store, Drafts: a.store, Stars: a.store, Templates: offeredTemplates{a.scaffold.Library()}, Checker: a.scaffold, Actions: a.actions}
	create.Usage = a.store
	create.Register(m.Pages)
	made := &handlers.Made{Store: a.store, Engine: a.scaffold, Actions: a.actions}
	made.Register(m.Pages)
	a.runResults[handlers.ScaffoldKind] = made.Result
	git := &handlers.Git{Forge: a.forge, Hidden: a.store.RepositoryHidden}
	git.Register(m.Git, m.Pages)
	a.entityExtras.Panels = append(a.entityExtras.Panels, git.RepoPanel)
	(&api.Templates{Reader: a.store, Library: a.scaffold.Library()}).Register(m.API)
	a.mountWorkshop(m)
}

// repositoryPushed reads what the catalog has of a repository again, and
// leaves an event.
func (a *app) repositoryPushed(ctx context.Context, r forge.Repository) {
	if err := a.catalog.SoonUnder(ctx, "url:https://"+forge.Host+"/"+r.Slug()+"/"); err != nil {
		slog.Warn("catalog is not told of a push", "repository", r.Slug(), "error", err)
	}
	if err := a.fleet.Pushed(ctx, r.Owner, r.Name); err != nil {
		slog.Warn("the drift of a repository is not counted", "repository", r.Slug(), "error", err)
	}
	data, err := json.Marshal(map[string]string{"repository": r.Slug()})
	if err != nil {
		return // two texts
	}
	err = a.store.Write(ctx, func(t tx.Tx) error {
		return a.store.Append(ctx, t, event.Event{Type: "repository.pushed", Actor: "system:forge", Subject: r.Slug(), Owner: r.Team, Data: data})
	})
	if err != nil {
		slog.Warn("a push left no event", "repository", r.Slug(), "error", err)
	}
}

// locations registers what runs have made with the catalog.
type locations struct {
	store   *store.Store
	catalog *catalog.Engine
}

// Register implements scaffold.Catalog.
func (l locations) Register(ctx context.Context, target, by string) ([]string, error) {
	id, err := catalog.LocationID("url:" + target)
	if err != nil {
		return nil, err
	}
	err = l.store.Write(ctx, func(t tx.Tx) error {
		return l.store.PutCatalogSource(ctx, t, catalog.SourceState{Location: catalog.Location{ID: id, By: by}})
	})
	if err != nil {
		return nil, err
	}
	report, err := l.catalog.ReadNow(ctx, id)
	if err != nil {
		return nil, err
	}
	page, err := l.store.Entities(ctx, access.System("create"), catalog.Filter{Sources: []string{id}, Limit: 100})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		why := "it names nothing"
		for _, p := range report.Problems {
			why = fmt.Sprintf("line %d, %s: %s", p.Line, p.Field, p.Message)
		}
		return nil, fault.Newf(fault.Invalid, "The catalog does not take %s: %s", target, why)
	}
	slices.SortStableFunc(page.Items, func(x, y catalog.Summary) int { return rank(x) - rank(y) })
	refs := make([]string, len(page.Items))
	for i, s := range page.Items {
		refs[i] = s.Ref.String()
	}
	return refs, nil
}

// Registered implements scaffold.Catalog.
func (l locations) Registered(ctx context.Context, target string) (string, bool, error) {
	id, err := catalog.LocationID("url:" + target)
	if err != nil {
		return "", false, err
	}
	all, err := l.store.CatalogSources(ctx)
	if err != nil {
		return "", false, err
	}
	for _, s := range all {
		if s.ID == id {
			return s.By, true, nil
		}
	}
	return "", false, nil
}

// Unregister implements scaffold.Catalog.
func (l locations) Unregister(ctx context.Context, target string) error {
	id, err := catalog.LocationID("url:" + target)
	if err != nil {
		return err
	}
	return l.store.Write(ctx, func(t tx.Tx) error {
		return l.catalog.DropSource(ctx, t, id, "The run that registered it has failed and was cleaned up.")
	})
}

// rank puts components first: they are what people look for.
func rank(s catalog.Summary) int {
	if s.Ref.Kind == "component" {
		return 0
	}
	return 1
}
