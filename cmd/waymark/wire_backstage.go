package main

import (
	"context"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog/register"
)

// backstageArea is the catalog API of Backstage's clients.
type backstageArea struct {
	backstage *backstage.Handler
}

// wireBackstage builds the API. It stands on the catalog.
func (a *app) wireBackstage() error {
	var err error
	a.backstage, err = backstage.New(backstage.Options{Entities: a.store, One: a.store, Sources: a.store, Actions: a.actions,
		Analyse: a.analyse, ReadOnly: a.cfg.Catalog.Readonly, URL: a.cfg.URL, Version: version})
	if err != nil {
		return err
	}
	return a.register(register.DeleteEntity(a.catalog, a.store), register.MoveLocation(a.catalog, a.store))
}

// analyse looks at an address for who may register it: it is read with the
// portal's credentials.
func (a *app) analyse(ctx context.Context, v access.Viewer, target string) (any, error) {
	if err := a.allow.Authorize(ctx, v.Actor, "register-location", v.Team); err != nil {
		return nil, err
	}
	return a.analyser().Analyse(ctx, v, target)
}

func (a *app) analyser() register.Analyser {
	return register.Analyser{Engine: a.catalog, Sources: a.store, Names: a.store}
}

func (a *app) mountBackstage(m mounts) { a.backstage.Register(m.Root) }
