package handlers

import (
	"context"
	"maps"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/ui"
)

// EntityTab is a tab of entity pages that another area fills.
type EntityTab interface {
	// Tab says how the tab is shown; false when e has none. A tab with a URL of
	// its own has no body here.
	Tab(ctx context.Context, v access.Viewer, e catalog.Entity) (catalogview.Tab, bool, error)
	// Body is what stands under the tabs.
	Body(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error)
}

// EntityExtras are what other areas add to entity pages. All may be nil.
type EntityExtras struct {
	Tabs []EntityTab // in the order in which they are shown, after the overview
	// Stats are numbers on top of the overview.
	Stats []func(ctx context.Context, v access.Viewer, e catalog.Entity) ([]ui.StatProps, error)
	// Moments is what happened to e beside changes of its file, newest first.
	Moments []EntityMoments
	// Panels stand on the overview.
	Panels []func(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error)
	// Actions are buttons beside the name.
	Actions []func(c echo.Context, e catalog.Entity) (ui.ButtonProps, bool)
}

// maxHistory bounds the tab of what happened.
const maxHistory = 100

func (h *Catalog) show(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	ref := entityRef(c)
	e, err := h.Reader.Entity(ctx, v, ref)
	if fault.Is(err, fault.Gone) {
		return h.gone(c, ref)
	}
	if err != nil {
		return err
	}
	names, err := h.Reader.EntitySummaries(ctx, v, shownRefs(e))
	if err != nil {
		return err
	}
	tabs, bodies, err := h.tabs(ctx, v, e)
	if err != nil {
		return err
	}
	key := c.Param("tab")
	body, err := h.body(c, e, names, key, bodies)
	if err != nil {
		return err
	}
	problems, err := h.Records.EntityProblems(ctx, v, e.Ref)
	if err != nil {
		return err
	}
	head := catalogview.NewHead(e, names, tabs, tabOf(key), problems)
	if head.Header.Actions, err = h.headActions(c, e); err != nil {
		return err
	}
	return respond.Page(c, catalogMeta(e.Title()), catalogview.Show(head, body))
}

// tabOf is the tab under which a part of the page stands that has none.
func tabOf(key string) string {
	if key == "ancestry" {
		return "yaml"
	}
	return key
}

// maxShown is more than any list of the page shows of one kind in one
// relation.
const maxShown = 60

// shownRefs are the references whose names the page shows. What a team owns
// and who is in it are lists of their own.
func shownRefs(e catalog.Entity) []catalog.Ref {
	type sort struct{ relation, kind string }
	count := map[sort]int{}
	refs := make([]catalog.Ref, 0, min(len(e.Relations), maxShown))
	for _, r := range e.Relations {
		s := sort{r.Type, r.Target.Kind}
		if count[s]++; r.Type != "ownerOf" && count[s] <= maxShown {
			refs = append(refs, r.Target)
		}
	}
	return refs
}

func (h *Catalog) buttons(c echo.Context, e catalog.Entity) []ui.ButtonProps {
	var out []ui.ButtonProps
	for _, f := range h.Extras.Actions {
		if b, ok := f(c, e); ok {
			out = append(out, b)
		}
	}
	return out
}

// tabs are those that e has, and who fills them.
func (h *Catalog) tabs(ctx context.Context, v access.Viewer, e catalog.Entity) ([]catalogview.Tab, map[string]EntityTab, error) {
	tabs := []catalogview.Tab{{Label: "Overview"}}
	bodies := map[string]EntityTab{}
	if isAPI(e) {
		tabs = append(tabs, catalogview.Tab{Key: "definition", Label: "Definition"})
	}
	if docs.Has(e) {
		tabs = append(tabs, catalogview.Tab{Key: "docs", Label: "Docs", URL: catalogview.DocsURL(e.Ref)})
	}
	for _, t := range h.Extras.Tabs {
		tab, ok, err := t.Tab(ctx, v, e)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			tabs = append(tabs, tab)
			bodies[tab.Key] = t
		}
	}
	tabs = append(tabs, catalogview.Tab{Key: "graph", Label: "Graph"})
	if hasImpact(e) {
		tabs = append(tabs, catalogview.Tab{Key: "impact", Label: "Impact"})
	}
	tabs = append(tabs, catalogview.Tab{Key: "history", Label: "History"}, catalogview.Tab{Key: "yaml", Label: "YAML"})
	return tabs, bodies, nil
}

