package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/views/envview"
	"github.com/waymark-portal/waymark/views/ui"
)

// EnvironmentReader is what the environment pages need from storage.
type EnvironmentReader interface {
	Environments(ctx context.Context, v access.Viewer, f provision.Filter) ([]provision.Environment, int, error)
	Environment(ctx context.Context, v access.Viewer, id string) (provision.Environment, error)
	Plan(ctx context.Context, v access.Viewer, r run.ID) (provision.Plan, error)
	Resources(ctx context.Context, v access.Viewer, environment string) ([]provision.Resource, error)
}

// EngineReader says whether there is an engine.
type EngineReader interface {
	Status(ctx context.Context) terraform.Status
}

// Environments serves the pages of environments.
type Environments struct {
	Reader  EnvironmentReader
	Runs    RunStore
	Follow  RunFollower
	Engine  EngineReader
	Library *provision.Library
	Pickers PickerStore
	Quotas  QuotaReader
	Actions *action.Registry
	Allow   Anywhere
	Now     func() time.Time
}

// Anywhere reports whether somebody may do something for anything at all.
type Anywhere interface {
	Anywhere(v access.Viewer, permission string) bool
}

// Register adds the pages to g.
func (h *Environments) Register(g *echo.Group) {
	g.GET("/environments", h.list)
	g.GET("/environments/new", h.new)
	g.POST("/environments/new", h.launch)
	g.POST("/environments/new/check", h.check)
	g.POST("/environments/new/options", h.options)
	g.GET("/environments/:id", h.show)
	g.GET("/environments/:id/log", h.stream)
	g.POST("/environments/:id/destroy", h.destroy)
	g.POST("/environments/:id/extend", h.extend)
	g.POST("/environments/:id/reveal", h.reveal)
	g.GET("/environments/:id/reveal", h.back) // a reload of what was shown once
	g.GET("/blueprints", h.blueprints)
	g.GET("/blueprints/:name", h.blueprint)
}

func envMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/environments"} }

// engine is nil when there is an engine to launch with.
func (h *Environments) engine(ctx context.Context) *envview.EngineProps {
	s := h.Engine.Status(ctx)
	if s.Ready {
		return nil
	}
	return &envview.EngineProps{Building: s.Building, Text: s.Problem}
}

type environmentsQuery struct {
	View  string `query:"view"` // mine or all
	Gone  bool   `query:"gone"`
	After string `query:"after"`
}

const environmentsPage = 50

func (h *Environments) list(c echo.Context) error {
	var q environmentsQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	v := respond.Viewer(c)
	f := provision.Filter{Gone: q.Gone, After: q.After, Limit: environmentsPage}
	if q.View == "" && len(v.Groups) == 0 {
		q.View = "all"
	}
	if q.View != "all" {
		f.Mine = append([]string{}, v.Groups...)
	}
	found, total, err := h.Reader.Environments(c.Request().Context(), v, f)
	if err != nil {
		return err
	}
	p := envview.ListProps{All: q.Gone, AllURL: environmentsURL(q.View, !q.Gone, ""), Summary: ui.Plural(total, "environment", "environments"),
		Engine: h.engine(c.Request().Context()), CanLaunch: h.Allow.Anywhere(v, "launch-environment.dev"),
		Views: []ui.Chip{{Label: "Of my groups", URL: environmentsURL("", q.Gone, ""), On: q.View != "all"},
			{Label: "Everybody's", URL: environmentsURL("all", q.Gone, ""), On: q.View == "all"}}}
	for _, e := range found {
		p.Rows = append(p.Rows, envview.NewRow(e, h.Now()))
	}
	if len(found) == environmentsPage {
		p.Next = environmentsURL(q.View, q.Gone, found[len(found)-1].ID)
	}
	return respond.Page(c, envMeta("Environments"), envview.List(p))
}

func environmentsURL(view string, gone bool, after string) string {
	q := url.Values{}
	if view != "" {
		q.Set("view", view)
	}
	if gone {
		q.Set("gone", "true")
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return "/environments"
	}
	return "/environments?" + q.Encode()
}

func (h *Environments) show(c echo.Context) error {
	p, err := h.page(c, c.Param("id"))
	if err != nil {
		return err
	}
	return respond.Page(c, envMeta(p.Head.Name), envview.Show(p))
}

func (h *Environments) destroy(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "destroy-environment", environmentInput(c, "reason"))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

// environmentInput is the input of an action on the page's environment, with
// the named fields of the form as far as they are filled in.
func environmentInput(c echo.Context, fields ...string) json.RawMessage {
	in := map[string]string{"environment": c.Param("id")}
	for _, f := range fields {
		if s := c.FormValue(f); s != "" {
			in[f] = s
		}
	}
	b, _ := json.Marshal(in) // texts always marshal
	return b
}

func (h *Environments) extend(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "extend-environment", environmentInput(c, "ttl", "reason"))
	if fault.Is(err, fault.Invalid) {
		p, shown := h.page(c, c.Param("id"))
		if shown != nil {
			return shown
		}
		p.Extend, p.TTL = message(err, "ttl"), c.FormValue("ttl")
		return respond.Invalid(c, envMeta(p.Head.Name), envview.Show(p))
	}
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *Environments) reveal(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "reveal-secret", environmentInput(c, "output"))
	if err != nil {
		return err
	}
	p, err := h.page(c, c.Param("id"))
	if err != nil {
		return err
	}
	body, _ := out.Body.(map[string]any) // as the action says
	value, _ := body["value"].(string)
	p.Reveal = &envview.Revealed{Title: c.FormValue("output"), Value: value}
	for _, o := range p.Facts.Outputs {
		if o.Name == p.Reveal.Title {
			p.Reveal.Title = o.Title
		}
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	m := envMeta(p.Head.Name)
	m.Status = http.StatusOK
	return respond.Page(c, m, envview.Show(p))
}

// back leads to the environment's page.
func (h *Environments) back(c echo.Context) error {
	return respond.SeeOther(c, envview.URL(url.PathEscape(c.Param("id"))))
}

func newKey() string { return id.New("key") }
