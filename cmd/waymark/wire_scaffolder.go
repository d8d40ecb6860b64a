package main

import (
	"context"

	"github.com/waymark-portal/waymark/handlers/scaffolder"
	"github.com/waymark-portal/waymark/internal/access"
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

// permittedTag reports whether a person may see what a template marks with a
// tag of backstage:permissions: the permission template-tag and the tag, held
// everywhere or for a group of theirs.
func (a *app) permittedTag(ctx context.Context, v access.Viewer, tag string) bool {
	permission := "template-tag." + tag
	if a.allow.Authorize(ctx, v.Actor, permission, "") == nil {
		return true
	}
	for _, group := range v.Groups {
		if a.allow.Authorize(ctx, v.Actor, permission, group) == nil {
			return true
		}
	}
	return false
}
