package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/ui"
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

func (h *Catalog) new(c echo.Context) error {
	return respond.Page(c, catalogMeta("Register existing"), catalogview.Register(catalogview.RegisterProps{Target: c.QueryParam("target")}))
}

func (h *Catalog) create(c echo.Context) error {
	p := catalogview.RegisterProps{Target: c.FormValue("target")}
	meta := catalogMeta("Register existing")
	preview := c.FormValue("preview") != ""
	out, err := h.register(c, p.Target, preview)
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		p.Fault = catalog.Reason(err) + "."
		return respond.Invalid(c, meta, catalogview.Register(p))
	case err != nil:
		return err
	case !preview:
		return respond.Done(c, out)
	}
	p.Previews = true
	answer, _ := out.Body.(map[string]any) // what a dry run answers
	if found, ok := answer["preview"].(register.Registered); ok {
		for _, e := range found.Entities {
			p.Entities = append(p.Entities, ui.Link{Label: e})
		}
		p.Problems = catalogview.ProblemRows(found.Problems, nil)
	}
	return respond.Page(c, meta, catalogview.Register(p))
}

func (h *Catalog) register(c echo.Context, target string, preview bool) (out action.Output, err error) {
	if preview {
		q := c.Request().URL.Query()
		q.Set("dryRun", "true")
		c.Request().URL.RawQuery = q.Encode()
	}
	return respond.Do(c, h.Actions, "register-location", object("target", target))
}
