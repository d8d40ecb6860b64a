package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/views/policyview"
	"github.com/waymark-portal/waymark/views/ui"
)

// PolicyRules are the rules in force.
type PolicyRules interface {
	Rules() []policy.Rule
	Rule(name string) (policy.Rule, bool)
}

// PolicyStore is what the pages of policies need from storage.
type PolicyStore interface {
	Decisions(ctx context.Context, v access.Viewer, f policy.Filter) (policy.Page, error)
	PolicyCounts(ctx context.Context, v access.Viewer, since time.Time) (map[string]policy.Count, error)
	WaiversAt(ctx context.Context, at time.Time) ([]policy.Waiver, error)
}

// Policies serves the rules and what they decided.
type Policies struct {
	Rules   PolicyRules
	Reader  PolicyStore
	Actions *action.Registry
	Now     func() time.Time
}

// Register adds the pages to g.
func (h *Policies) Register(g *echo.Group) {
	g.GET("/policies", h.list)
	g.GET("/policies/:rule", h.show)
	g.POST("/policies/:rule/waive", h.waive)
}

// countedDays is the period of the figures.
const countedDays = 30 * 24 * time.Hour

func policyMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/policies"} }

// around reads what stands beside the rules.
func (h *Policies) around(c echo.Context, f policy.Filter) (map[string]policy.Count, []policy.Decision, []policy.Waiver, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	counts, err1 := h.Reader.PolicyCounts(ctx, v, h.Now().Add(-countedDays))
	page, err2 := h.Reader.Decisions(ctx, v, f)
	waivers, err3 := h.Reader.WaiversAt(ctx, h.Now())
	return counts, page.Items, waivers, errors.Join(err1, err2, err3)
}

func (h *Policies) list(c echo.Context) error {
	counts, decisions, waivers, err := h.around(c, policy.Filter{Limit: 15})
	if err != nil {
		return err
	}
	return respond.Page(c, policyMeta("Policies"), policyview.List(policyview.NewList(h.Rules.Rules(), counts, decisions, waivers)))
}

func (h *Policies) show(c echo.Context) error {
	p, err := h.props(c, policyview.Form{})
	if err != nil {
		return err
	}
	return respond.Page(c, policyMeta(p.Rule.Title), policyview.Show(p))
}

func (h *Policies) props(c echo.Context, f policyview.Form) (policyview.ShowProps, error) {
	rule, ok := h.Rules.Rule(c.Param("rule"))
	if !ok {
		return policyview.ShowProps{}, fault.New(fault.NotFound, "There is no such policy.")
	}
	counts, decisions, waivers, err := h.around(c, policy.Filter{Rule: rule.Name, Limit: 10})
	if err != nil {
		return policyview.ShowProps{}, err
	}
	return policyview.NewShow(rule, counts[rule.Name], decisions, waivers, respond.May(c, "waive-policy", ""), f), nil
}

func (h *Policies) waive(c echo.Context) error {
	f := policyview.Form{Scope: c.FormValue("scope"), Reason: c.FormValue("reason"), Until: c.FormValue("until")}
	in, err := json.Marshal(map[string]string{"rule": c.Param("rule"), "scope": f.Scope, "reason": f.Reason, "until": f.Until})
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, "waive-policy", in)
	if refusal, ok := invalid(err); ok {
		for _, x := range refusal.Fields {
			f.Faults = append(f.Faults, ui.FieldFault{ID: "f-" + x.Field, Label: waiveLabels[x.Field], Message: x.Message})
		}
		p, err := h.props(c, f)
		if err != nil {
			return err
		}
		return respond.Invalid(c, policyMeta(p.Rule.Title), policyview.Show(p))
	}
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

var waiveLabels = map[string]string{"rule": "Rule", "scope": "For", "reason": "Reason", "until": "Until"}
