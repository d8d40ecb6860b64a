package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// FleetReader is what the routes of the fleet need.
type FleetReader interface {
	Fleet(ctx context.Context, v access.Viewer, q fleet.Query) (fleet.Page, error)
	FleetCounts(ctx context.Context, v access.Viewer, q fleet.Query) ([]fleet.Count, error)
	Service(ctx context.Context, v access.Viewer, id string) (fleet.Service, error)
	Upgrade(ctx context.Context, v access.Viewer, id string) (fleet.Upgrade, error)
}

// FleetVersions is what they need of templates.
type FleetVersions interface {
	TemplateHeads(ctx context.Context, v access.Viewer) (map[string]fleet.Head, error)
	TemplateVersions(ctx context.Context, v access.Viewer, template string) ([]scaffold.Version, error)
}

// Fleet serves what was made from templates to programs.
type Fleet struct {
	Reader   FleetReader
	Versions FleetVersions
}

// Register adds the routes to g, the group of the API.
func (h *Fleet) Register(g *echo.Group) {
	g.GET("/fleet", h.list)
	g.GET("/fleet/:id", h.show)
	g.GET("/upgrades/:id", h.upgrade)
	g.GET("/templates/:namespace/:name/versions", h.versions)
}

// FleetService is one service in the API. Behind and drift are null where they
// are not known.
type FleetService struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Entity     string          `json:"entity,omitempty"`
	Repository string          `json:"repository"`
	Team       string          `json:"team"`
	Template   string          `json:"template"`
	Version    string          `json:"version"`
	Newest     string          `json:"newest,omitempty"`
	Behind     *int            `json:"behind"`
	Since      *time.Time      `json:"behindSince,omitempty"`
	Drift      *int            `json:"drift"`
	Files      []fleet.Drifted `json:"driftFiles,omitempty"`
	MadeAt     time.Time       `json:"madeAt"`
	Upgrade    string          `json:"upgrade,omitempty"` // id of the one that runs or waits
}

func serviceOf(s fleet.Service, heads map[string]fleet.Head) FleetService {
	out := FleetService{ID: s.ID, Name: s.Name, Entity: s.Entity, Repository: s.Address(), Team: s.Team, Template: s.Template, Version: s.Version, Newest: heads[s.Template].Version, MadeAt: s.MadeAt, Upgrade: s.Upgrade.ID}
	if s.Known() {
		out.Behind = &s.Behind
	}
	if s.Drift != fleet.Unknown {
		out.Drift = &s.Drift
	}
	if !s.BehindSince.IsZero() {
		out.Since = &s.BehindSince
	}
	return out
}

func (h *Fleet) list(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	q := fleet.Query{Template: c.QueryParam("template"), Team: c.QueryParam("team"), State: fleet.State(c.QueryParam("state")), Text: c.QueryParam("q"), Sort: c.QueryParam("sort"), After: c.QueryParam("cursor")}
	if text := c.QueryParam("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fault.InvalidField("limit", "type", "The limit is a number from 1 to 1000.")
		}
		q.Limit = n
	}
	page, err := h.Reader.Fleet(ctx, v, q)
	if err != nil {
		return err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return err
	}
	counts, err := h.Reader.FleetCounts(ctx, v, q)
	if err != nil {
		return err
	}
	var all fleet.Count
	for _, n := range counts {
		all = all.Add(n)
	}
	total, known := map[fleet.State]int{"": all.All, fleet.Behind: all.Behind, fleet.UpToDate: all.Current, fleet.HasDrift: all.Drifted, fleet.Untouched: all.Untouched, fleet.NoBase: all.Unknown}[q.State]
	if !known {
		total = len(page.Items)
	}
	out := List[FleetService]{Items: []FleetService{}, Total: total, Next: page.Next}
	for _, s := range page.Items {
		out.Items = append(out.Items, serviceOf(s, heads))
	}
	return respond.JSON(c, http.StatusOK, out)
}

func (h *Fleet) show(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	s, err := h.Reader.Service(ctx, v, c.Param("id"))
	if err != nil {
		return err
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return err
	}
	out := serviceOf(s, heads)
	out.Files = s.DriftFiles
	return respond.JSON(c, http.StatusOK, out)
}

// FleetUpgrade is one upgrade in the API.
type FleetUpgrade struct {
	ID      string       `json:"id"`
	Service string       `json:"service"`
	From    string       `json:"from"`
	To      string       `json:"to"`
	State   string       `json:"state"`
	Branch  string       `json:"branch,omitempty"`
	Commit  string       `json:"commit,omitempty"`
	URL     string       `json:"url,omitempty"` // of the pull request
	Report  fleet.Report `json:"report"`
}

func (h *Fleet) upgrade(c echo.Context) error {
	u, err := h.Reader.Upgrade(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, FleetUpgrade{ID: u.ID, Service: u.Base, From: u.From, To: u.To, State: string(u.State), Branch: u.Branch, Commit: u.Commit, URL: u.URL, Report: u.Report})
}

// TemplateVersion is one version of a template in the API.
type TemplateVersion struct {
	Version    string                `json:"version"`
	Digest     string                `json:"digest"`
	Current    bool                  `json:"current"`
	InUse      bool                  `json:"inUse"`
	Changelog  string                `json:"changelog,omitempty"`
	Deprecated *scaffold.Deprecation `json:"deprecated,omitempty"`
	Problem    string                `json:"problem,omitempty"`
	SeenAt     time.Time             `json:"seenAt"`
}

func (h *Fleet) versions(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	ref := catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")}.Canonical().String()
	list, err := h.Versions.TemplateVersions(ctx, v, ref)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return scaffold.ErrNoTemplate
	}
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return err
	}
	out := List[TemplateVersion]{Items: []TemplateVersion{}, Total: len(list)}
	for _, k := range list {
		t := TemplateVersion{Version: k.Version, Digest: k.Digest, Current: heads[ref].Version == k.Version, InUse: k.Used, Changelog: k.Changelog, SeenAt: k.SeenAt}
		if !k.Deprecated.IsZero() {
			t.Deprecated = &k.Deprecated
		}
		if t.Current {
			t.Problem = heads[ref].Problem
		}
		out.Items = append(out.Items, t)
	}
	return respond.JSON(c, http.StatusOK, out)
}
