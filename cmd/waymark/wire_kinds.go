package main

import (
	"bytes"
	"io/fs"
	"os"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/static"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/views/catalogview"
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
	kinds := catalog.LoadKinds(folders...)
	return kinds, showKinds(kinds)
}

// showKinds makes pages show the kinds as their files say. An icon that the
// portal has not is left out.
func showKinds(kinds *catalog.Kinds) error {
	sprite, err := fs.ReadFile(static.Files, "icons.svg")
	if err != nil {
		return err
	}
	list := kinds.All()
	for i, k := range list {
		if !bytes.Contains(sprite, []byte(`<symbol id="`+k.Icon+`"`)) {
			list[i].Icon = ""
		}
	}
	catalogview.UseKinds(list)
	return nil
}
