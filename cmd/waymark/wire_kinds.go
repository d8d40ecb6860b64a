package main

import (
	"io/fs"
	"os"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/templates"
)

// catalogKinds are the kinds that come with the portal, then those of the
// configured folder, which win.
func catalogKinds(cfg config.Config) (*catalog.Kinds, error) {
	own, err := fs.Sub(templates.FS, "kinds")
	if err != nil {
		return nil, err
	}
	folders := []catalog.KindFolder{{Name: "templates/kinds", FS: own}}
	if cfg.Catalog.Kinds != "" {
		folders = append(folders, catalog.KindFolder{Name: cfg.Catalog.Kinds, FS: os.DirFS(cfg.Catalog.Kinds)})
	}
	return catalog.LoadKinds(folders...), nil
}
