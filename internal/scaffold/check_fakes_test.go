package scaffold_test

import (
	"context"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// PickEntities knows the kinds of filters only.
func (m *memory) PickEntities(_ context.Context, _ access.Viewer, p catalog.Pick) (catalog.Picked, error) {
	var out catalog.Picked
	for _, e := range m.entities {
		kind := func(f catalog.PickFilter) bool {
			return f["kind"].Values == nil || slices.ContainsFunc(f["kind"].Values, func(k string) bool { return strings.EqualFold(k, e.Ref.Kind) })
		}
		if (p.Refs != nil && !slices.Contains(p.Refs, e.Ref.String())) || (len(p.Any) > 0 && !slices.ContainsFunc(p.Any, kind)) {
			continue
		}
		out.Total++
		out.Items = append(out.Items, catalog.Summary{Ref: e.Ref})
	}
	return out, nil
}
