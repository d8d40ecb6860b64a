package main

import (
	"context"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/fault"
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

func (a *app) analyse(ctx context.Context, v access.Viewer, target string) (any, error) {
	return nil, fault.New(fault.Unavailable, "Analysis is not there yet.")
}

func (a *app) mountBackstage(m mounts) { a.backstage.Register(m.Root) }
