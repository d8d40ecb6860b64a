package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/ui"
)

// CatalogShelf is what people keep of the catalog.
type CatalogShelf interface {
	Stars(ctx context.Context, v access.Viewer) ([]string, error)
	SavedViews(ctx context.Context, v access.Viewer) ([]keep.View, error)
}

// CatalogLists is what the list and its relatives need beside single pages.
type CatalogLists interface {
	ListCounts(ctx context.Context, v access.Viewer, across catalog.Filter) (kinds []catalog.Count, total, unowned int, err error)
	EntityGroups(ctx context.Context, v access.Viewer, q catalog.GroupQuery) (catalog.Groups, error)
	ExportEntities(ctx context.Context, v access.Viewer, f catalog.Filter, each func(catalog.Exported) error) error
	RowMarks(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Mark, error)
	Ownership(ctx context.Context, v access.Viewer) (catalog.Ownership, error)
}

func (h *Catalog) registerLists(g *echo.Group) {
	g.GET("/catalog/export.:format", h.export)
	g.GET("/catalog/ownership", h.ownership)
	g.GET("/catalog/views", h.views)
	g.POST("/catalog/views", h.saveView)
	g.GET("/catalog/views/new", h.newView)
	g.POST("/catalog/views/delete", h.deleteView)
	g.POST(catalogview.StarURL, h.star)
}

// own is what is v's own in the list.
func (h *Catalog) own(ctx context.Context, v access.Viewer) (catalogview.Own, error) {
	stars, err := h.Shelf.Stars(ctx, v)
	return catalogview.Own{Owners: mine(v), Stars: stars}, err
}

// star gives a star or takes one away; with scripts only the button changes.
func (h *Catalog) star(c echo.Context) error {
	name, ref := "star-entity", c.FormValue("star")
	if ref == "" {
		name, ref = "unstar-entity", c.FormValue("unstar")
	}
	out, err := respond.Do(c, h.Actions, name, object("ref", ref))
	if err != nil {
		return err
	}
	if !respond.IsPart(c) {
		return c.Redirect(http.StatusSeeOther, respond.ReturnTo(c, out.Location))
	}
	r, err := catalog.ParseRef(ref, "component", "")
	if err != nil {
		return err
	}
	known, err := h.Reader.EntitySummaries(c.Request().Context(), respond.Viewer(c), []catalog.Ref{r})
	if err != nil {
		return err
	}
	p := catalogview.StarProps{Ref: r.String(), Name: r.Name, On: name == "star-entity"}
	if e, ok := known[r.Canonical()]; ok {
		p.Name = e.Title
	}
	return respond.Part(c, respond.Meta{}, nil, catalogview.StarButton(p))
}

// headActions are the star and the buttons of an entity's page.
func (h *Catalog) headActions(c echo.Context, e catalog.Entity) (templ.Component, error) {
	buttons := catalogview.Buttons(h.buttons(c, e))
	if !respond.May(c, "star-entity", "") {
		return buttons, nil
	}
	stars, err := h.Shelf.Stars(c.Request().Context(), respond.Viewer(c))
	p := catalogview.StarProps{Ref: e.Ref.String(), Name: e.Title(), On: slices.Contains(stars, e.Ref.String())}
	return catalogview.HeadStar(p, catalogview.ShowURL(e.Ref), buttons), err
}

func (h *Catalog) views(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	list, err := h.Shelf.SavedViews(ctx, v)
	if err != nil {
		return err
	}
	names, err := h.Reader.EntitySummaries(ctx, v, catalogview.ViewRefs(list))
	if err != nil {
		return err
	}
	mayChange := func(owner string) bool {
		return owner == v.ID && respond.May(c, "delete-view", "") || owner != v.ID && respond.May(c, "share-view", owner)
	}
	return respond.Page(c, catalogMeta("Views"), catalogview.Views(catalogview.NewViews(list, names, mayChange)))
}

func (h *Catalog) newView(c echo.Context) error {
	query, _ := keep.Query(c.QueryString()) // what cannot be kept is said when it is saved
	groups, err := h.shareable(c)
	if err != nil {
		return err
	}
	return respond.Page(c, catalogMeta("Save this view"), catalogview.ViewForm(catalogview.NewViewForm("", query, "", groups, nil)))
}

// shareable are the groups with which the viewer may share a view.
func (h *Catalog) shareable(c echo.Context) ([]ui.Link, error) {
	v := respond.Viewer(c)
	var refs []catalog.Ref
	for _, g := range v.Groups {
		if ref, err := catalog.ParseRef(g, "group", ""); err == nil && respond.May(c, "share-view", g) {
			refs = append(refs, ref)
		}
	}
	names, err := h.Reader.EntitySummaries(c.Request().Context(), v, refs)
	var out []ui.Link
	for _, ref := range refs {
		l := ui.Link{Label: catalogview.RefName(ref), URL: ref.String()}
		if e, ok := names[ref]; ok {
			l.Label = e.Title
		}
		out = append(out, l)
	}
	return out, err
}

func (h *Catalog) saveView(c echo.Context) error {
	name, query, group := c.FormValue("name"), c.FormValue("query"), c.FormValue("group")
	out, err := respond.Do(c, h.Actions, "save-view", objectOf("name", name, "query", query, "group", group))
	if f, ok := invalid(err); ok {
		groups, err := h.shareable(c)
		if err != nil {
			return err
		}
		return respond.Invalid(c, catalogMeta("Save this view"), catalogview.ViewForm(catalogview.NewViewForm(name, query, group, groups, f.Fields)))
	}
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *Catalog) deleteView(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "delete-view", object("id", c.FormValue("id")))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *Catalog) ownership(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	var q catalogview.OwnershipQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	o, err := h.Lists.Ownership(ctx, v)
	if err != nil {
		return err
	}
	p := catalogview.NewOwnership(o, q)
	if p.Names, err = h.Reader.EntitySummaries(ctx, v, p.Refs()); err != nil {
		return err
	}
	return respond.Part(c, catalogMeta("Ownership"), catalogview.OwnershipPage(p), catalogview.Owners(p))
}

// objectOf is a JSON object of names and texts, one after the other.
func objectOf(pairs ...string) json.RawMessage {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(m)
	if err != nil { // texts always marshal
		return nil
	}
	return b
}
