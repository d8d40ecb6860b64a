package handlers

import (
	"context"
	"encoding/csv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/apidef"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
)

// CatalogAround tells what stands around an entity and where it came from.
type CatalogAround interface {
	EntityGraph(ctx context.Context, v access.Viewer, q catalog.GraphQuery) (catalog.Graph, error)
	EntityImpact(ctx context.Context, v access.Viewer, q catalog.ImpactQuery) (catalog.Impact, error)
	EntityAncestry(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Ancestry, error)
	OrgOf(ctx context.Context, v access.Viewer, group catalog.Ref) (catalog.Org, error)
}

// registerAround adds what can be taken away from entity pages.
func (h *Catalog) registerAround(g *echo.Group) {
	const entity = "/catalog/:namespace/:kind/:name"
	g.GET(entity+"/impact.csv", h.impactCSV)
	g.GET(entity+"/impact.json", h.impactJSON)
	g.GET(entity+"/definition/raw", h.rawDefinition)
}

// entity is the one that the address names.
func (h *Catalog) entity(c echo.Context) (catalog.Entity, error) {
	return h.Reader.Entity(c.Request().Context(), respond.Viewer(c), entityRef(c))
}

func entityRef(c echo.Context) catalog.Ref {
	return catalog.Ref{Kind: c.Param("kind"), Namespace: c.Param("namespace"), Name: c.Param("name")}
}

// around fills the tabs that this file serves; nil for any other key.
func (h *Catalog) around(c echo.Context, e catalog.Entity, key string) (templ.Component, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	switch {
	case key == "graph":
		return h.network(c, e)
	case key == "impact" && hasImpact(e):
		im, names, err := h.impact(c, e)
		return catalogview.Impact(catalogview.NewImpact(e, im, names)), err
	case key == "ancestry":
		a, err := h.Around.EntityAncestry(ctx, v, e.Ref)
		return catalogview.Ancestry(catalogview.NewAncestry(a)), err
	case key == "definition" && isAPI(e):
		var q catalogview.DefinitionQuery
		if err := respond.Bind(c, &q); err != nil {
			return nil, err
		}
		return catalogview.Definition(catalogview.NewDefinition(e, h.definition(e), q)), nil
	}
	return nil, nil
}

// byKind reads what only the overview of some kinds shows.
func (h *Catalog) byKind(ctx context.Context, v access.Viewer, in *catalogview.OverviewInput) error {
	e := in.Entity
	switch e.Ref.Kind {
	case "group", "user":
		return h.owned(ctx, v, in)
	case "resource":
		return h.owners(ctx, v, in.Names)
	case "system", "domain":
		if err := h.owners(ctx, v, in.Names); err != nil {
			return err
		}
		g, err := h.Around.EntityGraph(ctx, v, catalog.GraphQuery{Start: e.Ref, Uses: true, Depth: partsDepth, Most: partsMost,
			Families: []catalog.Family{catalog.Parts, catalog.Dependencies, catalog.APIs}})
		in.Around = &g
		return err
	case "api":
		if isAPI(e) {
			in.Definition = h.definition(e)
		}
	}
	return nil
}

// owners adds to names those of the owners of what is named.
func (h *Catalog) owners(ctx context.Context, v access.Viewer, names catalogview.Names) error {
	var refs []catalog.Ref
	for _, s := range names {
		if _, known := names[s.Owner]; !known && !s.Owner.IsZero() && !slices.Contains(refs, s.Owner) {
			refs = append(refs, s.Owner)
		}
	}
	more, err := h.Reader.EntitySummaries(ctx, v, refs)
	maps.Copy(names, more)
	return err
}

// How much of a system or domain its first page draws.
const (
	partsDepth = 2
	partsMost  = 40
)

// owned reads what a group or user has, and a group's place among others.
func (h *Catalog) owned(ctx context.Context, v access.Viewer, in *catalogview.OverviewInput) error {
	own := catalog.Filter{Owners: []string{in.Entity.Ref.String()}}
	page, err := h.Reader.Entities(ctx, v, own)
	if err != nil {
		return err
	}
	in.Owned = &page
	if in.OwnedKinds, err = h.Reader.EntityCounts(ctx, v, own, "kind"); err != nil || in.Entity.Ref.Kind == "user" {
		return err
	}
	org, err := h.Around.OrgOf(ctx, v, in.Entity.Ref)
	in.Org = &org
	return err
}

