package register

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// hidden reports whether there is a source of which v may see nothing: it is
// answered for as one that does not exist.
func hidden(ctx context.Context, s Sources, v access.Viewer, id string) (bool, error) {
	is := func(src catalog.SourceState) bool { return src.ID == id }
	all, err := s.CatalogSources(ctx)
	if err != nil || !slices.ContainsFunc(all, is) {
		return false, err
	}
	seen, err := s.SeenSources(ctx, v)
	return err == nil && !slices.ContainsFunc(seen, is), err
}
