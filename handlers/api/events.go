package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
)

// EventReader is what the routes of events need from storage.
type EventReader interface {
	Events(ctx context.Context, v access.Viewer, f event.Filter) (event.Page, error)
	Event(ctx context.Context, v access.Viewer, id string) (event.Sealed, error)
	VerifyEvents(ctx context.Context) (event.Verification, error)
}

// Events serves what happened to programs.
type Events struct {
	Reader EventReader
}

// Register adds the routes to g, the group of the API.
func (h *Events) Register(g *echo.Group) {
	g.GET("/events", h.list)
	g.GET("/events/verify", h.verify)
	g.GET("/events/:id", h.show)
}

// Event is an event in the API.
type Event struct {
	ID      string          `json:"id"`
	Seq     *int64          `json:"seq"` // null until it is sealed
	Hash    string          `json:"hash,omitempty"`
	Type    string          `json:"type"`
	At      time.Time       `json:"at"`
	By      string          `json:"by"`
	Subject string          `json:"subject"`
	Owner   string          `json:"owner"`
	Action  string          `json:"action,omitempty"`
	Request string          `json:"request,omitempty"`
	Data    json.RawMessage `json:"data"`
}

func newEvent(e event.Sealed) Event {
	out := Event{ID: e.ID, Hash: e.Hash, Type: e.Type, At: e.At, By: e.Actor, Subject: e.Subject, Owner: e.Owner, Action: e.Action, Request: e.Request, Data: e.Data}
	if e.Seq > 0 {
		out.Seq = &e.Seq
	}
	return out
}

type eventsQuery struct {
	Type    string `query:"type"`
	Subject string `query:"subject"`
	By      string `query:"by"`
	From    string `query:"from"`
	To      string `query:"to"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit"`
}

func (h *Events) list(c echo.Context) error {
	q := eventsQuery{Limit: 100}
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	f := event.Filter{Type: q.Type, Subject: q.Subject, By: q.By, Before: q.Cursor, Limit: q.Limit}
	var err error
	if f.From, err = timeOrDay("from", q.From, 0); err != nil {
		return err
	}
	if f.To, err = timeOrDay("to", q.To, 1); err != nil {
		return err
	}
	p, err := h.Reader.Events(c.Request().Context(), respond.Viewer(c), f)
	if err != nil {
		return err
	}
	out := List[Event]{Items: make([]Event, len(p.Items)), Total: int(p.Total), Next: p.Next}
	for i, e := range p.Items {
		out.Items[i] = newEvent(e)
	}
	return respond.JSON(c, http.StatusOK, out)
}

// timeOrDay reads RFC 3339 or a day in UTC; days is added to a day.
func timeOrDay(field, text string, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fault.InvalidField(field, "format", "Write a time as 2026-11-20T12:00:00Z or a day as 2026-11-20.")
	}
	return t.AddDate(0, 0, days), nil
}

func (h *Events) show(c echo.Context) error {
	e, err := h.Reader.Event(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, newEvent(e))
}

// verify walks the chain and says up to where it holds.
func (h *Events) verify(c echo.Context) error {
	if err := respond.Require(c, "read-audit", ""); err != nil {
		return err
	}
	v, err := h.Reader.VerifyEvents(c.Request().Context())
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, v)
}
