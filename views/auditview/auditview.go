// Package auditview shows what happened: the events, and whether their chain
// holds.
package auditview

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/views/runview"
	"github.com/waymark-portal/waymark/views/ui"
)

// Query is what the address of the page asks for, as it was typed.
type Query struct {
	Type, Subject, By, From, To, Before string
}

func (q Query) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"type": q.Type, "subject": q.Subject, "by": q.By, "from": q.From, "to": q.To, "cursor": q.Before} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

func (q Query) url(path string) string {
	if v := q.values().Encode(); v != "" {
		return path + "?" + v
	}
	return path
}

// exportURL is the same events as a file.
func (q Query) exportURL(format string) string {
	q.Before = ""
	v := q.values()
	v.Set("format", format)
	return "/audit/export?" + v.Encode()
}

// Row is one event.
type Row struct {
	ID      string
	At      time.Time
	Type    string
	Tone    ui.Tone
	Action  string
	By      ui.Link
	Subject ui.Link
	Full    string // the subject's whole reference
	Detail  string // data, indented
	Seal    string // number and beginning of the hash, "" before it is sealed
}

// Props are those of Show.
type Props struct {
	Query     Query
	Faults    []ui.FieldFault
	Rows      []Row
	Page      ui.PagerProps
	All       bool // everything is shown, not the reader's groups only
	MayVerify bool
	Verified  *event.Verification
	Any       bool
}

// New makes the props of the page.
func New(p event.Page, q Query, all, mayVerify bool, v *event.Verification) Props {
	out := Props{Query: q, All: all, MayVerify: mayVerify, Verified: v}
	first := q
	first.Before = ""
	out.Any = len(first.values()) > 0
	for _, e := range p.Items {
		out.Rows = append(out.Rows, NewRow(e))
	}
	total := ui.Number(p.Total)
	if p.Total >= 1000 {
		total = "1,000 or more"
	}
	out.Page.Summary = ui.Number(int64(len(p.Items))) + " of " + total
	if p.Next != "" {
		next := q
		next.Before = p.Next
		out.Page.Next = next.url("/audit")
	}
	if q.Before != "" {
		out.Page.Prev = first.url("/audit")
	}
	if mayVerify {
		out.Page.CSV = q.exportURL("csv")
	}
	return out
}

// NewRow is an event as a row.
func NewRow(e event.Sealed) Row {
	r := Row{ID: e.ID, At: e.At, Type: e.Type, Tone: tone(e.Type), Action: e.Action, By: runview.RefLink(e.Actor),
		Subject: runview.RefLink(e.Subject), Full: e.Subject}
	var b bytes.Buffer
	if len(e.Data) > 2 && json.Indent(&b, e.Data, "", "  ") == nil {
		r.Detail = b.String()
	}
	if e.Seq > 0 {
		r.Seal = "#" + strconv.FormatInt(e.Seq, 10) + " " + e.Hash[:min(len(e.Hash), 12)]
	}
	return r
}

// tone marks what went wrong or was refused; the type says it in words.
func tone(typ string) ui.Tone {
	switch typ {
	case "action.refused":
		return ui.Warn
	}
	return ui.Neutral
}
