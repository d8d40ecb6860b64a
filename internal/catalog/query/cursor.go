package query

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Position is a place in the order of a request: behind one entity, or before
// it when Back is set.
type Position struct {
	At   []Mark `json:"at"` // one for each key of the order
	ID   int64  `json:"id"` // the entity, among equals
	Back bool   `json:"isPrevious"`
}

// Mark is a place among the values of one key. Stage tells values (0) from
// what has none that can be compared (1) and from what has none at all (2).
type Mark struct {
	Stage int    `json:"s"`
	Value string `json:"v,omitempty"`
}

// cursor is what a cursor holds. The key `query` tells clients that it comes
// from a body.
type cursor struct {
	Query  *node    `json:"query,omitempty"`
	Where  *node    `json:"where,omitempty"`
	Order  []Order  `json:"order,omitempty"`
	Text   string   `json:"text,omitempty"`
	Fields []string `json:"textFields,omitempty"`
	Drop   bool     `json:"drop,omitempty"`
	Limit  int      `json:"limit"`
	Count  bool     `json:"total,omitempty"`
	Total  int      `json:"totalItems"`
	Position
}

var errCursor = fault.New(fault.Invalid, "Malformed cursor, could not be parsed")

// OpenCursor reads a cursor that EncodeCursor made: the request without
// Cursor, the place in it and the total of its first page.
func OpenCursor(text string) (Request, Position, int, error) {
	var c cursor
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(standard.Replace(text), "="))
	if err != nil || json.Unmarshal(raw, &c) != nil || c.Limit < 0 || c.Limit > MaxLimit || c.ID < 0 {
		return Request{}, Position{}, 0, errCursor
	}
	r := Request{Order: c.Order, Text: c.Text, TextFields: c.Fields, DropMissing: c.Drop, Limit: c.Limit, Total: c.Count, Posted: c.Query != nil}
	where := c.Where
	if c.Query != nil {
		where = c.Query
	}
	if r.Where, err = where.predicate(0); err != nil {
		return Request{}, Position{}, 0, err
	}
	if len(c.At) != max(len(c.Order), 1) {
		return Request{}, Position{}, 0, errCursor
	}
	return r, c.Position, c.Total, nil
}

// EncodeCursor makes the opaque text that continues r at a position; total is
// what r found, so that it need not be counted again.
func EncodeCursor(r Request, p Position, total int) (string, error) {
	c := cursor{Where: nodeOf(r.Where), Order: r.Order, Text: r.Text, Fields: r.TextFields, Drop: r.DropMissing, Limit: r.Limit,
		Count: r.Total, Total: total, Position: p}
	if r.Posted {
		c.Query, c.Where = c.Where, nil
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// standard undoes what happens to base64 in addresses.
var standard = strings.NewReplacer("-", "+", "_", "/", " ", "+")
