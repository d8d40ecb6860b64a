package handlers

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/runview"
)

// RunStore is what the pages of runs need from storage.
type RunStore interface {
	Run(ctx context.Context, v access.Viewer, id run.ID) (run.Run, error)
	Runs(ctx context.Context, v access.Viewer, f run.Filter) (run.Page, error)
	RunLines(ctx context.Context, v access.Viewer, id run.ID, after int64, limit int) ([]run.Line, error)
	RunMark(ctx context.Context, id run.ID) (run.Mark, error)
}

// RunFollower hands over a run's log as it grows.
type RunFollower interface {
	Follow(ctx context.Context, id run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error
}

// Runs serves the pages of runs.
type Runs struct {
	Reader  RunStore
	Engine  RunFollower
	Actions *action.Registry
	// Results draw what runs of a kind have made.
	Results map[string]RunResult
}

// RunResult draws what a run has made; nil when there is nothing to show.
type RunResult func(ctx context.Context, v access.Viewer, r run.Run) (templ.Component, error)

// Register adds the pages to g.
func (h *Runs) Register(g *echo.Group) {
	g.GET("/runs", h.list)
	g.GET("/runs/:id", h.show)
	g.GET("/runs/:id/log", h.log)
	g.POST("/runs/:id/cancel", h.cancel)
	g.POST("/runs/:id/retry", h.retry)
}

// runsQuery is the address of the list.
type runsQuery struct {
	By      string `query:"by"`
	Owner   string `query:"owner"`
	State   string `query:"state"`
	Kind    string `query:"kind"`
	Subject string `query:"subject"`
	Cursor  string `query:"cursor"`
}

const runsPage = 25

func (h *Runs) list(c echo.Context) error {
	var q runsQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	v := respond.Viewer(c)
	shown := runview.Query{By: q.By, Owner: q.Owner, State: q.State, Kind: q.Kind, Subject: q.Subject, Before: q.Cursor}
	f := run.Filter{By: q.By, Owner: q.Owner, State: run.State(q.State), Kind: q.Kind, Subject: q.Subject, Before: q.Cursor, Limit: runsPage}
	if q.By == "me" {
		f.By, shown.Mine, shown.By = v.ID, true, ""
	}
	p, err := h.Reader.Runs(c.Request().Context(), v, f)
	if err != nil {
		return err
	}
	return respond.Page(c, respond.Meta{Title: "Runs", Nav: "/runs"}, runview.List(runview.NewList(p, shown, v.Team, time.Now())))
}

// runPageLines is how much of a long log a page holds.
const runPageLines = 1000

func (h *Runs) show(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	r, err := h.Reader.Run(ctx, v, run.ID(c.Param("id")))
	if err != nil {
		return err
	}
	may := h.may(c, r)
	var lines []run.Line
	if may.Read {
		m, err := h.Reader.RunMark(ctx, r.ID)
		if err != nil {
			return err
		}
		if lines, err = h.Reader.RunLines(ctx, v, r.ID, max(0, m.Lines-runPageLines), runPageLines); err != nil {
			return err
		}
	}
	p := runview.NewShow(r, lines, may, time.Now())
	if p.Head.Result, err = h.result(c, r); err != nil {
		return err
	}
	return respond.Page(c, respond.Meta{Title: r.Title, Nav: "/runs"}, runview.Show(p))
}

// result is what the run has made, as its kind draws it.
func (h *Runs) result(c echo.Context, r run.Run) (templ.Component, error) {
	draw := h.Results[r.Kind]
	if draw == nil {
		return nil, nil
	}
	return draw(c.Request().Context(), respond.Viewer(c), r)
}

// may is what the caller may do with r.
func (h *Runs) may(c echo.Context, r run.Run) runview.May {
	return runview.May{Read: respond.Viewer(c).MayRead(r.Owner),
		Cancel: respond.May(c, "cancel-run", r.Owner), Retry: respond.May(c, "retry-run", r.Owner)}
}

func (h *Runs) cancel(c echo.Context) error {
	return h.act(c, "cancel-run", object("run", c.Param("id")))
}

// retry tries a run again; fields named secrets.… are secrets that it needs.
func (h *Runs) retry(c echo.Context) error {
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	in := map[string]any{"run": c.Param("id")}
	secrets := map[string]string{}
	for name := range sent {
		if key, ok := strings.CutPrefix(name, "secrets."); ok {
			secrets[key] = sent.Get(name)
		}
	}
	if len(secrets) > 0 {
		in["secrets"] = secrets
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return h.act(c, "retry-run", body)
}

func (h *Runs) act(c echo.Context, name string, in json.RawMessage) error {
	out, err := respond.Do(c, h.Actions, name, in)
	if err != nil {
		return err
	}
	out.Location = respond.ReturnTo(c, out.Location)
	return respond.Done(c, out)
}
