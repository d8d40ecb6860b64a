package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/search"
)

// Searcher answers questions to the index.
type Searcher interface {
	Search(ctx context.Context, v access.Viewer, q search.Query) (search.Results, error)
}

// Search serves the search to programs.
type Search struct {
	Index Searcher
}

// Register adds the route to g, the group of the API.
func (h *Search) Register(g *echo.Group) { g.GET("/search", h.find) }

// Hit is a found thing in the API. Snippet is HTML: escaped text with <mark>
// around what matched.
type Hit struct {
	Kind    string  `json:"kind"`
	Title   string  `json:"title"`
	URL     string  `json:"url"`
	Snippet string  `json:"snippet"`
	Owner   string  `json:"owner"`
	Context string  `json:"context,omitempty"`
	Score   float64 `json:"score"`
}

// Found is the answer of the search.
type Found struct {
	Items     []Hit                     `json:"items"`
	Total     int                       `json:"total"`
	More      bool                      `json:"more"` // there are more than total says
	Next      string                    `json:"next,omitempty"`
	Facets    map[string][]search.Facet `json:"facets"`
	Corrected string                    `json:"corrected,omitempty"`
	TookMS    float64                   `json:"took_ms"`
}

type searchQuery struct {
	Text   string   `query:"q"`
	Kinds  []string `query:"kind"`
	Owners []string `query:"owner"`
	Limit  int      `query:"limit"`
	Cursor string   `query:"cursor"`
}

func (h *Search) find(c echo.Context) error {
	var in searchQuery
	if err := respond.Bind(c, &in); err != nil {
		return err
	}
	q := search.Query{Text: in.Text, Kinds: commas(in.Kinds), Owners: commas(in.Owners), Limit: in.Limit}
	if in.Cursor != "" {
		n, err := strconv.Atoi(in.Cursor)
		if err != nil {
			return fault.InvalidField("cursor", "type", "This cursor is not one of ours.")
		}
		q.Skip = n
	}
	r, err := h.Index.Search(c.Request().Context(), respond.Viewer(c), q)
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, newFound(q, r))
}

func newFound(q search.Query, r search.Results) Found {
	out := Found{Items: []Hit{}, Total: r.Total, More: r.More, Corrected: r.Corrected, TookMS: float64(r.Took.Microseconds()) / 1000,
		Facets: map[string][]search.Facet{"kind": append([]search.Facet{}, r.Kinds...), "owner": append([]search.Facet{}, r.Owners...)}}
	for _, h := range r.Items {
		out.Items = append(out.Items, Hit{Kind: h.Kind, Title: h.Title, URL: h.URL, Snippet: search.HTML(h.Snippet), Owner: h.Owner, Context: h.Context, Score: h.Score})
	}
	if end := q.Skip + len(r.Items); len(r.Items) > 0 && end < r.Total {
		out.Next = strconv.Itoa(end)
	}
	return out
}

// commas splits values that hold several.
func commas(values []string) []string {
	var out []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
