package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
)

// DocsChecker checks sites.
type DocsChecker interface {
	Site(ctx context.Context, v access.Viewer, ref string) (*docs.Site, error)
	Check(s *docs.Site) ([]docs.Problem, error)
}

// Docs serves what the checker finds to programs.
type Docs struct {
	Engine DocsChecker
}

// Register adds the route to g, the group of the API.
func (h *Docs) Register(g *echo.Group) { g.GET("/docs/check", h.check) }

// Checked is the answer of the checker.
type Checked struct {
	Site   string         `json:"site"`
	Pages  int            `json:"pages"`
	Broken int            `json:"broken"` // problems that hurt a reader
	Items  []docs.Problem `json:"items"`
	Total  int            `json:"total"`
}

func (h *Docs) check(c echo.Context) error {
	ref, err := catalog.ParseRef(c.QueryParam("site"), "component", "")
	if err != nil {
		return fault.InvalidField("site", "reference", "site is the reference of an entity with docs, such as component:default/waymark.")
	}
	s, err := h.Engine.Site(c.Request().Context(), respond.Viewer(c), ref.String())
	if err != nil {
		return err
	}
	found, err := h.Engine.Check(s)
	if err != nil {
		return err
	}
	out := Checked{Site: s.Ref, Pages: len(s.Pages), Items: append([]docs.Problem{}, found...), Total: len(found)}
	for _, p := range found {
		if p.Broken() {
			out.Broken++
		}
	}
	return respond.JSON(c, http.StatusOK, out)
}
