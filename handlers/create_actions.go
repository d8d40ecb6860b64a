package handlers

import (
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
)

// StepActioner lists what steps of templates can do; *scaffold.Engine does.
type StepActioner interface{ StepActions() []scaffold.Action }

// StepActions serves the page that documents what steps can do.
type StepActions struct{ Engine StepActioner }

// Register adds its route to g.
func (h *StepActions) Register(g *echo.Group) { g.GET(createview.ActionsURL(), h.list) }

func (h *StepActions) list(c echo.Context) error {
	return respond.Page(c, respond.Meta{Title: "Actions"}, createview.Actions(createview.NewActionsProps(h.Engine.StepActions())))
}
