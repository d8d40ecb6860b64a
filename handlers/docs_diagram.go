package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/views/layout"
)

// diagramPolicy is the Content-Security-Policy of the frame in which diagrams
// are drawn. It has an origin of its own that nobody shares; mermaid needs
// inline styles, which are allowed nowhere else.
const diagramPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-scripts"

// Diagram serves the frame that draws diagrams.
type Diagram struct {
	Mermaid, Frame string // addresses of its two scripts
}

// Register adds the route to g.
func (h *Diagram) Register(g *echo.Group) { g.GET("/docs/diagram", h.show) }

func (h *Diagram) show(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, diagramPolicy)
	return respond.HTML(c, http.StatusOK, layout.MermaidFrame(h.Mermaid, h.Frame), nil)
}
