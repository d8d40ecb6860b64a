// Package backstage answers the catalog API of Backstage's clients below
// /api/catalog. Its routes stand in one table, from which the check of
// requests and the OpenAPI description are both made.
package backstage

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// Prefix is where the API is mounted.
const Prefix = "/api/catalog"

// Entities reads many entities, in the shape of the API.
type Entities interface {
	QueryEntities(ctx context.Context, v access.Viewer, r query.Request) (query.Page, error)
	StreamEntities(ctx context.Context, v access.Viewer, where query.Predicate, order []query.Order, each func(json.RawMessage) error) error
	EntitiesByRefs(ctx context.Context, v access.Viewer, refs []string, where query.Predicate) ([]json.RawMessage, error)
	EntityFacets(ctx context.Context, v access.Viewer, where query.Predicate, facets []string) (map[string][]catalog.Count, error)
}

// One reads single entities.
type One interface {
	EntityJSON(ctx context.Context, v access.Viewer, ref catalog.Ref) ([]byte, error)
	EntityByUID(ctx context.Context, v access.Viewer, uid string) (json.RawMessage, error)
	EntityAncestry(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Ancestry, error)
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
}

// Sources knows the locations from which entities come.
type Sources interface {
	SeenSources(ctx context.Context, v access.Viewer) ([]catalog.SourceState, error)
}

// Analyse looks at an address before it is registered; what it returns is sent
// as it is.
type Analyse func(ctx context.Context, v access.Viewer, target string) (any, error)

// Options are what the API stands on.
type Options struct {
	Entities Entities
	One      One
	Sources  Sources
	Actions  *action.Registry
	Analyse  Analyse
	ReadOnly bool   // locations cannot be changed here, only tried
	URL      string // public address of the portal
	Version  string
}

// Handler serves the API.
type Handler struct {
	Options
	schemas     map[string]*jsonschema.Schema // of bodies, by name
	description []byte                        // OpenAPI
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
// who are known.
func (h *Handler) Register(g *echo.Group) {
	for _, r := range routes() {
		serve := func(c echo.Context) error { return r.serve(h, c) }
		g.Add(r.method, Prefix+echoPath(r.path), serve, r.strict(h.schemas))
		if r.method == http.MethodGet { // the server leaves the body out
			g.HEAD(Prefix+echoPath(r.path), serve, r.strict(h.schemas))
		}
	}
	g.GET(Prefix+"/openapi.json", func(c echo.Context) error { return answer(c, h.description) })
}
