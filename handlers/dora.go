package handlers

import (
	"context"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/doraview"
)

// DeliveryReader is what the DORA pages need of the engine.
type DeliveryReader interface {
	Report(ctx context.Context, v access.Viewer, q delivery.Query) (delivery.Report, error)
	Evidence(ctx context.Context, v access.Viewer, q delivery.EvidenceQuery) (delivery.Evidence, error)
	Deployments(ctx context.Context, v access.Viewer, s delivery.Scope, f delivery.Filter) ([]delivery.Deployment, *delivery.Cursor, error)
	Unknown(ctx context.Context, v access.Viewer) ([]string, error)
	Bands() []delivery.Bands
	Today() time.Time
}

// EntityLister lists and names entities.
type EntityLister interface {
	EntityNames
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
}

// DORA serves the pages of delivery.
type DORA struct {
	Reader  DeliveryReader
	Catalog EntityLister
}

// Register adds the pages to g.
func (h *DORA) Register(g *echo.Group) {
	g.GET("/dora", h.show)
	g.GET("/dora.csv", h.csv)
	g.GET("/dora/events", h.events)
	g.GET("/deployments", h.deployments)
}

func (h *DORA) query(c echo.Context) (delivery.Query, error) {
	q := delivery.Query{Bands: c.QueryParam("bands")}
	var err error
	if q.Scope, err = delivery.ParseScope(c.QueryParam("scope")); err != nil {
		return q, err
	}
	if q.To, err = respond.Date(c, "to", h.Reader.Today().AddDate(0, 0, 1)); err != nil {
		return q, err
	}
	q.From, err = respond.Date(c, "from", q.To.AddDate(0, 0, -90))
	return q, err
}

func (h *DORA) report(c echo.Context) (delivery.Report, error) {
	q, err := h.query(c)
	if err != nil {
		return delivery.Report{}, err
	}
	return h.Reader.Report(c.Request().Context(), respond.Viewer(c), q)
}

func (h *DORA) show(c echo.Context) error {
	r, err := h.report(c)
	if err != nil {
		return err
	}
	scopes, err := h.scopes(c.Request().Context(), respond.Viewer(c), r.Query.Scope)
	if err != nil {
		return err
	}
	p := doraview.NewPage(r, scopes, h.Reader.Bands(), h.title(c, r.Query.Scope), h.Reader.Today())
	return respond.Page(c, respond.Meta{Title: "DORA", Nav: "/dora", Charts: true}, doraview.Page(p))
}

func (h *DORA) csv(c echo.Context) error {
	r, err := h.report(c)
	if err != nil {
		return err
	}
	return sendCSV(c, "dora.csv", doraview.CSV(r))
}

func (h *DORA) events(c echo.Context) error {
	base, err := h.query(c)
	if err != nil {
		return err
	}
	q := delivery.EvidenceQuery{Query: base, Metric: delivery.MetricID(c.QueryParam("metric")), Part: c.QueryParam("only") != ""}
	if q.After, err = delivery.ParseCursor(c.QueryParam("cursor")); err != nil {
		return err
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	e, err := h.Reader.Evidence(ctx, v, q)
	if err != nil {
		return err
	}
	r, err := h.Reader.Report(ctx, v, base)
	if err != nil {
		return err
	}
	p := doraview.NewEvents(q, r.Metrics[q.Metric], e, h.title(c, base.Scope))
	return respond.Page(c, respond.Meta{Title: p.Name, Nav: "/dora"}, doraview.Events(p))
}

func (h *DORA) deployments(c echo.Context) error {
	scope, err := delivery.ParseScope(c.QueryParam("scope"))
	if err != nil {
		return err
	}
	f := delivery.Filter{}
	if env := c.QueryParam("environment"); env != "" {
		f.Environment = delivery.EnvironmentOf(env)
	}
	if f.After, err = delivery.ParseCursor(c.QueryParam("cursor")); err != nil {
		return err
	}
	if s := c.QueryParam("limit"); s != "" {
		if f.Limit, err = strconv.Atoi(s); err != nil {
			return fault.InvalidField("limit", "type", "The limit is a whole number.")
		}
	}
	list, next, err := h.Reader.Deployments(c.Request().Context(), respond.Viewer(c), scope, f)
	if err != nil {
		return err
	}
	p := doraview.NewList(scope, h.title(c, scope), f.Environment, list, next, f.After.ID != "")
	if scope.Kind == "all" {
		if p.Unknown, err = h.Reader.Unknown(c.Request().Context(), respond.Viewer(c)); err != nil {
			return err
		}
	}
	return respond.Page(c, respond.Meta{Title: "Deployments", Nav: "/deployments"}, doraview.List(p))
}

// title is what people call a scope.
func (h *DORA) title(c echo.Context, s delivery.Scope) string {
	if s.Ref == "" {
		return "everything"
	}
	ref := catalog.MustRef(s.Ref)
	known, err := h.Catalog.EntitySummaries(c.Request().Context(), respond.Viewer(c), []catalog.Ref{ref})
	if err == nil && known[ref].Title != "" {
		return known[ref].Title
	}
	return cost.ShortName(s.Ref) // a service that the catalog does not hold has its name only
}

// mostScopes is how many of each kind can be chosen from the list; others are
// reached from their own pages.
const mostScopes = 200

// scopes are those that can be chosen.
func (h *DORA) scopes(ctx context.Context, v access.Viewer, now delivery.Scope) ([]doraview.OptionGroup, error) {
	out := []doraview.OptionGroup{{Options: []doraview.Option{{Value: "all", Label: "Everything", On: now.Kind == "all"}}}}
	found := now.Kind == "all"
	for _, k := range []struct {
		label, scope string
		filter       catalog.Filter
	}{
		{"Teams", "team", catalog.Filter{Kinds: []string{"group"}, Types: []string{"team"}}},
		{"Systems", "system", catalog.Filter{Kinds: []string{"system"}}},
		{"Services", "service", catalog.Filter{Kinds: []string{"component"}}},
	} {
		k.filter.Limit = mostScopes
		page, err := h.Catalog.Entities(ctx, v, k.filter)
		if err != nil {
			return nil, err
		}
		g := doraview.OptionGroup{Label: k.label}
		for _, e := range page.Items {
			s := delivery.Scope{Kind: k.scope, Ref: e.Ref.String()}
			g.Options = append(g.Options, doraview.Option{Value: s.String(), Label: e.Title, On: s == now})
			found = found || s == now
		}
		if len(g.Options) > 0 {
			out = append(out, g)
		}
	}
	if !found {
		out[0].Options = append(out[0].Options, doraview.Option{Value: now.String(), Label: cost.ShortName(now.Ref), On: true})
	}
	return out, nil
}