// body is the content of one tab; an unknown one is not found.
func (h *Catalog) body(c echo.Context, e catalog.Entity, names catalogview.Names, key string, bodies map[string]EntityTab) (templ.Component, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	switch key {
	case "":
		return h.overview(ctx, v, e, names)
	case "yaml":
		return catalogview.YAML(catalogview.NewYAML(e)), nil
	case "history":
		return h.history(ctx, v, e)
	}
	if body, err := h.around(c, e, key); body != nil || err != nil {
		return body, err
	}
	if t, ok := bodies[key]; ok && key != "" {
		return t.Body(ctx, v, e)
	}
	return nil, fault.New(fault.NotFound, "This entity has no such part.")
}

// history is all that happened to e, with what its fields were.
func (h *Catalog) history(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error) {
	changes, more, err := h.happened(ctx, v, e, maxHistory)
	if err != nil {
		return nil, err
	}
	p := catalogview.HistoryProps{Entries: catalogview.Entries(e, changes, more), Why: catalogview.TabURL(e.Ref, "ancestry")}
	if len(p.Entries) > maxHistory {
		p.Entries, p.More = p.Entries[:maxHistory], true
	}
	return catalogview.History(p), nil
}

// happened are the changes of e's file and what other areas know of.
func (h *Catalog) happened(ctx context.Context, v access.Viewer, e catalog.Entity, limit int) ([]catalog.Change, []ui.Moment, error) {
	changes, err := h.Records.EntityChanges(ctx, v, e.Ref, limit)
	if err != nil {
		return nil, nil, err
	}
	var out []ui.Moment
	for _, f := range h.Extras.Moments {
		more, err := f(ctx, v, e, limit)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, more...)
	}
	return changes, out, nil
}

// moments are all that happened to e, newest first.
func (h *Catalog) moments(ctx context.Context, v access.Viewer, e catalog.Entity, limit int) ([]ui.Moment, error) {
	changes, more, err := h.happened(ctx, v, e, limit)
	if err != nil {
		return nil, err
	}
	out := catalogview.NewestFirst(append(catalogview.Moments(changes), more...))
	return out[:min(len(out), limit)], nil
}

func (h *Catalog) overview(ctx context.Context, v access.Viewer, e catalog.Entity, names catalogview.Names) (templ.Component, error) {
	const recent = 6
	in := catalogview.OverviewInput{Entity: e, Names: names}
	var err error
	if in.Events, err = h.moments(ctx, v, e, recent); err != nil {
		return nil, err
	}
	for _, f := range h.Extras.Stats {
		stats, err := f(ctx, v, e)
		if err != nil {
			return nil, err
		}
		in.Stats = append(in.Stats, stats...)
	}
	for _, f := range h.Extras.Panels {
		panel, err := f(ctx, v, e)
		if err != nil {
			return nil, err
		}
		if panel != nil {
			in.Panels = append(in.Panels, panel)
		}
	}
	if in.Users, err = h.users(ctx, v, e, names); err != nil {
		return nil, err
	}
	if err := h.byKind(ctx, v, &in); err != nil {
		return nil, err
	}
	return catalogview.Overview(catalogview.NewOverview(in)), nil
}

// users are the entities that consume what e provides; their names are added
// to names.
func (h *Catalog) users(ctx context.Context, v access.Viewer, e catalog.Entity, names catalogview.Names) ([]catalog.Ref, error) {
	apis := e.Related("providesApi")
	if len(apis) == 0 {
		return nil, nil
	}
	users, err := h.Reader.RelatedTo(ctx, v, "consumesApi", apis)
	if err != nil {
		return nil, err
	}
	more, err := h.Reader.EntitySummaries(ctx, v, users)
	maps.Copy(names, more)
	return users, err
}

// gone answers 410 with what is left of a removed entity.
func (h *Catalog) gone(c echo.Context, ref catalog.Ref) error {
	t, err := h.Reader.Tombstone(c.Request().Context(), respond.Viewer(c), ref)
	if err != nil {
		return err
	}
	m := catalogMeta(t.Title)
	m.Status = http.StatusGone
	return respond.Page(c, m, catalogview.Gone(catalogview.NewGone(t)))
}
