package docs

import (
	"context"
	"log/slog"
	"sync"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Index is the part of the search that sites write to. The store implements it.
type Index interface {
	tx.DB
	// ReplaceSearch makes docs the whole content of a source unless it holds
	// the version hash already.
	ReplaceSearch(ctx context.Context, t tx.Tx, source, hash string, docs []search.Doc) (bool, error)
	// DropSearchSource takes a source out of the index.
	DropSearchSource(ctx context.Context, t tx.Tx, source string) error
	// SearchSources lists the sources whose names begin with prefix, with the
	// versions they hold.
	SearchSources(ctx context.Context, v access.Viewer, prefix string) (map[string]string, error)
}

// Indexer keeps the search in step with the docs.
type Indexer struct {
	Engine *Engine
	Index  Index

	mu   sync.Mutex
	seen map[string]string // source → version that was put in
}

// Tick looks at every site once and writes those that changed. Sites whose
// entity is gone leave the index.
func (x *Indexer) Tick(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	v := access.System("docs")
	roots, err := x.Engine.roots.Roots(ctx, v)
	if err != nil {
		return err
	}
	if x.seen == nil {
		if x.seen, err = x.Index.SearchSources(ctx, v, "docs:"); err != nil {
			return err
		}
	}
	now := map[string]bool{}
	for _, r := range roots {
		source := SearchSource(r.Ref)
		now[source] = true
		if err := x.one(ctx, v, r.Ref); isNotFound(err) {
			now[source] = false
		} else if err != nil {
			slog.Error("docs index", "site", r.Ref, "error", err)
		}
	}
	for source := range x.seen {
		if !now[source] {
			if err := x.drop(ctx, source); err != nil {
				return err
			}
		}
	}
	return nil
}

// one writes a site if it changed.
func (x *Indexer) one(ctx context.Context, v access.Viewer, ref string) error {
	s, err := x.Engine.Site(ctx, v, ref)
	if err != nil {
		return err
	}
	if s.Ref != ref {
		return ErrNoSite // it shows the docs of another entity
	}
	source, hash := SearchSource(ref), s.SearchHash()
	if x.seen[source] == hash {
		return nil
	}
	docs, err := x.Engine.Sections(s)
	if err != nil {
		return err
	}
	err = x.Index.Write(ctx, func(t tx.Tx) error {
		_, err := x.Index.ReplaceSearch(ctx, t, source, hash, docs)
		return err
	})
	if err == nil {
		x.seen[source] = hash
	}
	return err
}

func (x *Indexer) drop(ctx context.Context, source string) error {
	delete(x.seen, source)
	return x.Index.Write(ctx, func(t tx.Tx) error { return x.Index.DropSearchSource(ctx, t, source) })
}
