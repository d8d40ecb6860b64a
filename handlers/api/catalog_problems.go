package api

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/internal/fault"
)

// problemQuery are the parameters of /catalog/problems. Those that are lists
// may be repeated.
type problemQuery struct {
	Text     string   `query:"q"`
	Source   []string `query:"source"`
	Owner    []string `query:"owner"`
	Severity []string `query:"severity"`
	Code     []string `query:"code"`
	Entity   []string `query:"entity"`
	Sort     string   `query:"sort"`
	Limit    int      `query:"limit"`
	Cursor   string   `query:"cursor"`
}

var problemParameters = []string{"q", "source", "owner", "severity", "code", "entity", "sort", "limit", "cursor"}

// problems answers what is wrong with the catalog's files, by page. A
// parameter that it does not know is refused: without it there would be more
// than was asked for.
func (h *Catalog) problems(c echo.Context) error {
	if err := knownOnly(c.QueryParams(), problemParameters); err != nil {
		return err
	}
	var q problemQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	f, err := q.filter()
	if err != nil {
		return err
	}
	page, err := h.Reader.FindProblems(c.Request().Context(), respond.Viewer(c), f)
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, List[catalog.Problem]{Items: append([]catalog.Problem{}, page.Items...), Total: page.Total, Next: page.Next})
}

func (q problemQuery) filter() (catalog.ProblemFilter, error) {
	f := catalog.ProblemFilter{Text: q.Text, Sources: q.Source, Severities: q.Severity, Codes: q.Code, Sort: catalog.ProblemSort(q.Sort), Limit: q.Limit, After: q.Cursor}
	if !slices.Contains(catalog.ProblemSorts, f.Sort) {
		return f, fault.InvalidField("sort", "enum", "This is new or old; without it problems come by place.")
	}
	for name, list := range map[string][]string{"owner": q.Owner, "entity": q.Entity} {
		for _, s := range list {
			kind := map[string]string{"owner": "group", "entity": "component"}[name]
			ref, err := catalog.ParseRef(s, kind, "")
			if err != nil {
				return f, fault.InvalidField(name, "format", "Write a reference such as "+kind+":default/name.")
			}
			if name == "owner" {
				f.Owners = append(f.Owners, ref.String())
			} else {
				f.Entities = append(f.Entities, ref.String())
			}
		}
	}
	return f, nil
}

// knownOnly refuses parameters that are not known.
func knownOnly(given url.Values, known []string) error {
	var bad []fault.Field
	for name := range given {
		if !slices.Contains(known, name) {
			bad = append(bad, fault.Field{Field: name, Code: "unknown", Message: "There is no such parameter."})
		}
	}
	slices.SortFunc(bad, func(a, b fault.Field) int {
		if a.Field < b.Field {
			return -1
		}
		return 1
	})
	if len(bad) > 0 {
		return fault.InvalidFields(bad...)
	}
	return nil
}

// views answers the named views of the caller and its groups.
func (h *Catalog) views(c echo.Context) error {
	list, err := h.Reader.SavedViews(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, List[keep.View]{Items: append([]keep.View{}, list...), Total: len(list)})
}

// stars answers the references that the caller starred and may still see.
func (h *Catalog) stars(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	stars, err := h.Reader.Stars(ctx, v)
	if err != nil {
		return err
	}
	page, err := h.Reader.Entities(ctx, v, catalog.Filter{Refs: append([]string{}, stars...), Limit: keep.MaxStars})
	if err != nil {
		return err
	}
	out := List[string]{Items: []string{}, Total: page.Total}
	for _, e := range page.Items {
		out.Items = append(out.Items, e.Ref.String())
	}
	return respond.JSON(c, http.StatusOK, out)
}
