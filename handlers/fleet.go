package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/fleetview"
)

// FleetReader is what the pages of the fleet need from storage.
type FleetReader interface {
	Fleet(ctx context.Context, v access.Viewer, q fleet.Query) (fleet.Page, error)
	FleetCounts(ctx context.Context, v access.Viewer, q fleet.Query) ([]fleet.Count, error)
	FleetTeams(ctx context.Context, v access.Viewer) ([]string, error)
	Service(ctx context.Context, v access.Viewer, id string) (fleet.Service, error)
	ServicesOf(ctx context.Context, v access.Viewer, entity string) ([]fleet.Service, error)
	ServicesIn(ctx context.Context, v access.Viewer, ids []string) ([]fleet.Service, error)
	Upgrade(ctx context.Context, v access.Viewer, id string) (fleet.Upgrade, error)
	UpgradeOf(ctx context.Context, v access.Viewer, run string) (fleet.Upgrade, error)
	UpgradesOf(ctx context.Context, v access.Viewer, base string) ([]fleet.Upgrade, error)
	UpgradesIn(ctx context.Context, v access.Viewer, bulk string) ([]fleet.Upgrade, error)
}

// VersionReader is what they need of templates.
type VersionReader interface {
	TemplateHeads(ctx context.Context, v access.Viewer) (map[string]fleet.Head, error)
	TemplateVersions(ctx context.Context, v access.Viewer, template string) ([]scaffold.Version, error)
}

// FleetEngine tells what is new between versions; *fleet.Engine does.
type FleetEngine interface {
	Changes(ctx context.Context, template, from, to string) string
}

// BranchDiffs reads branches of the embedded forge; *forge.Embedded does.
type BranchDiffs interface {
	Diff(ctx context.Context, owner, repo, commit string) ([]forge.FileDiff, error)
	CloneURL(owner, repo string) string
}

// OfferedTemplates finds templates as they can be used; *scaffold.Library does.
type OfferedTemplates interface {
	Offered(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error)
}

// Fleet serves the pages of what was made from templates.
type Fleet struct {
	Reader    FleetReader
	Versions  VersionReader
	Engine    FleetEngine
	Diffs     BranchDiffs
	Templates OfferedTemplates
	Actions   *action.Registry
}

// Register adds the pages to g.
func (h *Fleet) Register(g *echo.Group) {
	g.GET("/create/fleet", h.list)
	g.GET("/create/fleet.csv", h.csv)
	g.POST("/create/fleet/upgrade", h.upgradeMany)
	g.GET("/create/fleet/:id", h.show)
	g.POST("/create/fleet/:id/upgrade", h.upgrade)
	g.GET("/create/upgrades/:id", h.showUpgrade)
	g.POST("/create/upgrades/:id/merge", h.merge)
	g.POST("/create/upgrades/:id/close", h.close)
	g.GET("/create/upgrades/bulk/:id", h.bulk)
	g.GET("/create/:namespace/:name/versions", h.versions)
}

func fleetMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/create/fleet"} }

func (h *Fleet) list(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	var q fleetview.Query
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	page, err := h.Reader.Fleet(ctx, v, q.Fleet())
	if err != nil {
		return err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return err
	}
	counts, err := h.Reader.FleetCounts(ctx, v, fleet.Query{})
	if err != nil {
		return err
	}
	teams, err := h.Reader.FleetTeams(ctx, v)
	if err != nil {
		return err
	}
	narrowed := counts
	if q.Template != "" || q.Team != "" || q.Text != "" {
		if narrowed, err = h.Reader.FleetCounts(ctx, v, q.Fleet()); err != nil {
			return err
		}
	}
	p := fleetview.NewList(q, page, fleetview.Around{Heads: heads, Counts: counts, Narrowed: narrowed, Teams: teams, Now: time.Now(),
		May: func(team string) bool { return respond.May(c, fleet.UpgradeAction, team) }, Keys: newKey})
	return respond.Page(c, fleetMeta("Fleet"), fleetview.List(p))
}

