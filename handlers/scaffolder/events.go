package scaffolder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// event is one thing that happened in a task.
type event struct {
	ID        int64  `json:"id"`
	TaskID    string `json:"taskId"`
	Type      string `json:"type"`
	CreatedAt string `json:"createdAt"`
	Body      body   `json:"body"`
}

type body struct {
	Message string          `json:"message"`
	StepID  string          `json:"stepId,omitempty"`
	Status  string          `json:"status,omitempty"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   *failure        `json:"error,omitempty"`
}

type failure struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	StepID  string `json:"stepId,omitempty"`
}

// spread is the room between the ids of two lines of the log. The events of an
// end lie in it, by attempt: so an id is never given twice, also when the run
// is tried again and its log grows on.
const spread = 1000

// stepStatus is what the lines of a step's beginning and end say.
var stepStatus = map[string]string{scaffold.Began: "processing", scaffold.Finished: "completed", scaffold.Skipped: "skipped", scaffold.Broken: "failed"}

func newEvent(id run.ID, l run.Line) event {
	text := l.Text
	if l.Level == "warn" || l.Level == "error" {
		text = l.Level + ": " + text
	}
	return event{ID: l.N * spread, TaskID: string(id), Type: "log", CreatedAt: stamp(l.At),
		Body: body{Message: text, StepID: l.Step, Status: stepStatus[l.Level]}}
}

// ending are the events of a run that is over, after its last line.
func (h *Handler) ending(c echo.Context, lines int64) ([]event, error) {
	r, err := h.found(c)
	if err != nil {
		return nil, err
	}
	base := lines*spread + int64(min(2*r.Attempt+1, spread-2)) // more than 0, which is before everything
	status := statusOf[r.State]
	end := event{ID: base + 1, TaskID: string(r.ID), Type: "completion", CreatedAt: stamp(r.FinishedAt),
		Body: body{Message: "Run completed with status: " + status, Status: status}}
	switch r.State {
	case run.Cancelled:
		asked := event{ID: base, TaskID: string(r.ID), Type: "cancelled", CreatedAt: stamp(r.FinishedAt), Body: body{Message: "Cancelled by " + r.CancelBy}}
		return []event{asked, end}, nil
	case run.Failed, run.Refused:
		end.Body.Error = &failure{Name: "Error", Message: r.Error, StepID: failedStep(r)}
	case run.Succeeded:
		s, err := h.Tasks.Scaffold(c.Request().Context(), respond.Viewer(c), string(r.ID))
		if err != nil {
			return nil, err
		}
		end.Body.Output = s.Output
	}
	return []event{end}, nil
}

func failedStep(r run.Run) string {
	for _, s := range r.Steps {
		if s.State == run.StepFailed {
			return s.ID
		}
	}
	return ""
}

// errEnough ends following: the caller has what it waits for.
var errEnough = errors.New("enough")

// follow hands the events after an id to emit until the task has ended. Emit
// is called without events now and then, so that connections stay.
func (h *Handler) follow(ctx context.Context, c echo.Context, emit func([]event) error) error {
	r, err := h.found(c)
	if err != nil {
		return err
	}
	v, after := respond.Viewer(c), numberOf(c, "after", 0)
	read := func(ctx context.Context, after int64, limit int) ([]run.Line, error) {
		return h.Tasks.RunLines(ctx, v, r.ID, after, limit)
	}
	var last run.Mark
	err = h.Runs.Follow(ctx, r.ID, after/spread, read, func(lines []run.Line, m run.Mark) error {
		last = m
		out := make([]event, len(lines))
		for i, l := range lines {
			out[i] = newEvent(r.ID, l)
		}
		return emit(out)
	})
	if err != nil {
		return err
	}
	end, err := h.ending(c, last.Lines)
	if err != nil {
		return err
	}
	var fresh []event
	for _, e := range end {
		if e.ID > after {
			fresh = append(fresh, e)
		}
	}
	return emit(fresh)
}

// streamFor bounds a stream. Backstage's client does not come back by itself,
// so it is long.
const streamFor = time.Hour

// stream sends events as they come and ends with the task.
func (h *Handler) stream(c echo.Context) error {
	if _, err := h.found(c); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/event-stream")
	header.Set(echo.HeaderCacheControl, "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies must not hold it back
	c.Response().WriteHeader(http.StatusOK)
	c.Response().Flush()
	ctx, done := context.WithTimeout(c.Request().Context(), streamFor)
	defer done()
	err := h.follow(ctx, c, func(list []event) error {
		b, err := messages(list)
		if err != nil {
			return err
		}
		if _, err := c.Response().Write(b); err != nil {
			return err
		}
		c.Response().Flush()
		return nil
	})
	if err != nil && !errors.Is(err, run.ErrHandOver) && ctx.Err() == nil {
		return err // the answer has begun; the edge logs it
	}
	return nil
}

// messages writes events as server-sent ones; none is a comment.
func messages(list []event) ([]byte, error) {
	if len(list) == 0 {
		return []byte(":\n\n"), nil
	}
	var out bytes.Buffer
	for _, e := range list {
		b, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "event: %s\ndata: %s\n\n", e.Type, strings.ReplaceAll(string(b), "\n", ""))
	}
	return out.Bytes(), nil
}

// pollFor is how long a poll waits for an event.
const pollFor = 30 * time.Second

// poll answers the events after an id as soon as there is one.
func (h *Handler) poll(c echo.Context) error {
	ctx, done := context.WithTimeout(c.Request().Context(), pollFor)
	defer done()
	out := []event{}
	err := h.follow(ctx, c, func(list []event) error {
		if out = append(out, list...); len(out) > 0 {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) && !errors.Is(err, run.ErrHandOver) && ctx.Err() == nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}
