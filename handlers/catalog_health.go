package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
)

// CatalogHealth is what the page of problems needs.
type CatalogHealth interface {
	FindProblems(ctx context.Context, v access.Viewer, f catalog.ProblemFilter) (catalog.ProblemPage, error)
	SeenSources(ctx context.Context, v access.Viewer) ([]catalog.SourceState, error)
}

func (h *Catalog) health(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	in := catalogview.HealthInput{CanRefresh: respond.May(c, "refresh-source", v.Team), Unknown: catalogview.UnknownHealth(c.QueryParams())}
	if err := respond.Bind(c, &in.Query); err != nil {
		return err
	}
	var err error
	if in.Page, err = h.Health.FindProblems(ctx, v, in.Query.Filter()); err != nil {
		return err
	}
	if in.Names, err = h.Reader.EntitySummaries(ctx, v, catalogview.Mentioned(in.Page.Items)); err != nil {
		return err
	}
	if in.Sources, err = h.Health.SeenSources(ctx, v); err != nil {
		return err
	}
	p := catalogview.NewHealth(in)
	if len(in.Query.Source) == 1 && len(p.Sources) == 0 && in.Page.Total == 0 {
		return fault.New(fault.NotFound, "There is no source of this name.")
	}
	return respond.Part(c, respond.Meta{Title: "Catalog health", Nav: "/catalog/health"}, catalogview.Health(p), catalogview.Problems(p))
}

func (h *Catalog) refresh(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "refresh-source", object("source", c.FormValue("source")))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}
