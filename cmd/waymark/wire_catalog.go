package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/forge/remote"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/views/ui"
	"github.com/waymark-portal/waymark/web"
)

// catalogArea is what other areas add to the pages of entities.
type catalogArea struct {
	entityExtras handlers.EntityExtras
	remote       *remote.Reader
}

// wireCatalog builds the catalog and keeps it in step with its sources while
// the server runs. It stands on runs.
func (a *app) wireCatalog() error {
	locations, err := a.catalogLocations()
	if err != nil {
		return err
	}
	if a.remote, err = remoteReader(a.cfg); err != nil {
		return err
	}
	kinds, err := catalogKinds(a.cfg)
	if err != nil {
		return err
	}
	a.catalog = catalog.New(catalog.Options{Store: a.store, Kinds: kinds, Events: a.store, Locations: locations, Poll: a.cfg.Catalog.Poll, Rules: catalogRules(a.cfg), ReadOnly: a.cfg.Catalog.Readonly,
		OrphanGrace: a.cfg.Catalog.OrphanGrace, Rest: rest})
	a.catalog.UseRemote(a.remote)
	a.background(func(ctx context.Context) {
		if err := a.catalog.Run(ctx); err != nil && ctx.Err() == nil {
			slog.Error("catalog", "error", err)
		}
	})
	a.every("catalog orphans", time.Minute, a.catalog.Sweep)
	a.background(func(ctx context.Context) {
		if err := a.remote.Sweep(ctx); err != nil { // each start is often enough for a cache
			slog.Warn("old mirrors of repositories stay", "error", err)
		}
	})
	a.nav = append(a.nav,
		web.NavEntry{Group: "Build", Label: "Catalog", URL: "/catalog", Icon: "box", Key: "c", Count: a.catalogSize},
		web.NavEntry{Group: "Govern", Label: "Catalog health", URL: "/catalog/health", Icon: "circle-alert", Count: a.catalogProblems},
		web.NavEntry{Group: "Govern", Label: "Visibility", URL: "/visibility", Icon: "eye", Permission: handlers.ReadVisibility})
	a.runs.Register(register.RefreshKind(a.catalog))
	if err := a.register(keep.Actions(a.store)...); err != nil {
		return err
	}
	return a.register(register.Actions(a.catalog, a.store, a.runs)...)
}

// catalogLocations are the configured ones, with absolute paths, or the
// sample organisation's folder.
func (a *app) catalogLocations() ([]catalog.Location, error) {
	var out []catalog.Location
	for _, l := range a.cfg.Catalog.Locations {
		id, err := catalog.LocationID(l)
		if err != nil {
			return nil, err
		}
		out = append(out, catalog.Location{ID: id, Trusted: slices.Contains(a.cfg.Catalog.Trusted, l)})
	}
	for _, o := range a.cfg.Catalog.Orgs {
		out = append(out, catalog.Location{ID: remote.OrgID(o.URL), Trusted: o.Trusted})
	}
	if !a.cfg.Sample {
		return out, nil
	}
	folder, err := a.sampleCatalog()
	if err != nil {
		return nil, err
	}
	return append([]catalog.Location{{ID: "file:" + folder, Trusted: true}}, out...), nil
}

// sampleCatalog is the folder of the sample organisation's files. They are
// written once, so that what people try out there stays.
func (a *app) sampleCatalog() (string, error) {
	folder := filepath.Join(a.cfg.Data, "catalog")
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return folder, err
	}
	files, err := fs.Sub(templates.FS, "sample/catalog")
	if err != nil {
		return "", err
	}
	return folder, os.CopyFS(folder, files)
}

// catalogSize is the number beside Catalog in the navigation.
func (a *app) catalogSize(ctx context.Context, v access.Viewer) (string, bool, error) {
	n, err := a.store.EntityTotal(ctx, v)
	if err != nil || n == 0 {
		return "", false, err
	}
	return ui.Number(int64(n)), false, nil
}

// catalogProblems is the number beside Catalog health.
func (a *app) catalogProblems(ctx context.Context, v access.Viewer) (string, bool, error) {
	n, err := a.store.ProblemCount(ctx, v)
	if err != nil || n == 0 {
		return "", false, err
	}
	return ui.Number(int64(n)), false, nil
}

func (a *app) mountCatalog(m mounts) {
	a.entityExtras.Moments = append(a.entityExtras.Moments, handlers.DeploymentMoments(a.delivery), handlers.ActionMoments(a.store, a.actions))
	a.entityExtras.Actions = append(a.entityExtras.Actions, handlers.UseTemplate)
	h := &handlers.Catalog{Reader: a.store, Records: a.store, Health: a.store, Lists: a.store, Shelf: a.store, Actions: a.actions, Extras: &a.entityExtras, Around: a.store}
	h.Register(m.Pages)
	(&handlers.CatalogSources{Reader: a.store, Actions: a.actions}).Register(m.Pages)
	(&handlers.CatalogRegister{Analyser: a.analyser(), Actions: a.actions}).Register(m.Pages)
	(&api.Catalog{Reader: a.store}).Register(m.API)
}
