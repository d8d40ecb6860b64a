package main

import (
	"github.com/waymark-portal/waymark/handlers/scaffolder"
)

// scaffolderArea is the scaffolder API of Backstage's clients.
type scaffolderArea struct {
	scaffolder *scaffolder.Handler
}

// wireScaffolder builds the API. It stands on what makes services.
func (a *app) wireScaffolder() error {
	var err error
	a.scaffolder, err = scaffolder.New(scaffolder.Options{Tasks: a.store, Templates: a.scaffold.Library(), Trier: a.scaffold, Runs: a.runs,
		Actions: a.actions, URL: a.cfg.URL, Version: version})
	return err
}

func (a *app) mountScaffolder(m mounts) { a.scaffolder.Register(m.Root, m.Large) }
