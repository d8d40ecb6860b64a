package handlers

import (
	"bytes"
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/envview"
)

// stream sends the log of an environment's run as it grows, and with it state,
// plan, policy and outputs when they have changed.
func (h *Environments) stream(c echo.Context) error {
	after, err := respond.Position(c)
	if err != nil {
		return err
	}
	id, v := run.ID(c.QueryParam("run")), respond.Viewer(c)
	r, err := h.Runs.Run(c.Request().Context(), v, id)
	if err != nil {
		return err
	}
	if r.Subject != c.Param("id") || !v.MayRead(r.Owner) {
		return provision.ErrNotFound
	}
	ctx, done := context.WithTimeout(c.Request().Context(), respond.StreamFor)
	defer done()
	s := respond.NewStream(c)
	var shown string
	var last time.Time
	read := func(ctx context.Context, after int64, limit int) ([]run.Line, error) {
		return h.Runs.RunLines(ctx, v, id, after, limit)
	}
	err = h.Follow.Follow(ctx, id, after, read, func(lines []run.Line, _ run.Mark) error {
		rows, err := logRows(ctx, lines)
		if err != nil {
			return err
		}
		time.Sleep(time.Until(last.Add(againEvery)))
		now, err := h.again(c)
		if err != nil {
			return err
		}
		last = time.Now()
		if now == shown {
			now = ""
		} else {
			shown = now
		}
		var position int64
		if len(lines) > 0 {
			position = lines[len(lines)-1].N
		}
		return s.Send(position, rows+now)
	})
	return s.End(err)
}

// againEvery bounds how often the parts are rendered for one reader.
const againEvery = 300 * time.Millisecond

// again renders the parts of the page that a run changes.
func (h *Environments) again(c echo.Context) (string, error) {
	p, _, err := h.parts(c, c.Param("id"))
	if err != nil {
		return "", err
	}
	p.Head.Again, p.Facts.Again = true, true
	var b bytes.Buffer
	err = envview.Progress(p).Render(c.Request().Context(), &b)
	return b.String(), err
}