func (h *Fleet) show(c echo.Context) error {
	p, s, err := h.service(c)
	if err != nil {
		return err
	}
	if p.CanUpgrade {
		if p.Asks, err = h.asks(c, s, nil, nil); err != nil {
			return err
		}
	}
	return respond.Page(c, fleetMeta(s.Name), fleetview.Show(p))
}

// service is what the page of a service shows in any case.
func (h *Fleet) service(c echo.Context) (fleetview.ShowProps, fleet.Service, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	s, err := h.Reader.Service(ctx, v, c.Param("id"))
	if err != nil {
		return fleetview.ShowProps{}, s, err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return fleetview.ShowProps{}, s, err
	}
	upgrades, err := h.Reader.UpgradesOf(ctx, v, s.ID)
	if err != nil {
		return fleetview.ShowProps{}, s, err
	}
	p := fleetview.NewShow(s, heads, upgrades, time.Now())
	p.CanUpgrade = s.Behind > 0 && s.Upgrade.ID == "" && respond.May(c, fleet.UpgradeAction, s.Team)
	p.Key = newKey()
	if s.Behind > 0 {
		p.News = newsHTML(h.Engine.Changes(ctx, s.Template, s.Version, heads[s.Template].Version))
	}
	return p, s, nil
}

// newsHTML is a changelog as safe HTML.
func newsHTML(markdown string) string {
	if markdown == "" {
		return ""
	}
	r, err := docs.Render([]byte(markdown), docs.Options{})
	if err != nil {
		return "" // the changelog is a comfort
	}
	return r.HTML
}

func (h *Fleet) versions(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	ref := catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")}.Canonical()
	t, err := h.Templates.Offered(ctx, v, ref)
	if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unavailable) {
		return err
	}
	list, err := h.Versions.TemplateVersions(ctx, v, ref.String())
	if err != nil {
		return err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return err
	}
	title := ref.Name
	if t != nil {
		title = t.Title
	}
	return respond.Page(c, fleetMeta("Versions of "+title), fleetview.Versions(fleetview.NewVersions(ref, title, heads[ref.String()], list, newsHTML)))
}

// Panel tells on an entity's page how it stands to its template; nil for what
// was not made from one.
func (h *Fleet) Panel(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error) {
	if scaffold.IsMaker(e.Ref.Kind) {
		return h.templatePanel(ctx, v, e.Ref)
	}
	list, err := h.Reader.ServicesOf(ctx, v, e.Ref.String())
	if err != nil || len(list) == 0 {
		return nil, err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return nil, err
	}
	var p fleetview.PanelProps
	for _, s := range list {
		p.Rows = append(p.Rows, fleetview.NewRow(s, heads, time.Now()))
	}
	return fleetview.Panel(p), nil
}

// Result draws the upgrade that a run has made, for the run's page.
func (h *Fleet) Result(ctx context.Context, v access.Viewer, r run.Run) (templ.Component, error) {
	u, err := h.Reader.UpgradeOf(ctx, v, string(r.ID))
	if fault.Is(err, fault.NotFound) || err == nil && u.State == fleet.Running {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return fleetview.Result(u), nil
}

// csv is the list without its pages.
func (h *Fleet) csv(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	var q fleetview.Query
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return err
	}
	ask := q.Fleet()
	ask.After, ask.Limit = "", 1000
	first, err := h.Reader.Fleet(ctx, v, ask)
	if err != nil {
		return err
	}
	head := c.Response().Header()
	head.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	head.Set(echo.HeaderContentDisposition, `attachment; filename="fleet.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	w := fleetview.NewCSV(c.Response(), heads)
	for page := first; ; {
		if err := w.Write(page.Items); err != nil || page.Next == "" {
			return err
		}
		ask.After = page.Next
		if page, err = h.Reader.Fleet(ctx, v, ask); err != nil {
			return err
		}
	}
}
