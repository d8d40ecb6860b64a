package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
)

// SourceReader is what the pages of sources need of storage.
type SourceReader interface {
	SeenSources(ctx context.Context, v access.Viewer) ([]catalog.SourceState, error)
	SeenFiles(ctx context.Context, v access.Viewer, source string) (map[string]catalog.FileState, error)
	FindProblems(ctx context.Context, v access.Viewer, f catalog.ProblemFilter) (catalog.ProblemPage, error)
	EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error)
}

// CatalogSources serves the pages of the places that the catalog reads.
type CatalogSources struct {
	Reader  SourceReader
	Actions *action.Registry
}

// Register adds the routes to g.
func (h *CatalogSources) Register(g *echo.Group) {
	g.GET(catalogview.SourcesURL, h.list)
	g.GET("/catalog/source", h.show)
	g.POST("/catalog/unregister", h.unregister)
}

func (h *CatalogSources) list(c echo.Context) error {
	v := respond.Viewer(c)
	all, err := h.Reader.SeenSources(c.Request().Context(), v)
	if err != nil {
		return err
	}
	// What could not be read comes first, then what has problems.
	slices.SortStableFunc(all, func(a, b catalog.SourceState) int {
		return cmp.Or(-cmp.Compare(min(len(a.Error), 1), min(len(b.Error), 1)), -cmp.Compare(min(a.Problems, 1), min(b.Problems, 1)), cmp.Compare(a.ID, b.ID))
	})
	p := catalogview.NewSources(catalogview.SourcesInput{Sources: all, CanRefresh: respond.May(c, "refresh-source", v.Team),
		CanRegister: respond.May(c, "register-location", v.Team)})
	return respond.Page(c, catalogMeta("Catalog sources"), catalogview.Sources(p))
}

// shownFiles and shownProblems bound the page of a source.
const (
	shownFiles    = 200
	shownProblems = 10
)

func (h *CatalogSources) show(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	all, err := h.Reader.SeenSources(ctx, v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s catalog.SourceState) bool { return s.ID == c.QueryParam("id") })
	if i < 0 {
		return fault.New(fault.NotFound, "There is no source of this name.")
	}
	in := catalogview.SourceInput{Source: all[i], CanRefresh: respond.May(c, "refresh-source", v.Team), Key: rand.Text(),
		CanUnregister: respond.May(c, "unregister-location", own(all[i], v))}
	page, err := h.Reader.FindProblems(ctx, v, catalog.ProblemFilter{Sources: []string{in.Source.ID}, Limit: shownProblems})
	if err != nil {
		return err
	}
	in.Problems, in.Total = page.Items, page.Total
	if in.Names, err = h.Reader.EntitySummaries(ctx, v, catalogview.Mentioned(page.Items)); err != nil {
		return err
	}
	files, err := h.Reader.SeenFiles(ctx, v, in.Source.ID)
	if err != nil {
		return err
	}
	in.FilesTotal = len(files)
	in.Files = slices.SortedFunc(maps.Values(files), func(a, b catalog.FileState) int { return strings.Compare(a.Path, b.Path) })
	in.Files = in.Files[:min(len(in.Files), shownFiles)]
	p := catalogview.NewSource(in)
	return respond.Part(c, catalogMeta(p.Header.Title), catalogview.Source(p), catalogview.Source(p))
}

// own is the group for which somebody takes a source out: one's own, if one
// registered it.
func own(s catalog.SourceState, v access.Viewer) string {
	if s.By == v.ID {
		return v.Team
	}
	return ""
}

func (h *CatalogSources) unregister(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "unregister-location", object("source", c.FormValue("source")))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}
