package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/web"
)

// app is the wired portal. Each area adds its engine in a file of its own,
// wire_<area>.go, and keeps what others need in a field here.
type app struct {
	cfg      config.Config
	store    *store.Store
	roles    *access.Roles
	allow    *access.Authorizer
	access   *access.Service
	actions  *action.Registry
	judge    lateJudge
	first    *handlers.FirstCode // nil unless the first administrator signs in by code
	nav      []web.NavEntry
	starts   []func(context.Context)       // in the background, in serve only
	periodic []periodic                    // on the leader, in serve and worker
	stops    []func(context.Context) error // in reverse order
	areas
}

// mounts are where handlers add their routes.
type mounts = web.Mounts

// periodic is work that one copy of the server does every so often.
type periodic struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// every adds periodic work.
func (a *app) every(name string, d time.Duration, do func(context.Context) error) {
	a.periodic = append(a.periodic, periodic{name, d, do})
}

// background adds work that starts with the server and ends with its context.
func (a *app) background(f func(context.Context)) { a.starts = append(a.starts, f) }

// onStop adds what must be closed, last added first.
func (a *app) onStop(f func(context.Context) error) { a.stops = append(a.stops, f) }

// open builds store and engines; serve, worker, supervise and the tools
// share it.
func open(ctx context.Context, cfg config.Config) (*app, error) {
	a := &app{cfg: cfg}
	if err := a.buildStore(ctx); err != nil {
		return nil, err
	}
	if err := a.buildEngines(); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *app) buildStore(ctx context.Context) error {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	s, err := store.Open(ctx, store.Options{URL: a.cfg.Database})
	if err != nil {
		return err
	}
	a.store = s
	a.onStop(func(context.Context) error { return s.Close() })
	n, err := s.Migrate(ctx)
	if n > 0 {
		slog.Info("database migrated", "files", n)
	}
	return err
}

// buildEngines wires the areas from the ground up: later ones stand on
// earlier ones.
func (a *app) buildEngines() error {
	for _, wire := range []func() error{
		a.wireTraces,
		a.wireSample,
		a.wireAccess,
		a.wireRun,
		a.wirePolicy,
		a.wireCatalog,
		a.wireLists,
		a.wireBackstage,
		a.wireCreate,
		a.wireFleet,
		a.wireScaffolder,
		a.wireCatalogFiles,
		a.wireEnvironments,
		a.wireVoice,
		a.wireNumbers,
		a.wireDocs,
		a.wireSearch,
		// areas, in order of dependency; each adds its line here
	} {
		if err := wire(); err != nil {
			return err
		}
	}
	return nil
}

// mount adds the routes of every area.
func (a *app) mount(m mounts) {
	for _, mount := range []func(mounts){
		a.mountActions,
		a.mountRun,
		a.mountPolicy,
		a.mountCatalog,
		a.mountBackstage,
		a.mountFleet,
		a.mountCreate,
		a.mountScaffolder,
		a.mountEnvironments,
		a.mountVoice,
		a.mountNumbers,
		a.mountDocs,
		a.mountHome,
		// areas; each adds its line here
	} {
		mount(m)
	}
}

// close ends everything that was opened, last first.
func (a *app) close() {
	ctx, cancel := context.WithTimeout(context.Background(), a.cfg.StopGrace)
	defer cancel()
	for i := len(a.stops) - 1; i >= 0; i-- {
		if err := a.stops[i](ctx); err != nil {
			slog.Error("stop", "error", err)
		}
	}
}

// roleFiles are the shipped roles and the configured mapping.
func (a *app) roleFiles() ([][]byte, error) {
	shipped, err := templates.FS.ReadFile("roles/roles.yaml")
	if err != nil {
		return nil, err
	}
	files := [][]byte{shipped}
	switch {
	case a.cfg.Sample:
		b, err := templates.FS.ReadFile("sample/roles.yaml")
		if err != nil {
			return nil, err
		}
		return append(files, b), nil
	case a.cfg.Roles != "":
		b, err := os.ReadFile(a.cfg.Roles)
		if err != nil {
			return nil, fmt.Errorf("roles: %w", err)
		}
		return append(files, b), nil
	}
	return files, nil
}
