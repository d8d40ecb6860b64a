package main

import (
	"context"
	"path"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// wireCatalogFiles lets people commit catalog files to the embedded forge. It
// stands on catalog and forge.
func (a *app) wireCatalogFiles() error {
	repos := ownRepositories{a}
	a.runs.Register(register.AddKind(repos))
	return a.register(register.AddFile(repos, a.runs))
}

// ownRepositories are those of the embedded forge, by address.
type ownRepositories struct{ app *app }

func (r ownRepositories) parse(address string) (forge.Target, error) {
	t, err := forge.ParseTarget(address)
	if err != nil {
		return t, err
	}
	if ext := path.Ext(t.Path); t.Ref != forge.Branch || (ext != ".yaml" && ext != ".yml") || strings.ContainsAny(t.Path, "*?[{") {
		return t, fault.InvalidField("target", "format", "Name a YAML file on the branch "+forge.Branch+".")
	}
	return t, nil
}

// TeamOf implements register.Repositories.
func (r ownRepositories) TeamOf(ctx context.Context, address string) (string, error) {
	t, err := r.parse(address)
	if err != nil {
		return "", err
	}
	repo, err := r.app.forge.Repository(ctx, t.Owner, t.Name)
	return repo.Team, err
}

// Add implements register.Repositories.
func (r ownRepositories) Add(ctx context.Context, address, text, by, mark string) error {
	t, err := r.parse(address)
	if err != nil {
		return err
	}
	name := by[strings.LastIndexByte(by, '/')+1:]
	_, err = r.app.forge.Add(ctx, forge.Addition{Owner: t.Owner, Name: t.Name, Path: t.Path, Data: []byte(text), Message: "Describe the repository for the catalog",
		Author: forge.Author{Name: name, Email: name + "@localhost"}, When: time.Now(), Mark: mark})
	return err
}

// Register implements register.Repositories.
func (r ownRepositories) Register(ctx context.Context, address, by string) ([]string, error) {
	if err := r.app.catalog.Writable(); err != nil {
		return nil, err
	}
	return locations{r.app.store, r.app.catalog}.Register(ctx, address, by)
}