func (h *Catalog) network(c echo.Context, e catalog.Entity) (templ.Component, error) {
	var q catalogview.NetworkQuery
	if err := respond.Bind(c, &q); err != nil {
		return nil, err
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	g, err := h.Around.EntityGraph(ctx, v, q.Graph(e.Ref))
	if err != nil {
		return nil, err
	}
	var owners []catalog.Ref
	for _, n := range g.Nodes {
		if !n.Owner.IsZero() {
			owners = append(owners, n.Owner)
		}
	}
	names, err := h.Reader.EntitySummaries(ctx, v, owners)
	return catalogview.Network(catalogview.NewNetwork(e, q, g, names)), err
}

// isAPI reports whether an entity has a definition to show.
func isAPI(e catalog.Entity) bool {
	return e.Ref.Kind == "api" && (e.Text("definition") != "" || e.Spec["remotes"] != nil)
}

// hasImpact leaves out what nothing can depend on.
func hasImpact(e catalog.Entity) bool {
	switch e.Ref.Kind {
	case "group", "user", "location", "template":
		return false
	}
	return true
}

func (h *Catalog) definition(e catalog.Entity) *apidef.Definition {
	return h.definitions.Read(e.Hash, apidef.Input{Type: e.Type(), Text: e.Text("definition"), Spec: e.Spec})
}

// impact is what depends on e, with the names of the owners.
func (h *Catalog) impact(c echo.Context, e catalog.Entity) (catalog.Impact, catalogview.Names, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	im, err := h.Around.EntityImpact(ctx, v, catalog.ImpactQuery{Start: e.Ref})
	if err != nil {
		return im, nil, err
	}
	var owners []catalog.Ref
	for _, o := range im.ByOwner {
		if r, err := catalog.ParseRef(o.Value, "", ""); err == nil { // nobody's things have no owner
			owners = append(owners, r)
		}
	}
	names, err := h.Reader.EntitySummaries(ctx, v, owners)
	return im, names, err
}

// impactRow is one row of the files.
type impactRow struct {
	Hop       int    `json:"hop"`
	Ref       string `json:"ref"`
	Title     string `json:"title"`
	Kind      string `json:"kind"`
	Type      string `json:"type"`
	Lifecycle string `json:"lifecycle"`
	Owner     string `json:"owner"`
	Via       string `json:"via"`
}

func (h *Catalog) impactRows(c echo.Context) (catalog.Entity, []impactRow, bool, error) {
	e, err := h.entity(c)
	if err != nil {
		return e, nil, false, err
	}
	if !hasImpact(e) {
		return e, nil, false, fault.New(fault.NotFound, "Nothing depends on this kind of entity.")
	}
	im, err := h.Around.EntityImpact(c.Request().Context(), respond.Viewer(c), catalog.ImpactQuery{Start: e.Ref})
	rows := make([]impactRow, 0, len(im.Hits))
	for _, r := range im.Hits {
		rows = append(rows, impactRow{r.Hop, r.Ref.String(), r.Title, r.Kind, r.Type, r.Lifecycle, r.Owner.String(), r.Via.String()})
	}
	return e, rows, im.Cut, err
}

func (h *Catalog) impactCSV(c echo.Context) error {
	e, rows, _, err := h.impactRows(c)
	if err != nil {
		return err
	}
	attach(c, "impact-of-"+e.Ref.Name+".csv", "text/csv; charset=utf-8")
	out := csv.NewWriter(c.Response())
	if err := out.Write([]string{"hop", "ref", "title", "kind", "type", "lifecycle", "owner", "via"}); err != nil {
		return err
	}
	for _, r := range rows {
		cells := []string{strconv.Itoa(r.Hop), r.Ref, r.Title, r.Kind, r.Type, r.Lifecycle, r.Owner, r.Via}
		for i, cell := range cells {
			cells[i] = plainCell(cell)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (h *Catalog) impactJSON(c echo.Context) error {
	e, rows, cut, err := h.impactRows(c)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="impact-of-`+fileName(e.Ref.Name)+`.json"`)
	return respond.JSON(c, http.StatusOK, map[string]any{"of": e.Ref.String(), "items": rows, "complete": !cut})
}

// attach begins an answer that a browser saves.
func attach(c echo.Context, name, mime string) {
	c.Response().Header().Set(echo.HeaderContentType, mime)
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+fileName(name)+`"`)
	c.Response().WriteHeader(http.StatusOK)
}

// fileName keeps of a name what may stand in a header.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, s)
}

// rawDefinition answers the text as it was written. Its author is nobody whom
// we vouch for, so it is always plain text to save, never a page.
func (h *Catalog) rawDefinition(c echo.Context) error {
	e, err := h.entity(c)
	if err != nil {
		return err
	}
	text := e.Text("definition")
	if text == "" {
		return fault.New(fault.NotFound, "This entity has no definition.")
	}
	attach(c, e.Ref.Name+definitionEnding(e.Type(), text), "text/plain; charset=utf-8")
	_, err = c.Response().Write([]byte(text))
	return err
}

// definitionEnding is what the name of a definition's file ends with.
func definitionEnding(kind, text string) string {
	switch kind {
	case "graphql":
		return ".graphql"
	case "grpc", "proto", "protobuf":
		return ".proto"
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return ".json"
	}
	if kind == "openapi" || kind == "asyncapi" {
		return ".yaml"
	}
	return ".txt"
}
