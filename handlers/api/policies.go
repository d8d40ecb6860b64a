package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/policy"
)

// PolicyRules are the rules in force.
type PolicyRules interface{ Rules() []policy.Rule }

// PolicyStore is what the routes of policies need from storage.
type PolicyStore interface {
	Decisions(ctx context.Context, v access.Viewer, f policy.Filter) (policy.Page, error)
	PolicyCounts(ctx context.Context, v access.Viewer, since time.Time) (map[string]policy.Count, error)
	WaiversAt(ctx context.Context, at time.Time) ([]policy.Waiver, error)
}

// Policies serves rules and decisions to programs.
type Policies struct {
	Rules  PolicyRules
	Reader PolicyStore
	Now    func() time.Time
}

// Register adds the routes to g, the group of the API.
func (h *Policies) Register(g *echo.Group) {
	g.GET("/policies", h.list)
	g.GET("/policies/decisions", h.decisions)
	g.GET("/policies/waivers", h.waivers)
}

// Rule is a policy in the API.
type Rule struct {
	Rule        string         `json:"rule"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Level       policy.Level   `json:"level"`
	Applies     []policy.Phase `json:"applies"`
	Fix         string         `json:"fix"`
	File        string         `json:"file"`
	Waivable    bool           `json:"waivable"`
	Last30Days  policy.Count   `json:"last30Days"`
}

func (h *Policies) list(c echo.Context) error {
	counts, err := h.Reader.PolicyCounts(c.Request().Context(), respond.Viewer(c), h.Now().AddDate(0, 0, -30))
	if err != nil {
		return err
	}
	out := List[Rule]{Items: []Rule{}}
	for _, r := range h.Rules.Rules() {
		out.Items = append(out.Items, Rule{Rule: r.Name, Title: r.Title, Description: r.Description, Level: r.Level, Applies: r.Applies,
			Fix: r.Fix, File: "policies/" + r.File, Waivable: r.CanWaive(), Last30Days: counts[r.Name]})
	}
	out.Total = len(out.Items)
	return respond.JSON(c, http.StatusOK, out)
}

type decisionsQuery struct {
	Environment string `query:"environment"`
	Rule        string `query:"rule"`
	Denied      bool   `query:"denied"`
	Cursor      string `query:"cursor"`
	Limit       int    `query:"limit"`
}

func (h *Policies) decisions(c echo.Context) error {
	q := decisionsQuery{Limit: 50}
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	p, err := h.Reader.Decisions(c.Request().Context(), respond.Viewer(c), policy.Filter{Environment: q.Environment, Rule: q.Rule, Denied: q.Denied, Before: q.Cursor, Limit: q.Limit})
	if err != nil {
		return err
	}
	if p.Items == nil {
		p.Items = []policy.Decision{}
	}
	return respond.JSON(c, http.StatusOK, map[string]any{"items": p.Items, "total": p.Total, "next": p.Next})
}

func (h *Policies) waivers(c echo.Context) error {
	list, err := h.Reader.WaiversAt(c.Request().Context(), h.Now())
	if err != nil {
		return err
	}
	if list == nil {
		list = []policy.Waiver{}
	}
	return respond.JSON(c, http.StatusOK, List[policy.Waiver]{Items: list, Total: len(list)})
}
