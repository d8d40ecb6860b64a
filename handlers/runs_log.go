package handlers

import (
	"bytes"
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/runview"
	"github.com/waymark-portal/waymark/views/ui"
)

// log answers a run's log: as a stream of rows for the page, or as text.
func (h *Runs) log(c echo.Context) error {
	id, v := run.ID(c.Param("id")), respond.Viewer(c)
	if !respond.WantsStream(c) {
		return respond.Log(c, id, h.Reader.RunLines)
	}
	after, err := respond.Position(c)
	if err != nil {
		return err
	}
	if _, err := h.Reader.RunLines(c.Request().Context(), v, id, 0, 1); err != nil {
		return err
	}
	ctx, done := context.WithTimeout(c.Request().Context(), respond.StreamFor)
	defer done()
	s := respond.NewStream(c)
	var head string
	read := func(ctx context.Context, after int64, limit int) ([]run.Line, error) {
		return h.Reader.RunLines(ctx, v, id, after, limit)
	}
	err = h.Engine.Follow(ctx, id, after, read, func(lines []run.Line, _ run.Mark) error {
		now, err := h.head(c, id)
		if err != nil {
			return err
		}
		rows, err := logRows(ctx, lines)
		if err != nil {
			return err
		}
		if now == head {
			now = ""
		} else {
			head = now
		}
		var last int64
		if len(lines) > 0 {
			last = lines[len(lines)-1].N
		}
		return s.Send(last, rows+now)
	})
	return s.End(err)
}

// head is the run's head as it is now, to replace the one on the page.
func (h *Runs) head(c echo.Context, id run.ID) (string, error) {
	ctx := c.Request().Context()
	r, err := h.Reader.Run(ctx, respond.Viewer(c), id)
	if err != nil {
		return "", err
	}
	p := runview.NewHead(r, h.may(c, r), time.Now())
	p.Swap = true
	if p.Result, err = h.result(c, r); err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := runview.Head(p).Render(ctx, &b); err != nil {
		return "", err
	}
	err = runview.Facts(p).Render(ctx, &b)
	return b.String(), err
}

func logRows(ctx context.Context, lines []run.Line) (string, error) {
	var b bytes.Buffer
	for _, l := range lines {
		if err := ui.LogRow(runview.LogLine(l)).Render(ctx, &b); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
