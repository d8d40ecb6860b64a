package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/views/searchview"
	"github.com/waymark-portal/waymark/views/ui"
)

// Searcher answers questions to the index.
type Searcher interface {
	Search(ctx context.Context, v access.Viewer, q search.Query) (search.Results, error)
}

// Search serves the search page and the palette's answers.
type Search struct {
	Index Searcher
}

// Register adds the routes to g.
func (h *Search) Register(g *echo.Group) { g.GET("/search", h.show) }

// paletteHits is how many answers the palette has room for.
const paletteHits = 8

type searchQuery struct {
	Text   string   `query:"q"`
	Kinds  []string `query:"kind"`
	Owners []string `query:"owner"`
	From   int      `query:"from"`
	Part   string   `query:"part"`
}

func (h *Search) show(c echo.Context) error {
	var in searchQuery
	if err := respond.Bind(c, &in); err != nil {
		return err
	}
	q, err := search.Query{Text: in.Text, Kinds: in.Kinds, Owners: in.Owners, Skip: in.From}.Check()
	if err != nil {
		return err
	}
	if in.Part == "palette" {
		q.Limit = paletteHits
	}
	found, err := h.Index.Search(c.Request().Context(), respond.Viewer(c), q)
	if err != nil {
		return err
	}
	if in.Part == "palette" {
		return respond.HTML(c, http.StatusOK, ui.PaletteResults(q.Text, searchview.PaletteGroups(found)), nil)
	}
	title := "Search"
	if q.Text != "" {
		title = q.Text + " – Search"
	}
	p := searchview.NewProps(q, found)
	return respond.Part(c, respond.Meta{Title: title, Query: q.Text}, searchview.Page(p), searchview.Results(p))
}
