package handlers

import (
	"context"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/costview"
)

// CostsTab shows what a service or team costs on its entity page.
type CostsTab struct {
	Costs *Costs
}

// Tab implements EntityTab.
func (t *CostsTab) Tab(_ context.Context, _ access.Viewer, e catalog.Entity) (catalogview.Tab, bool, error) {
	return catalogview.Tab{Key: "costs", Label: "Costs"}, e.Ref.Kind == "component" || e.Ref.Kind == "group", nil
}

// Body implements EntityTab.
func (t *CostsTab) Body(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error) {
	q := cost.NewQuery(cost.DimServiceName, "", t.Costs.Reader.Today())
	if e.Ref.Kind == "group" {
		q.Team, q.Group = e.Ref.String(), cost.DimService
	} else {
		q.Service = e.Ref.String()
	}
	d, err := t.Costs.collect(ctx, v, q)
	if err != nil {
		return nil, err
	}
	return costview.Tab(costview.NewPage(d)), nil
}
