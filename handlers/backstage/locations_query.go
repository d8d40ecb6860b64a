package backstage

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// locationQuery is the body of POST /locations/by-query.
type locationQuery struct {
	Query  json.RawMessage `json:"query"`
	Limit  int             `json:"limit"`
	Cursor string          `json:"cursor"`
}

// locationCursor is what a cursor of locations holds: the whole question, and
// after which location to go on.
type locationCursor struct {
	Query json.RawMessage `json:"query"`
	Limit int             `json:"limit"`
	After string          `json:"after"`
}

const locationLimit = 1000

func (h *Handler) locationsByQuery(c echo.Context) error {
	var in locationQuery
	if err := bind(c, &in); err != nil {
		return err
	}
	at := locationCursor{Query: in.Query, Limit: in.Limit}
	if in.Cursor != "" {
		text, err := base64.StdEncoding.DecodeString(in.Cursor)
		if err != nil || json.Unmarshal(text, &at) != nil {
			return invalid("Malformed cursor, could not be parsed")
		}
	}
	if at.Limit <= 0 {
		at.Limit = locationLimit
	}
	matching, err := h.matching(c, at.Query)
	if err != nil {
		return err
	}
	rest := matching[:0:0]
	for _, r := range matching {
		if r.ID > at.After {
			rest = append(rest, r)
		}
	}
	info := map[string]string{}
	if len(rest) > at.Limit {
		rest = rest[:at.Limit]
		at.After = rest[at.Limit-1].ID
		text, err := json.Marshal(at)
		if err != nil {
			return err
		}
		info["nextCursor"] = base64.StdEncoding.EncodeToString(text)
	}
	return answerJSON(c, map[string]any{"items": append([]record{}, rest...), "totalItems": len(matching), "pageInfo": info})
}

// matching are the locations for which a predicate holds, by id.
func (h *Handler) matching(c echo.Context, raw json.RawMessage) ([]record, error) {
	var where query.Predicate
	if len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
		var err error
		if where, err = query.ParsePredicate(raw); err != nil {
			return nil, err
		}
	}
	all, err := h.records(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r record) bool { return !holds(where, r.field) })
	slices.SortFunc(all, func(a, b record) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// field is a location's value at a name that predicates use, in lower case.
func (r record) field(name string) (string, bool) {
	v, ok := map[string]string{"id": r.ID, "type": r.Type, "target": r.Target, "entityref": r.EntityRef}[strings.ToLower(name)]
	return strings.ToLower(v), ok
}

// holds reports whether a predicate is true of what field returns. Relations
// are no fields of a location, so it has none.
func holds(p query.Predicate, field func(string) (string, bool)) bool {
	switch p := p.(type) {
	case nil:
		return true
	case query.All:
		return !slices.ContainsFunc(p, func(q query.Predicate) bool { return !holds(q, field) })
	case query.Any:
		return slices.ContainsFunc(p, func(q query.Predicate) bool { return holds(q, field) })
	case query.Not:
		return !holds(p.Of, field)
	case query.Exists:
		_, ok := field(p.Field)
		return ok == p.Want
	case query.In:
		v, ok := field(p.Field)
		return ok && slices.ContainsFunc(p.Values, func(s string) bool { return strings.ToLower(s) == v })
	case query.HasPrefix:
		v, ok := field(p.Field)
		return ok && strings.HasPrefix(v, strings.ToLower(p.Prefix))
	}
	return false
}
