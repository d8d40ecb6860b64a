package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
)

// CatalogReader is what the catalog routes need of storage.
type CatalogReader interface {
	EntityCounts(ctx context.Context, v access.Viewer, f catalog.Filter, field string) ([]catalog.Count, error)
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
	FindProblems(ctx context.Context, v access.Viewer, f catalog.ProblemFilter) (catalog.ProblemPage, error)
	SavedViews(ctx context.Context, v access.Viewer) ([]keep.View, error)
	Stars(ctx context.Context, v access.Viewer) ([]string, error)
}

// Catalog serves the catalog to programs.
type Catalog struct {
	Reader CatalogReader
}

// Register adds the routes to g, the group of the API.
func (h *Catalog) Register(g *echo.Group) {
	g.GET("/catalog/problems", h.problems)
	g.GET("/catalog/entities", h.list)
	g.GET("/catalog/views", h.views)
	g.GET("/catalog/stars", h.stars)
}

// Entity is an entity of the list.
type Entity struct {
	Ref         string   `json:"ref"`
	Kind        string   `json:"kind"`
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type,omitempty"`
	Lifecycle   string   `json:"lifecycle,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	System      string   `json:"system,omitempty"`
	Tags        []string `json:"tags"`
	URL         string   `json:"url"`
}

type entityQuery struct {
	Text      string   `query:"q"`
	Kind      []string `query:"kind"`
	Type      []string `query:"type"`
	Owner     []string `query:"owner"`
	Lifecycle []string `query:"lifecycle"`
	Tag       []string `query:"tag"`
	System    []string `query:"system"`
	Sort      string   `query:"sort"`
	Cursor    string   `query:"cursor"`
	Limit     int      `query:"limit"`
}

func (h *Catalog) list(c echo.Context) error {
	var q entityQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	page, err := h.Reader.Entities(c.Request().Context(), respond.Viewer(c), catalog.Filter{Text: q.Text, Kinds: q.Kind, Types: q.Type,
		Owners: q.Owner, Lifecycles: q.Lifecycle, Tags: q.Tag, Systems: q.System, Sort: q.Sort, After: q.Cursor, Limit: q.Limit})
	if err != nil {
		return err
	}
	out := List[Entity]{Items: []Entity{}, Total: page.Total, Next: page.Next}
	for _, e := range page.Items {
		out.Items = append(out.Items, Entity{Ref: e.Ref.String(), Kind: e.Kind, Namespace: e.Ref.Namespace, Name: e.Ref.Name, Title: e.Title,
			Description: e.Description, Type: e.Type, Lifecycle: e.Lifecycle, Owner: e.Owner.String(), System: e.System.String(),
			Tags: append([]string{}, e.Tags...), URL: e.Ref.Path()})
	}
	return respond.JSON(c, http.StatusOK, out)
}
