package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/apidef"
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
	Lists   CatalogLists
	Shelf   CatalogShelf
	Actions *action.Registry
	Extras  *EntityExtras // filled by other areas until the server answers
	Around  CatalogAround

	definitions apidef.Cache
}

// Register adds the catalog routes to g.
func (h *Catalog) Register(g *echo.Group) {
	g.GET("/catalog", h.list)
	g.GET("/catalog/health", h.health)
	g.POST("/catalog/refresh", h.refresh)
	h.registerLists(g)
	h.registerAround(g)
	g.GET("/catalog/:namespace/:kind/:name", h.show)
	g.GET("/catalog/:namespace/:kind/:name/:tab", h.show)
}

func catalogMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/catalog"} }

func (h *Catalog) list(c echo.Context) error {
	var q catalogview.Query
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	in := catalogview.ListInput{Query: q.Understood(), Unknown: catalogview.Unknown(c.QueryParams())}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	if err := h.fill(ctx, v, &in); err != nil {
		return err
	}
	in.CanRegister, in.CanCreate = respond.May(c, "register-location", v.Team), respond.May(c, "create-from-template", v.Team)
	in.CanStar, in.CanSave = respond.May(c, "star-entity", ""), respond.May(c, "save-view", "")
	p := catalogview.NewList(in)
	return respond.Part(c, catalogMeta("Catalog"), catalogview.List(p), catalogview.Results(p))
}

// mine are the references whose things are a viewer's own.
func mine(v access.Viewer) []string { return append([]string{v.ID}, v.Groups...) }

func (h *Catalog) fill(ctx context.Context, v access.Viewer, in *catalogview.ListInput) error {
	own, err := h.own(ctx, v)
	if err != nil {
		return err
	}
	in.Stars = own.Stars
	if in.Views, err = h.Shelf.SavedViews(ctx, v); err != nil {
		return err
	}
	if err = h.fillRows(ctx, v, own, in); err != nil {
		return err
	}
	if in.Kinds, in.Total, in.Unowned, err = h.Lists.ListCounts(ctx, v, in.Query.Across(own)); err != nil {
		return err
	}
	in.Problems, err = h.Records.ProblemCount(ctx, v)
	return err
}

// fillRows reads the entities of the page, or its groups.
func (h *Catalog) fillRows(ctx context.Context, v access.Viewer, own catalogview.Own, in *catalogview.ListInput) (err error) {
	f := in.Query.Filter(own)
	if in.Query.Group == "" {
		if in.Page, err = h.Reader.Entities(ctx, v, f); err != nil {
			return err
		}
		in.Marks, err = h.Lists.RowMarks(ctx, v, catalogview.RefsOf(in.Page.Items))
		return err
	}
	if in.Groups, err = h.Lists.EntityGroups(ctx, v, in.Query.Groups(f)); err != nil {
		return err
	}
	in.Page.Facets = in.Groups.Facets
	var systems, shown []catalog.Ref
	for _, g := range in.Groups.Items {
		if ref, err := catalog.ParseRef(g.Value, "", ""); err == nil {
			systems = append(systems, ref)
		}
		shown = append(shown, catalogview.RefsOf(g.Items)...)
	}
	if in.Systems, err = h.Reader.EntitySummaries(ctx, v, systems); err != nil {
		return err
	}
	in.Marks, err = h.Lists.RowMarks(ctx, v, shown)
	return err
}
