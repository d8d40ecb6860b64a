package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/views/visibilityview"
)

// ReadVisibility is the permission to see the visibility rules.
const ReadVisibility = "read-visibility"

// VisibilityCounter counts what each visibility rule covers.
type VisibilityCounter interface {
	VisibilityCounts(ctx context.Context, v access.Viewer) ([]int, error)
}

// Visibility serves the page of the rules that hide entities.
type Visibility struct {
	Rules  []config.VisibilityRule
	Counts VisibilityCounter
}

// Register adds the page to g.
func (h *Visibility) Register(g *echo.Group) { g.GET("/visibility", h.show) }

func (h *Visibility) show(c echo.Context) error {
	if err := respond.Require(c, ReadVisibility, ""); err != nil {
		return err
	}
	counts, err := h.Counts.VisibilityCounts(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	return respond.Page(c, respond.Meta{Title: "Visibility", Nav: "/visibility"}, visibilityview.Show(visibilityview.NewProps(h.Rules, counts)))
}
