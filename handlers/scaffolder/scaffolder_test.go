package scaffolder_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/handlers/scaffolder"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

const team = "group:default/payments-team"

var began = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// fake is one run of ada's team, in some state.
type fake struct {
	state   run.State
	refusal error
	asked   scaffold.RunFilter
	done    []string // actions with their inputs
}

func (f *fake) run() run.Run {
	return run.Run{ID: "run_1", State: f.state, Attempt: 2, Error: "no luck", CancelBy: "user:default/ben", CreatedAt: began, FinishedAt: began.Add(time.Minute),
		Steps: []run.StepRow{{ID: "a", State: run.StepFailed}},
		Spec: run.Spec{Owner: team, By: "user:default/ada", Input: []byte(`{"template":"template:default/t","version":"1","by":"user:default/ada",
			"steps":[{"id":"a","name":"A","action":"debug:log","input":{"message":"x"},"index":0}],"values":{"name":"x"},"output":null}`)}}
}

func (f *fake) ScaffoldRuns(_ context.Context, v access.Viewer, q scaffold.RunFilter) ([]run.Run, int, error) {
	f.asked = q
	if !v.MayRead(team) || q.ID != "" && q.ID != "run_1" {
		return nil, 0, nil
	}
	return []run.Run{f.run()}, 1, nil
}

func (f *fake) Scaffold(context.Context, access.Viewer, string) (scaffold.Scaffold, error) {
	return scaffold.Scaffold{Output: json.RawMessage(`{"remoteUrl":"http://x"}`)}, nil
}

func (f *fake) RunLines(_ context.Context, _ access.Viewer, _ run.ID, after int64, _ int) ([]run.Line, error) {
	lines := []run.Line{{N: 1, Step: "a", At: began, Level: scaffold.Began, Text: "Beginning step A"}, {N: 2, Step: "a", At: began, Level: "warn", Text: "careful\nnow"}}
	return lines[min(after, 2):], nil
}

func (f *fake) Repositories(context.Context, access.Viewer) ([]forge.Repository, error) {
	return []forge.Repository{{Owner: "payments-team", Name: "a"}, {Owner: "payments-team", Name: "b"}, {Owner: "risk-team", Name: "c"}}, nil
}

