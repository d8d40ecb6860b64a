package backstage

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// byQuery answers GET /entities/by-query.
func (h *Handler) byQuery(c echo.Context) error {
	fields, err := query.ParseFields(params(c, "fields"))
	if err != nil {
		return err
	}
	r := query.Request{Cursor: c.QueryParam("cursor"), Limit: numberOf(c, "limit", query.Unset)}
	if r.Cursor == "" {
		if r.Where, err = query.ParseFilters(params(c, "filter")); err != nil {
			return err
		}
		if r.Order, err = query.ParseOrderField(params(c, "orderField")); err != nil {
			return err
		}
		r.Offset, r.Total = numberOf(c, "offset", 0), c.QueryParam("totalItems") != "exclude"
		r.Text, r.TextFields = strings.TrimSpace(c.QueryParam("fullTextFilterTerm")), splitAll(params(c, "fullTextFilterFields"))
	}
	return h.pageOf(c, r, fields)
}

// entityQuery is the body of POST /entities/by-query.
type entityQuery struct {
	Cursor  string          `json:"cursor"`
	Limit   *int            `json:"limit"`
	Offset  int             `json:"offset"`
	Query   json.RawMessage `json:"query"`
	OrderBy []struct {
		Field string `json:"field"`
		Order string `json:"order"`
	} `json:"orderBy"`
	FullText struct {
		Term   string   `json:"term"`
		Fields []string `json:"fields"`
	} `json:"fullTextFilter"`
	Fields     []string `json:"fields"`
	TotalItems string   `json:"totalItems"`
}

// byPredicate answers POST /entities/by-query.
func (h *Handler) byPredicate(c echo.Context) error {
	var in entityQuery
	if err := bind(c, &in); err != nil {
		return err
	}
	fields, err := query.ParseFields(in.Fields)
	if err != nil {
		return err
	}
	r := query.Request{Cursor: in.Cursor, Limit: query.Unset, Posted: len(in.Query) > 0}
	if in.Limit != nil {
		r.Limit = *in.Limit
	}
	if r.Cursor == "" {
		if r.Where, err = predicate(in.Query); err != nil {
			return err
		}
		for _, o := range in.OrderBy {
			r.Order = append(r.Order, query.Order{Field: o.Field, Desc: o.Order == "desc"})
		}
		r.Offset, r.Total = in.Offset, in.TotalItems != "exclude"
		r.Text, r.TextFields = strings.TrimSpace(in.FullText.Term), in.FullText.Fields
	}
	return h.pageOf(c, r, fields)
}

// predicate reads a predicate of a body; nil when there is none.
func predicate(raw json.RawMessage) (query.Predicate, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	return query.ParsePredicate(raw)
}

// pageOf answers with a page of entities and the cursors beside it.
func (h *Handler) pageOf(c echo.Context, r query.Request, fields query.Fields) error {
	if len(r.Order) > 1 {
		r.Order = r.Order[:1] // as Backstage does
	}
	r.DropMissing = true
	p, err := h.Entities.QueryEntities(c.Request().Context(), respond.Viewer(c), r)
	if err != nil {
		return err
	}
	items, err := prune(p.Items, fields)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(`{"items":`)
	list(&b, items)
	b.WriteString(`,"totalItems":` + strconv.Itoa(p.Total) + `,"pageInfo":`)
	info := map[string]string{}
	if p.Next != "" {
		info["nextCursor"] = p.Next
	}
	if p.Prev != "" {
		info["prevCursor"] = p.Prev
	}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	b.Write(text)
	b.WriteByte('}')
	return answer(c, b.Bytes())
}

// byRefs answers POST /entities/by-refs.
func (h *Handler) byRefs(c echo.Context) error {
	var in struct {
		Refs   []string        `json:"entityRefs"`
		Fields []string        `json:"fields"`
		Query  json.RawMessage `json:"query"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	fields, err := query.ParseFields(in.Fields)
	if err != nil {
		return err
	}
	where, err := query.ParseFilters(params(c, "filter"))
	if err != nil {
		return err
	}
	more, err := predicate(in.Query)
	if err != nil {
		return err
	}
	items, err := h.Entities.EntitiesByRefs(c.Request().Context(), respond.Viewer(c), in.Refs, both(where, more))
	if err != nil {
		return err
	}
	if items, err = prune(items, fields); err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(`{"items":`)
	list(&b, items)
	b.WriteByte('}')
	return answer(c, b.Bytes())
}

// both holds where each of two predicates does; nil is everything.
func both(a, b query.Predicate) query.Predicate {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return query.All{a, b}
}

// facets answers GET /entity-facets.
func (h *Handler) facets(c echo.Context) error {
	where, err := query.ParseFilters(params(c, "filter"))
	if err != nil {
		return err
	}
	return h.facetsOf(c, where, params(c, "facet"))
}

// facetsByPredicate answers POST /entity-facets.
func (h *Handler) facetsByPredicate(c echo.Context) error {
	var in struct {
		Facets []string        `json:"facets"`
		Query  json.RawMessage `json:"query"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	where, err := predicate(in.Query)
	if err != nil {
		return err
	}
	return h.facetsOf(c, where, in.Facets)
}

// facet is one value of a field.
type facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

func (h *Handler) facetsOf(c echo.Context, where query.Predicate, names []string) error {
	counts, err := h.Entities.EntityFacets(c.Request().Context(), respond.Viewer(c), where, names)
	if err != nil {
		return err
	}
	out := map[string][]facet{}
	for _, name := range names {
		out[name] = []facet{}
		for _, n := range counts[name] {
			out[name] = append(out[name], facet{n.Value, n.N})
		}
	}
	return answerJSON(c, map[string]any{"facets": out})
}

// splitAll splits the values of a list at their commas.
func splitAll(values []string) []string {
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
