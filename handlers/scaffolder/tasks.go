package scaffolder

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// statuses are all that a task can have in this API; no task of ours is ever
// skipped.
var statuses = []string{"open", "processing", "completed", "failed", "cancelled", "skipped"}

// statusOf is how this API calls a run's state.
var statusOf = map[run.State]string{
	run.Waiting: "open", run.Queued: "open",
	run.Running: "processing", run.AwaitingApproval: "processing",
	run.Succeeded: "completed",
	run.Failed:    "failed", run.Refused: "failed",
	run.Cancelled: "cancelled",
}

func orders() []string {
	var out []string
	for _, column := range []string{"created_at", "status", "created_by"} {
		out = append(out, "asc:"+column, "desc:"+column)
	}
	return out
}

// task is a run as this API shows it.
type task struct {
	ID              string `json:"id"`
	Spec            spec   `json:"spec"`
	Status          string `json:"status"`
	CreatedAt       string `json:"createdAt"`
	LastHeartbeatAt string `json:"lastHeartbeatAt,omitempty"`
	CreatedBy       string `json:"createdBy,omitempty"`
}

// spec is what a run was ordered with, without its secrets.
type spec struct {
	APIVersion   string         `json:"apiVersion"`
	Parameters   map[string]any `json:"parameters"`
	Steps        []step         `json:"steps"`
	Output       map[string]any `json:"output"`
	User         object         `json:"user"`
	TemplateInfo object         `json:"templateInfo"`
}

type step struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Action string `json:"action"`
	Input  any    `json:"input,omitempty"`
	If     any    `json:"if,omitempty"`
	Each   any    `json:"each,omitempty"`
}

func newTask(r run.Run) (task, error) {
	var o scaffold.Order
	if err := json.Unmarshal(r.Input, &o); err != nil {
		return task{}, err
	}
	out := task{ID: string(r.ID), Spec: newSpec(o), Status: statusOf[r.State], CreatedAt: stamp(r.CreatedAt), CreatedBy: r.By}
	switch {
	case !r.FinishedAt.IsZero():
		out.LastHeartbeatAt = stamp(r.FinishedAt)
	case !r.LeaseUntil.IsZero():
		out.LastHeartbeatAt = stamp(r.LeaseUntil.Add(-run.Lease))
	}
	return out, nil
}

func newSpec(o scaffold.Order) spec {
	name := o.Template
	if _, after, ok := strings.Cut(name, "/"); ok {
		name = after
	}
	out := spec{APIVersion: scaffold.APIVersion, Parameters: orEmpty(o.Values), Steps: newSteps(o.Steps), Output: orEmpty(o.Output),
		User:         object{"ref": o.By},
		TemplateInfo: object{"entityRef": o.Template, "entity": object{"metadata": object{"name": name}}}}
	if o.User != nil {
		out.User["entity"] = o.User
	}
	return out
}