func (f *fake) Follow(ctx context.Context, _ run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error {
	lines, err := read(ctx, after, 100)
	if err != nil {
		return err
	}
	return emit(lines, run.Mark{State: f.state, Lines: 2})
}

func (f *fake) Template(_ context.Context, _ access.Viewer, ref catalog.Ref) (*scaffold.Template, error) {
	if ref.Name != "t" {
		return nil, scaffold.ErrNoTemplate
	}
	return scaffold.Parse([]byte(`{apiVersion: scaffolder.backstage.io/v1beta3, kind: Template, metadata: {name: t, title: T}, spec: {type: service,
		parameters: {title: Page, properties: {z: {type: string}, a: {type: string}}}, steps: [{action: debug:log}]}}`), "template.yaml", fstest.MapFS{})
}

func (f *fake) DryRun(_ context.Context, _ access.Viewer, in scaffold.DryRunInput) (scaffold.DryRunResult, error) {
	return scaffold.DryRunResult{Log: []run.Line{{Step: "a", Level: scaffold.Finished, Text: "done"}}, Files: in.Files,
		Steps: []scaffold.Step{{ID: "a", Name: "A", Action: "debug:log"}}}, f.refusal
}

func (f *fake) StepActions() []scaffold.Action { return scaffold.Actions() }

// door is the registry with the actions that the API calls.
func (f *fake) door(t *testing.T) *action.Registry {
	t.Helper()
	reg := action.NewRegistry(action.Ports{DB: noDB{}, Events: noDB{}, Access: members{}, Keys: noDB{}})
	for _, name := range []string{scaffold.ActionName, "cancel-run", "retry-run"} {
		err := reg.Register(action.Def{Name: name, Permission: name, Schema: json.RawMessage(`{"type":"object"}`),
			Prepare: func(_ context.Context, _ action.Actor, in json.RawMessage) (action.Prepared, error) {
				return action.Prepared{Owner: team, Execute: func(context.Context, tx.Tx) (action.Output, error) {
					f.done = append(f.done, name+" "+string(in))
					return action.Output{Body: map[string]any{"run": map[string]any{"id": "run_new"}}}, nil
				}}, f.refusal
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return reg
}

type noDB struct{}

func (noDB) Write(_ context.Context, f func(tx.Tx) error) error              { return f(nil) }
func (noDB) Append(context.Context, tx.Tx, event.Event) error                { return nil }
func (noDB) Once(context.Context, tx.Tx, action.Key) (*action.Output, error) { return nil, nil }
func (noDB) Keep(context.Context, tx.Tx, action.Key, action.Output) error    { return nil }

// members may do everything for their team.
type members struct{}

func (members) Authorize(_ context.Context, a action.Actor, _, owner string) error {
	if len(a.Groups) > 0 && a.Groups[0] == owner {
		return nil
	}
	return fault.New(fault.Forbidden, "You may not do this.")
}

func server(t *testing.T, f *fake) http.Handler {
	t.Helper()
	h, err := scaffolder.New(scaffolder.Options{Tasks: f, Templates: f, Trier: f, Runs: f, Actions: f.door(t), URL: "https://portal.example.com", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%s: %v", c.Request().URL, err)
			return
		}
		if err := backstage.WriteError(c, statusOf[f.Kind], f); err != nil {
			t.Error(err)
		}
	}
	g := e.Group("", respond.WithAccess(members{}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			v := access.Viewer{Actor: action.Actor{ID: "user:default/zoe"}}
			if c.Request().Header.Get("As") != "zoe" {
				v = access.Viewer{Actor: action.Actor{ID: "user:default/ada", Groups: []string{team}}, Reads: []string{team}}
			}
			respond.SetViewer(c, v, "api")
			return next(c)
		}
	})
	h.Register(g, g)
	return e
}

var statusOf = map[fault.Kind]int{fault.NotFound: 404, fault.Invalid: 422, fault.Forbidden: 403, fault.Conflict: 409}

func call(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/scaffolder"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// operations are calls with what they answer.
var operations = []struct {
	method, route, path, body string
	state                     run.State
	status                    int
	has                       string
}{
	{"GET", "/v2/templates/{namespace}/{kind}/{name}/parameter-schema", "/v2/templates/default/Template/t/parameter-schema", "", "", 200, `"properties":{"z":{"type":"string"},"a":`},
	{"GET", "/v2/actions", "/v2/actions", "", "", 200, `"id":"debug:log"`},
	{"GET", "/v2/templating-extensions", "/v2/templating-extensions", "", "", 200, `"parseRepoUrl"`},
	{"POST", "/v2/dry-run", "/v2/dry-run", `{"template":{},"values":{},"directoryContents":[{"path":"a","base64Content":"eA=="}]}`, "", 200, `"status":"completed"`},
	{"POST", "/v2/autocomplete/{provider}/{resource}", "/v2/autocomplete/waymark/repositories", `{"token":"","context":{"owner":"payments-team"}}`, "", 200, `{"results":[{"id":"a"},{"id":"b"}]}`},
	{"GET", "/v2/tasks", "/v2/tasks?createdBy=user:default/ada&status=failed&limit=3&order=asc:created_at", "", run.Failed, 200, `"totalTasks":1`},
	{"GET", "/v2/tasks", "/v2/tasks?status=skipped", "", run.Failed, 200, `{"tasks":[],"totalTasks":0}`},
	{"GET", "/v2/tasks/{taskId}", "/v2/tasks/run_1", "", run.Running, 200, `"status":"processing"`},
	{"POST", "/v2/tasks", "/v2/tasks", `{"templateRef":"template:default/t","values":{"name":"x"},"secrets":{"token":"s"}}`, "", 201, `{"id":"run_new"}`},
	{"POST", "/v2/tasks/{taskId}/cancel", "/v2/tasks/run_1/cancel", "", run.Running, 200, `{"status":"cancelled"}`},
	{"POST", "/v2/tasks/{taskId}/retry", "/v2/tasks/run_1/retry", `{"secrets":{"token":"s"}}`, run.Failed, 201, `{"id":"run_1"}`},
	{"POST", "/v2/tasks/{taskId}/retry", "/v2/tasks/run_1/retry", "", run.Failed, 201, `{"id":"run_1"}`},
	{"GET", "/v2/tasks/{taskId}/events", "/v2/tasks/run_1/events", "", run.Running, 200, `"id":2000,"taskId":"run_1","type":"log","createdAt":"2026-05-04T12:00:00.000Z","body":{"message":"warn: careful\nnow","stepId":"a"}`},
	{"GET", "/v2/tasks/{taskId}/events", "/v2/tasks/run_1/events?after=2000", "", run.Failed, 200, `"id":2006`},
	{"GET", "/v2/tasks/{taskId}/events", "/v2/tasks/run_1/events?after=2000", "", run.Succeeded, 200, `"output":{"remoteUrl":"http://x"}`},
	{"GET", "/v2/tasks/{taskId}/events", "/v2/tasks/run_1/events?after=2000", "", run.Cancelled, 200, `"type":"cancelled"`},
	{"GET", "/v2/tasks/{taskId}/events", "/v2/tasks/run_1/events?after=2006", "", run.Failed, 200, `[]`},
}

// What is answered is what the description says, and nothing else is taken.
func TestAnswersAreAsDescribed(t *testing.T) {
	raw := call(server(t, &fake{}), "GET", "/openapi.json", "").Body.Bytes()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, o := range operations {
		w := call(server(t, &fake{state: o.state}), o.method, o.path, o.body)
		if w.Code != o.status || !strings.Contains(strings.TrimSpace(w.Body.String()), o.has) {
			t.Errorf("%s %s: %d %s, want %d with %s", o.method, o.path, w.Code, w.Body, o.status, o.has)
			continue
		}
		ref := d.Paths[o.route][strings.ToLower(o.method)].Responses[strconv.Itoa(o.status)].Content["application/json"].Schema.Ref
		schema, err := c.Compile("openapi.json" + ref)
		if err != nil || ref == "" {
			t.Fatalf("%s %s: schema %q, %v", o.method, o.route, ref, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s %s is not as described: %v", o.method, o.path, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	wrong := fault.InvalidFields(fault.Field{Field: "values.name", Code: "taken", Message: "This is taken."})
	for _, o := range []struct {
		name, method, path, body, as string
		refusal                      error
		status                       int
		has                          string
	}{
		{"another team's task", "GET", "/v2/tasks/run_1", "", "zoe", nil, 404, "NotFoundError"},
		{"another team's events", "GET", "/v2/tasks/run_1/events", "", "zoe", nil, 404, "NotFoundError"},
		{"another team's stream", "GET", "/v2/tasks/run_1/eventstream", "", "zoe", nil, 404, "NotFoundError"},
		{"cancel of another team's", "POST", "/v2/tasks/run_1/cancel", "", "zoe", nil, 404, "NotFoundError"},
		{"another team's list", "GET", "/v2/tasks", "", "zoe", nil, 200, `"totalTasks":0`},
		{"no task", "GET", "/v2/tasks/run_2", "", "", nil, 404, "run_2 does not exist"},
		{"no template", "GET", "/v2/templates/default/template/u/parameter-schema", "", "", nil, 404, "NotFoundError"},
		{"no kind", "GET", "/v2/templates/default/component/t/parameter-schema", "", "", nil, 404, "NotFoundError"},
		{"faults of values", "POST", "/v2/tasks", `{"templateRef":"t","values":{}}`, "", wrong, 400,
			`{"errors":[{"path":["name"],"property":"instance.name","message":"This is taken.","name":"taken","stack":"instance.name This is taken."}]}`},
		{"a conflict", "POST", "/v2/tasks/run_1/retry", "", "", fault.New(fault.Conflict, "It goes on."), 409, "ConflictError"},
		{"no values", "POST", "/v2/tasks", `{"templateRef":"t"}`, "", nil, 400, "values"},
		{"no JSON", "POST", "/v2/tasks", `{`, "", nil, 400, "InputError"},
		{"unknown parameter", "GET", "/v2/tasks?page=2", "", "", nil, 400, "Unknown query parameter 'page'"},
		{"unknown order", "GET", "/v2/tasks?order=asc:colour", "", "", nil, 400, "must be one of"},
		{"negative", "GET", "/v2/tasks?offset=-1", "", "", nil, 400, "whole number"},
		{"dry run of a viewer", "POST", "/v2/dry-run", `{"template":{},"values":{},"directoryContents":[]}`, "zoe", nil, 403, "NotAllowedError"},
		{"no base 64", "POST", "/v2/dry-run", `{"template":{},"values":{},"directoryContents":[{"path":"a","base64Content":"!"}]}`, "", nil, 400, "base 64"},
		{"provider", "POST", "/v2/autocomplete/github/owners", `{}`, "", nil, 400, "Unsupported provider"},
		{"resource", "POST", "/v2/autocomplete/waymark/clouds", `{}`, "", nil, 400, "Unsupported resource"},
	} {
		t.Run(o.name, func(t *testing.T) {
			w := call(server(t, &fake{state: run.Failed, refusal: o.refusal}), o.method, o.path, o.body, "As", o.as)
			if w.Code != o.status || !strings.Contains(w.Body.String(), o.has) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, o.status, o.has)
			}
		})
	}
}

// The API changes nothing by itself: it calls the actions of the pages.
func TestChangesAreActions(t *testing.T) {
	f := &fake{state: run.Failed}
	h := server(t, f)
	call(h, "POST", "/v2/tasks", `{"templateRef":"t","values":{"a":1},"secrets":{"token":"s"}}`)
	call(h, "POST", "/v2/tasks/run_1/cancel", "")
	call(h, "POST", "/v2/tasks/run_1/retry", `{"secrets":{"token":"s"}}`)
	want := []string{`create-from-template {"secrets":{"token":"s"},"template":"t","values":{"a":1}}`, `cancel-run {"run":"run_1"}`, `retry-run {"run":"run_1","secrets":{"token":"s"}}`}
	if strings.Join(f.done, "\n") != strings.Join(want, "\n") {
		t.Errorf("did\n%s, want\n%s", strings.Join(f.done, "\n"), strings.Join(want, "\n"))
	}
}

func TestStream(t *testing.T) {
	w := call(server(t, &fake{state: run.Cancelled}), "GET", "/v2/tasks/run_1/eventstream?after=1000", "")
	body := w.Body.String()
	if w.Header().Get("Content-Type") != "text/event-stream" || strings.Count(body, "event: ") != 3 || strings.Contains(body, "Beginning") {
		t.Errorf("%s %s", w.Header().Get("Content-Type"), body)
	}
	for _, want := range []string{"event: log\ndata: {\"id\":2000,", "event: cancelled\ndata: {\"id\":2005,", "event: completion\ndata: {\"id\":2006,"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
}
