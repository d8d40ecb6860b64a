package main

import (
	"time"

	"github.com/waymark-portal/waymark/docs-content"
	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/web"
)

// ownDocs is the entity whose docs are the portal's own.
const ownDocs = "component:default/waymark"

// docsArea is what reads and finds documentation.
type docsArea struct {
	docs   *docs.Engine
	assets *asset.Set // set before the areas are mounted
}

// wireDocs builds the docs engine over the catalog and the embedded docs, and
// keeps the search in step with them.
func (a *app) wireDocs() error {
	own := docs.Root{Ref: ownDocs, Title: "Waymark", Description: "How to use and run this portal.", FS: docscontent.FS}
	var err error
	if own.Version, err = docs.ContentVersion(docscontent.FS); err != nil {
		return err
	}
	a.docs = docs.New(&docs.CatalogRoots{Catalog: a.store, Repositories: a.docsHosts(), Own: &own})
	indexer := &docs.Indexer{Engine: a.docs, Index: a.store}
	a.every("docs index", 2*time.Second, indexer.Tick)
	a.nav = append(a.nav, web.NavEntry{Group: "Build", Label: "Docs", URL: "/docs", Icon: "book-open", Key: "d"})
	return nil
}

// docsHosts are the Git hosts of this portal that docs may stand on.
func (a *app) docsHosts() docs.Repositories { return forge.Addresses{Forge: a.forge} }

func (a *app) mountDocs(m mounts) {
	(&handlers.Docs{Engine: a.docs, Own: ownDocs, URL: a.cfg.URL}).Register(m.Pages)
	(&handlers.Search{Index: a.store}).Register(m.Pages)
	(&api.Docs{Engine: a.docs}).Register(m.API)
	(&api.Search{Index: a.store}).Register(m.API)
	if a.assets != nil {
		(&handlers.Diagram{Mermaid: a.assets.URL(asset.Mermaid), Frame: a.assets.URL(asset.MermaidFrame)}).Register(m.Pages)
	}
}
