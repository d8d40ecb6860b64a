package handlers

import (
	"context"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/doraview"
	"github.com/waymark-portal/waymark/views/ui"
)

// DeploymentsTab shows the deployments of a service, team or system on its
// entity page.
type DeploymentsTab struct {
	Reader DeliveryReader
}

// entityScope is what an entity is to delivery; false for kinds that are
// never deployed.
func entityScope(e catalog.Entity) (delivery.Scope, bool) {
	kind, ok := map[string]string{"component": "service", "group": "team", "system": "system"}[e.Ref.Kind]
	return delivery.Scope{Kind: kind, Ref: e.Ref.String()}, ok
}

// Tab implements EntityTab.
func (t *DeploymentsTab) Tab(_ context.Context, _ access.Viewer, e catalog.Entity) (catalogview.Tab, bool, error) {
	_, ok := entityScope(e)
	return catalogview.Tab{Key: "deployments", Label: "Deployments"}, ok, nil
}

// tabRows is how many deployments a tab shows; the rest stand on their page.
const tabRows = 20

// Body implements EntityTab.
func (t *DeploymentsTab) Body(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error) {
	s, _ := entityScope(e)
	list, next, err := t.Reader.Deployments(ctx, v, s, delivery.Filter{Limit: tabRows})
	if err != nil {
		return nil, err
	}
	to := t.Reader.Today().AddDate(0, 0, 1)
	r, err := t.Reader.Report(ctx, v, delivery.Query{Scope: s, From: to.AddDate(0, 0, -90), To: to})
	if err != nil {
		return nil, err
	}
	var stats []ui.StatProps
	for _, id := range delivery.MetricIDs[:5] {
		stats = append(stats, doraview.NewStat(r.Metrics[id], r.Query))
	}
	p := doraview.NewList(s, e.Title(), "", list, next, false)
	if next != nil {
		p.Pager.Next = doraview.DeploymentsURL(s)
	}
	return doraview.Tab(doraview.TabProps{Stats: stats, List: p, Period: doraview.Period(r.Query), URL: doraview.URL(r.Query)}), nil
}
