package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
)

// RunStore is what the routes of runs need from storage.
type RunStore interface {
	Run(ctx context.Context, v access.Viewer, id run.ID) (run.Run, error)
	Runs(ctx context.Context, v access.Viewer, f run.Filter) (run.Page, error)
	RunLines(ctx context.Context, v access.Viewer, id run.ID, after int64, limit int) ([]run.Line, error)
}

// RunFollower hands over a run's log as it grows.
type RunFollower interface {
	Follow(ctx context.Context, id run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error
}

// Runs serves runs to programs.
type Runs struct {
	Reader RunStore
	Engine RunFollower
}

// Register adds the routes to g, the group of the API.
func (h *Runs) Register(g *echo.Group) {
	g.GET("/runs", h.list)
	g.GET("/runs/:id", h.show)
	g.GET("/runs/:id/log", h.log)
}

// Run is a run in the API.
type Run struct {
	ID         run.ID     `json:"id"`
	Kind       string     `json:"kind"`
	Title      string     `json:"title"`
	State      run.State  `json:"state"`
	WaitingFor string     `json:"waitingFor,omitempty"`
	Subject    string     `json:"subject"`
	Owner      string     `json:"owner"`
	By         string     `json:"by"`
	Attempt    int        `json:"attempt"`
	Cancelling bool       `json:"cancelling"`
	Error      string     `json:"error,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
	StartedAt  *time.Time `json:"startedAt"`
	FinishedAt *time.Time `json:"finishedAt"`
	Steps      []RunStep  `json:"steps,omitempty"`
	URL        string     `json:"url"`
}

// RunStep is a step of a run in the API.
type RunStep struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	State      run.StepState `json:"state"`
	Note       string        `json:"note,omitempty"`
	Error      string        `json:"error,omitempty"`
	StartedAt  *time.Time    `json:"startedAt"`
	FinishedAt *time.Time    `json:"finishedAt"`
}

func newRun(r run.Run) Run {
	out := Run{ID: r.ID, Kind: r.Kind, Title: r.Title, State: r.State, WaitingFor: r.WaitingFor, Subject: r.Subject, Owner: r.Owner,
		By: r.By, Attempt: r.Attempt, Cancelling: r.Cancel && !r.State.Over(), Error: r.Error, CreatedAt: r.CreatedAt,
		StartedAt: timeOrNull(r.StartedAt), FinishedAt: timeOrNull(r.FinishedAt), URL: "/runs/" + string(r.ID)}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, RunStep{ID: s.ID, Name: s.Title, State: s.State, Note: s.Note, Error: s.Error,
			StartedAt: timeOrNull(s.StartedAt), FinishedAt: timeOrNull(s.FinishedAt)})
	}
	return out
}

// timeOrNull is null for a time that has not come.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type runsQuery struct {
	By      string `query:"by"`
	Owner   string `query:"owner"`
	State   string `query:"state"`
	Kind    string `query:"kind"`
	Subject string `query:"subject"`
	Lane    string `query:"lane"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit"`
}

func (h *Runs) list(c echo.Context) error {
	q := runsQuery{Limit: 50}
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	v := respond.Viewer(c)
	if q.By == "me" {
		q.By = v.ID
	}
	p, err := h.Reader.Runs(c.Request().Context(), v, run.Filter{By: q.By, Owner: q.Owner, State: run.State(q.State), Kind: q.Kind,
		Subject: q.Subject, Lane: q.Lane, Before: q.Cursor, Limit: q.Limit})
	if err != nil {
		return err
	}
	out := List[Run]{Items: make([]Run, len(p.Items)), Total: int(p.Total), Next: p.Next}
	for i, r := range p.Items {
		out.Items[i] = newRun(r)
	}
	return respond.JSON(c, http.StatusOK, out)
}

func (h *Runs) show(c echo.Context) error {
	r, err := h.Reader.Run(c.Request().Context(), respond.Viewer(c), run.ID(c.Param("id")))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, newRun(r))
}

// log answers the log as text, or line by line as it grows: the event's id is
// the line's number, its data the text.
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
	read := func(ctx context.Context, after int64, limit int) ([]run.Line, error) {
		return h.Reader.RunLines(ctx, v, id, after, limit)
	}
	return s.End(h.Engine.Follow(ctx, id, after, read, func(lines []run.Line, _ run.Mark) error {
		for _, l := range lines {
			s.Add(l.N, l.Text)
		}
		return s.Send(0, "")
	}))
}
