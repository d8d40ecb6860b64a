package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
)

// EnvironmentReader is what the environment routes need from storage.
type EnvironmentReader interface {
	Environments(ctx context.Context, v access.Viewer, f provision.Filter) ([]provision.Environment, int, error)
	Environment(ctx context.Context, v access.Viewer, id string) (provision.Environment, error)
	Plan(ctx context.Context, v access.Viewer, r run.ID) (provision.Plan, error)
	Resources(ctx context.Context, v access.Viewer, environment string) ([]provision.Resource, error)
}

// EnvironmentRuns is what they need of runs.
type EnvironmentRuns interface {
	Runs(ctx context.Context, v access.Viewer, f run.Filter) (run.Page, error)
}

// Environments serves environments and blueprints to programs.
type Environments struct {
	Reader  EnvironmentReader
	Runs    EnvironmentRuns
	Library *provision.Library
}

// Register adds the routes to g, the group of the API.
func (h *Environments) Register(g *echo.Group) {
	g.GET("/environments", h.list)
	g.GET("/environments/:id", h.show)
	g.GET("/blueprints", h.blueprints)
}

// Environment is an environment in the API. What is the owner's is left out
// for others.
type Environment struct {
	ID         string                `json:"id"`
	Name       string                `json:"name"`
	State      provision.State       `json:"state"`
	Reason     string                `json:"reason,omitempty"`
	Kind       string                `json:"kind"`
	Blueprint  string                `json:"blueprint"`
	Version    string                `json:"version"`
	Owner      string                `json:"owner"`
	Service    string                `json:"service,omitempty"`
	Entity     string                `json:"entity"`
	URL        string                `json:"url"`
	CreatedAt  time.Time             `json:"createdAt"`
	ReadyAt    *time.Time            `json:"readyAt"`
	ExpiresAt  *time.Time            `json:"expiresAt"`
	Parameters json.RawMessage       `json:"parameters,omitempty"`
	Outputs    []provision.Output    `json:"outputs,omitempty"`
	Estimate   *provision.Estimate   `json:"estimate,omitempty"`
	Actual     *string               `json:"actual"`
	Reasons    map[string]string     `json:"noData,omitempty"`
	Policy     []provision.Check     `json:"policy,omitempty"`
	Changes    []provision.Change    `json:"changes,omitempty"`
	Resources  []EnvironmentResource `json:"resources,omitempty"`
	Runs       []EnvironmentRun      `json:"runs,omitempty"`
}

// EnvironmentResource is one resource that a run made.
type EnvironmentResource struct {
	Address  string             `json:"address"`
	ID       string             `json:"id"`
	Progress provision.Progress `json:"progress"`
}

// EnvironmentRun is one run of an environment.
type EnvironmentRun struct {
	ID        run.ID    `json:"id"`
	URL       string    `json:"url"`
	Kind      string    `json:"kind"`
	State     run.State `json:"state"`
	CreatedAt time.Time `json:"createdAt"`
	Error     string    `json:"error,omitempty"`
}

func newEnvironment(e provision.Environment) Environment {
	return Environment{ID: e.ID, Name: e.Name, State: e.State, Reason: e.Reason, Kind: e.Kind, Blueprint: e.Blueprint,
		Version: e.Version, Owner: e.Owner, Service: e.Service, Entity: e.Entity, URL: provision.URL(e.ID),
		CreatedAt: e.CreatedAt, ReadyAt: moment(e.ReadyAt), ExpiresAt: moment(e.ExpiresAt)}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type environmentsQuery struct {
	Owner   string `query:"owner"`
	Service string `query:"service"`
	State   string `query:"state"`
	Gone    bool   `query:"gone"`
	Limit   int    `query:"limit"`
	Cursor  string `query:"cursor"`
}

func (h *Environments) list(c echo.Context) error {
	var q environmentsQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	if q.Limit < 0 || q.Limit > 200 {
		return fault.InvalidField("limit", "maximum", "This must be between 1 and 200.")
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.State != "" && !slices.Contains(provision.AllStates, provision.State(q.State)) {
		return fault.InvalidField("state", "enum", "There is no such state.")
	}
	found, total, err := h.Reader.Environments(c.Request().Context(), respond.Viewer(c),
		provision.Filter{Owner: q.Owner, Service: q.Service, State: provision.State(q.State), Gone: q.Gone, Limit: q.Limit, After: q.Cursor})
	if err != nil {
		return err
	}
	out := List[Environment]{Items: []Environment{}, Total: total}
	for _, e := range found {
		out.Items = append(out.Items, newEnvironment(e))
	}
	if len(found) == q.Limit {
		out.Next = found[len(found)-1].ID
	}
	return respond.JSON(c, http.StatusOK, out)
}

func (h *Environments) show(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	e, err := h.Reader.Environment(ctx, v, c.Param("id"))
	if err != nil {
		return err
	}
	out := newEnvironment(e)
	if v.MayRead(e.Owner) {
		if err := h.details(ctx, v, e, &out); err != nil {
			return err
		}
	}
	return respond.JSON(c, http.StatusOK, out)
}

// details adds what is the owner's.
func (h *Environments) details(ctx context.Context, v access.Viewer, e provision.Environment, out *Environment) error {
	out.Parameters, out.Outputs = e.Parameters, e.Outputs
	out.Reasons = map[string]string{"actual": "No bill names this environment yet."}
	p, err := h.Reader.Plan(ctx, v, e.Run)
	switch {
	case err == nil:
		out.Estimate, out.Policy, out.Changes = &p.Estimate, p.Checks, p.Changes
	case !errors.Is(err, provision.ErrNoPlan):
		return err
	}
	resources, err := h.Reader.Resources(ctx, v, e.ID)
	if err != nil {
		return err
	}
	for _, r := range resources {
		out.Resources = append(out.Resources, EnvironmentResource{Address: r.Address, ID: r.ID, Progress: r.Progress})
	}
	runs, err := h.Runs.Runs(ctx, v, run.Filter{Lane: e.ID, Limit: 50})
	for _, r := range runs.Items {
		out.Runs = append(out.Runs, EnvironmentRun{ID: r.ID, URL: "/runs/" + string(r.ID), Kind: r.Kind, State: r.State,
			CreatedAt: r.CreatedAt, Error: r.Error})
	}
	return err
}

// Blueprint is a blueprint in the API.
type Blueprint struct {
	Name       string          `json:"name"`
	Title      string          `json:"title"`
	Summary    string          `json:"summary"`
	Version    string          `json:"version"`
	Owner      string          `json:"owner"`
	Provider   string          `json:"provider"`
	Capability string          `json:"capability"`
	Aliases    []string        `json:"aliases"`
	Kinds      []string        `json:"kinds"`
	TTL        map[string]int  `json:"ttl_s"`
	Parameters json.RawMessage `json:"parameters"`
	Hash       string          `json:"hash"`
}

func (h *Environments) blueprints(c echo.Context) error {
	all := h.Library.All()
	out := List[Blueprint]{Items: []Blueprint{}, Total: len(all)}
	for _, b := range all {
		out.Items = append(out.Items, Blueprint{Name: b.Name, Title: b.Title, Summary: b.Summary, Version: b.Version, Owner: b.Owner,
			Provider: b.Provider, Capability: b.Capability, Aliases: b.Aliases, Kinds: b.Kinds, Parameters: b.Parameters, Hash: b.Hash,
			TTL: map[string]int{"default": int(b.TTL.Default.Seconds()), "max": int(b.TTL.Max.Seconds())}})
	}
	return respond.JSON(c, http.StatusOK, out)
}
