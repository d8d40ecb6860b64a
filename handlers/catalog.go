package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/catalogview"
)

// CatalogReader is what the catalog pages need of storage.
type CatalogReader interface {
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
	EntityCounts(ctx context.Context, v access.Viewer, f catalog.Filter, field string) ([]catalog.Count, error)
	EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error)
	RelatedTo(ctx context.Context, v access.Viewer, relation string, targets []catalog.Ref) ([]catalog.Ref, error)
	Tombstone(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Tombstone, error)
}

// CatalogRecords is what is written down of entities and sources.
type CatalogRecords interface {
	EntityChanges(ctx context.Context, v access.Viewer, ref catalog.Ref, limit int) ([]catalog.Change, error)
	EntityProblems(ctx context.Context, v access.Viewer, ref catalog.Ref) ([]catalog.Problem, error)
	ProblemCount(ctx context.Context, v access.Viewer) (int, error)
}

// Catalog serves the software catalog.
type Catalog struct {
	Reader  CatalogReader
	Records CatalogRecords
	Health  CatalogHealth
	Actions *action.Registry
	Extras  *EntityExtras // filled by other areas until the server answers
}

// Register adds the catalog routes to g.
func (h *Catalog) Register(g *echo.Group) {
	g.GET("/catalog", h.list)
	g.GET("/catalog/health", h.health)
	g.POST("/catalog/refresh", h.refresh)
	g.GET("/catalog/register", h.new)
	g.POST("/catalog/register", h.create)
	g.GET("/catalog/:namespace/:kind/:name", h.show)
	g.GET("/catalog/:namespace/:kind/:name/:tab", h.show)
}

func catalogMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/catalog"} }

func (h *Catalog) list(c echo.Context) error {
	var q catalogview.Query
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	in, err := h.listInput(ctx, v, q)
	if err != nil {
		return err
	}
	in.CanRegister, in.CanCreate = respond.May(c, "register-location", v.Team), respond.May(c, "create-from-template", v.Team)
	p := catalogview.NewList(in)
	return respond.Part(c, catalogMeta("Catalog"), catalogview.List(p), catalogview.Results(p))
}

// mine are the references whose things are a viewer's own.
func mine(v access.Viewer) []string { return append([]string{v.ID}, v.Groups...) }

func (h *Catalog) listInput(ctx context.Context, v access.Viewer, q catalogview.Query) (catalogview.ListInput, error) {
	in := catalogview.ListInput{Query: q}
	var err error
	if in.Page, err = h.Reader.Entities(ctx, v, q.Filter(mine(v))); err != nil {
		return in, err
	}
	if in.Kinds, err = h.Reader.EntityCounts(ctx, v, q.Across(mine(v)), "kind"); err != nil {
		return in, err
	}
	everything, err := h.Reader.EntityCounts(ctx, v, catalog.Filter{}, "kind")
	if err != nil {
		return in, err
	}
	unowned, err := h.Reader.EntityCounts(ctx, v, catalog.Filter{Unowned: true}, "kind")
	if err != nil {
		return in, err
	}
	in.Total, in.Unowned = sum(everything), sum(unowned)
	in.Problems, err = h.Records.ProblemCount(ctx, v)
	return in, err
}

func sum(counts []catalog.Count) int {
	n := 0
	for _, c := range counts {
		n += c.N
	}
	return n
}
