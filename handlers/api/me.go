package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/quota"
)

// QuotaReader is what Me needs from storage.
type QuotaReader interface {
	Quotas(ctx context.Context, v access.Viewer) ([]quota.Usage, error)
}

// Me serves who is asking, and what teams have of their quotas.
type Me struct {
	Quotas QuotaReader
}

// Register adds the routes to g, which is /api/v1.
func (h *Me) Register(g *echo.Group) {
	g.GET("/me", h.show)
	g.GET("/quotas", h.quotas)
}

type grantBody struct {
	Role  string `json:"role"`
	Group string `json:"group,omitempty"`
}

type meBody struct {
	Ref    string      `json:"ref"`
	Name   string      `json:"name"`
	Email  string      `json:"email,omitempty"`
	Groups []string    `json:"groups"`
	Roles  []grantBody `json:"roles"`
	Scopes []string    `json:"scopes,omitempty"`
}

func (h *Me) show(c echo.Context) error {
	v := respond.Viewer(c)
	b := meBody{Ref: v.ID, Name: v.Name, Email: v.Email, Groups: append([]string{}, v.Groups...), Scopes: v.Scopes}
	for _, g := range v.Grants {
		b.Roles = append(b.Roles, grantBody(g))
	}
	return respond.JSON(c, http.StatusOK, b)
}

func (h *Me) quotas(c echo.Context) error {
	items, err := h.Quotas.Quotas(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, List[quota.Usage]{Items: append([]quota.Usage{}, items...), Total: len(items)})
}
