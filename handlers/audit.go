package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/auditview"
	"github.com/waymark-portal/waymark/views/ui"
)

// EventReader is what the audit page needs from storage.
type EventReader interface {
	Events(ctx context.Context, v access.Viewer, f event.Filter) (event.Page, error)
	VerifyEvents(ctx context.Context) (event.Verification, error)
}

// Audit serves what happened.
type Audit struct {
	Reader EventReader
}

// Register adds the pages to g.
func (h *Audit) Register(g *echo.Group) {
	g.GET("/audit", h.show)
	g.GET("/audit/export", h.export)
}

// auditQuery is the address of the page.
type auditQuery struct {
	Type    string `query:"type"`
	Subject string `query:"subject"`
	By      string `query:"by"`
	From    string `query:"from"`
	To      string `query:"to"`
	Cursor  string `query:"cursor"`
	Verify  bool   `query:"verify"`
	Format  string `query:"format"`
}

// filter reads the days; a day up to which is meant ends at midnight.
func (q auditQuery) filter(zone *time.Location) (event.Filter, []fault.Field) {
	f := event.Filter{Type: q.Type, Subject: q.Subject, By: q.By, Before: q.Cursor, Limit: 50}
	var faults []fault.Field
	day := func(field, text string, into *time.Time, add int) {
		if text == "" {
			return
		}
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			*into = t
			return
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			faults = append(faults, fault.Field{Field: field, Code: "format", Message: "Write a day as 2026-11-20."})
			return
		}
		*into = t.AddDate(0, 0, add)
	}
	day("from", q.From, &f.From, 0)
	day("to", q.To, &f.To, 1)
	return f, faults
}

func (q auditQuery) shown() auditview.Query {
	return auditview.Query{Type: q.Type, Subject: q.Subject, By: q.By, From: q.From, To: q.To, Before: q.Cursor}
}

var auditMeta = respond.Meta{Title: "Audit", Nav: "/audit"}

func (h *Audit) show(c echo.Context) error {
	var q auditQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	may := respond.May(c, "read-audit", "")
	f, faults := q.filter(zoneOf(ctx))
	if len(faults) > 0 {
		p := auditview.New(event.Page{}, q.shown(), v.All, may, nil)
		for _, x := range faults {
			p.Faults = append(p.Faults, ui.FieldFault{ID: "f-" + x.Field, Label: x.Field, Message: x.Message})
		}
		return respond.Invalid(c, auditMeta, auditview.Show(p))
	}
	page, err := h.Reader.Events(ctx, v, f)
	if err != nil {
		return err
	}
	var proof *event.Verification
	if q.Verify {
		if err := respond.Require(c, "read-audit", ""); err != nil {
			return err
		}
		found, err := h.Reader.VerifyEvents(ctx)
		if err != nil {
			return err
		}
		proof = &found
	}
	return respond.Page(c, auditMeta, auditview.Show(auditview.New(page, q.shown(), v.All, may, proof)))
}

// zoneOf is the reader's time zone.
func zoneOf(ctx context.Context) *time.Location {
	if z := ui.ClockOf(ctx).Zone; z != nil {
		return z
	}
	return time.UTC
}

// export answers all events that fit, newest first, as CSV or NDJSON.
func (h *Audit) export(c echo.Context) error {
	var q auditQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	if err := respond.Require(c, "read-audit", ""); err != nil {
		return err
	}
	f, faults := q.filter(zoneOf(c.Request().Context()))
	if len(faults) > 0 {
		return fault.InvalidFields(faults...)
	}
	f.Before, f.Limit = "", 1000
	mime, write := "text/csv; charset=utf-8", csvEvents
	switch q.Format {
	case "csv", "":
		q.Format = "csv"
	case "ndjson":
		mime, write = "application/x-ndjson", jsonEvents
	default:
		return fault.InvalidField("format", "unknown", "The format is csv or ndjson.")
	}
	page, err := h.Reader.Events(c.Request().Context(), respond.Viewer(c), f)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, mime)
	header.Set(echo.HeaderContentDisposition, `attachment; filename="waymark-audit.`+q.Format+`"`)
	c.Response().WriteHeader(http.StatusOK)
	for first := true; ; first = false {
		if err := write(c.Response(), page.Items, first); err != nil || page.Next == "" {
			return err
		}
		f.Before = page.Next
		if page, err = h.Reader.Events(c.Request().Context(), respond.Viewer(c), f); err != nil {
			return err
		}
	}
}

func csvEvents(w io.Writer, events []event.Sealed, first bool) error {
	out := csv.NewWriter(w)
	if first {
		if err := out.Write([]string{"seq", "at", "type", "action", "by", "subject", "owner", "request", "data", "hash", "id"}); err != nil {
			return err
		}
	}
	for _, e := range events {
		err := out.Write([]string{strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), plainCell(e.Type), plainCell(e.Action), plainCell(e.Actor),
			plainCell(e.Subject), plainCell(e.Owner), plainCell(e.Request), string(e.Data), e.Hash, e.ID})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plainCell keeps a spreadsheet from taking a text for a formula.
func plainCell(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func jsonEvents(w io.Writer, events []event.Sealed, _ bool) error {
	enc := json.NewEncoder(w)
	for _, e := range events {
		err := enc.Encode(map[string]any{"seq": e.Seq, "hash": e.Hash, "id": e.ID, "at": e.At, "type": e.Type, "action": e.Action,
			"by": e.Actor, "subject": e.Subject, "owner": e.Owner, "request": e.Request, "data": e.Data})
		if err != nil {
			return err
		}
	}
	return nil
}