func newSteps(list []scaffold.Step) []step {
	out := []step{}
	for _, s := range list {
		out = append(out, step{s.ID, s.Name, s.Action, s.Input, s.If, s.Each})
	}
	return out
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// stamp is a time as JavaScript writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// maxTasks is how many tasks an answer holds at most, also when none was said.
const maxTasks = 500

func (h *Handler) tasks(c echo.Context) error {
	q := c.QueryParams()
	f := scaffold.RunFilter{By: q["createdBy"], Limit: int(min(numberOf(c, "limit", maxTasks), maxTasks)), Offset: int(min(numberOf(c, "offset", 0), 1<<31-1))}
	for s, name := range statusOf {
		if slices.Contains(q["status"], name) {
			f.States = append(f.States, s)
		}
	}
	slices.Sort(f.States)
	if len(q["status"]) > 0 && len(f.States) == 0 {
		return c.JSON(http.StatusOK, object{"tasks": []task{}, "totalTasks": 0})
	}
	for _, o := range q["order"] {
		way, column, _ := strings.Cut(o, ":")
		f.Order = append(f.Order, scaffold.RunOrder{By: column, Descending: way == "desc"})
	}
	runs, total, err := h.Tasks.ScaffoldRuns(c.Request().Context(), respond.Viewer(c), f)
	if err != nil {
		return err
	}
	out := []task{}
	for _, r := range runs {
		t, err := newTask(r)
		if err != nil {
			return err
		}
		out = append(out, t)
	}
	return c.JSON(http.StatusOK, object{"tasks": out, "totalTasks": total})
}

// found is the task of a request; NotFound also for one of another team.
func (h *Handler) found(c echo.Context) (run.Run, error) {
	id := c.Param("taskId")
	runs, _, err := h.Tasks.ScaffoldRuns(c.Request().Context(), respond.Viewer(c), scaffold.RunFilter{ID: run.ID(id), Limit: 1})
	if err != nil {
		return run.Run{}, err
	}
	if len(runs) == 0 {
		return run.Run{}, fault.Newf(fault.NotFound, "Task with id %.64s does not exist", id)
	}
	return runs[0], nil
}

func (h *Handler) task(c echo.Context) error {
	r, err := h.found(c)
	if err != nil {
		return err
	}
	t, err := newTask(r)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, t)
}

// create makes something from a template.
func (h *Handler) create(c echo.Context) error {
	var in struct {
		TemplateRef string            `json:"templateRef"`
		Values      map[string]any    `json:"values"`
		Secrets     map[string]string `json:"secrets"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	order := map[string]any{"template": in.TemplateRef, "values": in.Values}
	if len(in.Secrets) > 0 {
		order["secrets"] = in.Secrets
	}
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, scaffold.ActionName, body)
	if err != nil {
		return refuse(c, err)
	}
	return started(c, out.Body)
}

// started answers the id of the run that an action has started.
func started(c echo.Context, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var out struct{ Run struct{ ID string } }
	if err := json.Unmarshal(b, &out); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, object{"id": out.Run.ID})
}

// refusal is a fault of one value, as Backstage's validator writes it.
type refusal struct {
	Path     []string `json:"path"`
	Property string   `json:"property"`
	Message  string   `json:"message"`
	Name     string   `json:"name"`
	Stack    string   `json:"stack"`
}

// refuse answers the faults of values with 400 and all of them; other errors
// are for the edge.
func refuse(c echo.Context, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.Conflict || len(f.Fields) == 0 {
		return err
	}
	out := []refusal{}
	for _, x := range f.Fields {
		name := strings.TrimPrefix(x.Field, "values.")
		r := refusal{Path: []string{}, Property: "instance", Message: x.Message, Name: x.Code, Stack: "instance " + x.Message}
		if name != "" && name != "values" {
			r.Path, r.Property = strings.Split(name, "."), "instance."+name
			r.Stack = r.Property + " " + x.Message
		}
		out = append(out, r)
	}
	status := http.StatusBadRequest
	if f.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	return c.JSON(status, object{"errors": out})
}

// cancel stops a task; a task that is over is a conflict.
func (h *Handler) cancel(c echo.Context) error {
	if err := h.act(c, "cancel-run", nil); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, object{"status": "cancelled"})
}

// retry goes on with a task; secrets are those that it has forgotten.
func (h *Handler) retry(c echo.Context) error {
	var in struct {
		Secrets map[string]string `json:"secrets"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	if err := h.act(c, "retry-run", in.Secrets); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, object{"id": c.Param("taskId")})
}

// act does something with the run behind a task that the caller may see.
func (h *Handler) act(c echo.Context, name string, secrets map[string]string) error {
	r, err := h.found(c)
	if err != nil {
		return err
	}
	in := map[string]any{"run": r.ID}
	if len(secrets) > 0 {
		in["secrets"] = secrets
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	_, err = respond.Do(c, h.Actions, name, body)
	return err
}
