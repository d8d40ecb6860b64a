// Package scaffolder answers the scaffolder API of Backstage's clients below
// /api/scaffolder. It translates only: what changes something goes through the
// same actions as the pages, and a task is a run. Its routes stand in one
// table, from which the check of requests and the OpenAPI description are made.
package scaffolder

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// Prefix is where the API is mounted.
const Prefix = "/api/scaffolder"

// Tasks reads runs of templates.
type Tasks interface {
	ScaffoldRuns(ctx context.Context, v access.Viewer, f scaffold.RunFilter) ([]run.Run, int, error)
	Scaffold(ctx context.Context, v access.Viewer, run string) (scaffold.Scaffold, error)
	RunLines(ctx context.Context, v access.Viewer, id run.ID, after int64, limit int) ([]run.Line, error)
	Repositories(ctx context.Context, v access.Viewer) ([]forge.Repository, error)
}

// Templates finds templates; *scaffold.Library does.
type Templates interface {
	Template(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error)
}

// Trier tries templates that are sent, and says what steps can do;
// *scaffold.Engine does.
type Trier interface {
	StepActions() []scaffold.Action
	DryRun(ctx context.Context, v access.Viewer, in scaffold.DryRunInput) (scaffold.DryRunResult, error)
}

// Follower hands over a run's log as it grows; *run.Engine does.
type Follower interface {
	Follow(ctx context.Context, id run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error
}

// Options are what the API stands on.
type Options struct {
	Tasks     Tasks
	Templates Templates
	Trier     Trier
	Runs      Follower
	Actions   *action.Registry
	URL       string // public address of the portal
	Version   string
}

// Handler serves the API.
type Handler struct {
	Options
	schemas     map[string]*jsonschema.Schema // of bodies, by name
	description json.RawMessage               // OpenAPI
}

// New makes the API. It fails only for a fault in its own schemas.
func New(o Options) (*Handler, error) {
	h := &Handler{Options: o}
	var err error
	if h.schemas, err = compileSchemas(); err != nil {
		return nil, err
	}
	h.description, err = describe(routes(), o.URL, o.Version)
	return h, err
}

// Register adds the routes to g, the group of the server's root for callers
// who are known; what takes a folder of files goes to large.
func (h *Handler) Register(g, large *echo.Group) {
	for _, r := range routes() {
		serve, to := func(c echo.Context) error { return r.serve(h, c) }, g
		if r.large {
			to = large
		}
		to.Add(r.method, Prefix+echoPath(r.path), serve, r.strict(h.schemas))
		if r.method == http.MethodGet { // the server leaves the body out
			to.HEAD(Prefix+echoPath(r.path), serve, r.strict(h.schemas))
		}
	}
	g.GET(Prefix+"/openapi.json", func(c echo.Context) error { return c.Blob(http.StatusOK, contentType, h.description) })
}

const contentType = "application/json; charset=utf-8"
