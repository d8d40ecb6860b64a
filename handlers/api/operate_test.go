package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/internal/run"
)

const opsOwner = "group:default/payments-team"

var (
	opsAda = access.Viewer{Actor: action.Actor{ID: "user:default/ada"}, Reads: []string{opsOwner}}
	opsBen = access.Viewer{Actor: action.Actor{ID: "user:default/ben"}}
	opsAt  = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
)

// opsAccess knows ada as the only auditor.
type opsAccess struct{}

func (opsAccess) Authorize(_ context.Context, a action.Actor, _, _ string) error {
	if a.ID == opsAda.ID {
		return nil
	}
	return fault.New(fault.Forbidden, "no")
}

func opsCall(register func(*echo.Group), v access.Viewer, path string, header ...string) (*httptest.ResponseRecorder, error) {
	e := echo.New()
	var failed error
	e.HTTPErrorHandler = func(err error, c echo.Context) { failed = err; c.NoContent(http.StatusTeapot) }
	register(e.Group("", respond.WithAccess(opsAccess{}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, v, "api")
			return next(c)
		}
	}))
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w, failed
}

// opsStore holds one of everything.
type opsStore struct {
	runs   run.Filter
	events event.Filter
}

func (f *opsStore) Run(_ context.Context, _ access.Viewer, id run.ID) (run.Run, error) {
	if id != "run_1" {
		return run.Run{}, fault.New(fault.NotFound, "There is no such run.")
	}
	return run.Run{ID: id, State: run.Waiting, WaitingFor: "the other", CreatedAt: opsAt, Steps: []run.StepRow{{ID: "plan", Title: "Plan", State: run.StepPending}},
		Spec: run.Spec{Kind: "launch-environment", Title: "Launch", Subject: "env_1", Owner: opsOwner, By: opsAda.ID}}, nil
}

func (f *opsStore) Runs(ctx context.Context, v access.Viewer, q run.Filter) (run.Page, error) {
	f.runs = q
	r, err := f.Run(ctx, v, "run_1")
	return run.Page{Items: []run.Run{r}, Total: 3, Next: "next"}, err
}

func (f *opsStore) RunLines(_ context.Context, v access.Viewer, id run.ID, after int64, _ int) ([]run.Line, error) {
	if id != "run_1" || !v.MayRead(opsOwner) {
		return nil, fault.New(fault.NotFound, "There is no such run.")
	}
	lines := []run.Line{{N: 1, At: opsAt, Level: "info", Text: "one"}, {N: 2, At: opsAt, Level: "warn", Text: "two"}}
	return lines[min(after, 2):], nil
}

func (f *opsStore) Follow(ctx context.Context, _ run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error {
	lines, err := read(ctx, after, 500)
	if err != nil {
		return err
	}
	return emit(lines, run.Mark{})
}

func (f *opsStore) Events(_ context.Context, _ access.Viewer, q event.Filter) (event.Page, error) {
	f.events = q
	return event.Page{Total: 1, Items: []event.Sealed{{Event: event.Event{ID: "evt_1", Type: "run.started", At: opsAt, Data: json.RawMessage(`{"a":1}`)}}}}, nil
}

func (f *opsStore) Event(context.Context, access.Viewer, string) (event.Sealed, error) {
	return event.Sealed{Event: event.Event{ID: "evt_1", At: opsAt, Data: json.RawMessage(`{}`)}, Seq: 7, Hash: "ab"}, nil
}

func (f *opsStore) VerifyEvents(context.Context) (event.Verification, error) {
	return event.Verification{OK: true, UpTo: 7}, nil
}

func (f *opsStore) Rules() []policy.Rule {
	return []policy.Rule{{Name: "naming", Title: "Names", Level: policy.Soft, File: "naming.rego"}}
}

func (f *opsStore) Decisions(context.Context, access.Viewer, policy.Filter) (policy.Page, error) {
	return policy.Page{}, nil
}

func (f *opsStore) PolicyCounts(context.Context, access.Viewer, time.Time) (map[string]policy.Count, error) {
	return map[string]policy.Count{"naming": {Broken: 2}}, nil
}

func (f *opsStore) WaiversAt(context.Context, time.Time) ([]policy.Waiver, error) { return nil, nil }

// all registers what these tests ask.
func (f *opsStore) all(g *echo.Group) {
	(&Runs{Reader: f, Engine: f}).Register(g)
	(&Events{Reader: f}).Register(g)
	(&Policies{Rules: f, Reader: f, Now: func() time.Time { return opsAt }}).Register(g)
}

func TestOperateReads(t *testing.T) {
	stream := []string{"Accept", "text/event-stream"}
	tests := []struct {
		name, path string
		who        access.Viewer
		header     []string
		has        []string
		kind       fault.Kind
	}{
		{"run", "/runs/run_1", opsAda, nil, []string{`"id":"run_1"`, `"state":"waiting"`, `"waitingFor":"the other"`, `"name":"Plan"`, `"startedAt":null`, `"subject":"env_1"`, `"by":"user:default/ada"`}, 0},
		{"runs", "/runs?by=me&limit=1", opsAda, nil, []string{`"items":[{`, `"total":3`, `"next":"next"`}, 0},
		{"runs, wrong limit", "/runs?limit=many", opsAda, nil, nil, fault.Invalid},
		{"no run", "/runs/run_2", opsAda, nil, nil, fault.NotFound},
		{"log", "/runs/run_1/log?after=1", opsAda, nil, []string{"2026-11-20T09:00:00.000Z warn  two\n"}, 0},
		{"log stream", "/runs/run_1/log", opsAda, stream, []string{"id: 1\ndata: one\n\n", "id: 2\ndata: two\n\n", "event: done"}, 0},
		{"other's log", "/runs/run_1/log", opsBen, nil, nil, fault.NotFound},
		{"other's log stream", "/runs/run_1/log", opsBen, stream, nil, fault.NotFound},
		{"log, wrong position", "/runs/run_1/log?after=x", opsAda, nil, nil, fault.Invalid},
		{"events", "/events?type=run.&from=2026-11-01&to=2026-11-20", opsAda, nil, []string{`"seq":null`, `"data":{"a":1}`, `"total":1`}, 0},
		{"events, wrong day", "/events?from=1.11.2026", opsAda, nil, nil, fault.Invalid},
		{"event", "/events/evt_1", opsAda, nil, []string{`"seq":7`}, 0},
		{"verify", "/events/verify", opsAda, nil, []string{`"ok":true`, `"upTo":7`}, 0},
		{"verify by others", "/events/verify", opsBen, nil, nil, fault.Forbidden},
		{"policies", "/policies", opsBen, nil, []string{`"rule":"naming"`, `"level":"soft-mandatory"`, `"broken":2`, `"total":1`}, 0},
		{"decisions", "/policies/decisions", opsAda, nil, []string{`"items":[]`, `"total":0`}, 0},
		{"waivers", "/policies/waivers", opsAda, nil, []string{`"items":[]`}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, err := opsCall((&opsStore{}).all, tt.who, tt.path, tt.header...)
			if tt.kind != 0 {
				if !fault.Is(err, tt.kind) {
					t.Errorf("got %v, want %s", err, tt.kind)
				}
				return
			}
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d, %v", w.Code, err)
			}
			for _, s := range tt.has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("lacks %q:\n%s", s, w.Body)
				}
			}
		})
	}
}

func TestOperateFilters(t *testing.T) {
	f := &opsStore{}
	if _, err := opsCall(f.all, opsAda, "/runs?by=me&state=open&lane=env_1"); err != nil || f.runs.By != opsAda.ID || f.runs.State != "open" || f.runs.Lane != "env_1" || f.runs.Limit != 50 {
		t.Errorf("runs %+v, %v", f.runs, err)
	}
	if _, err := opsCall(f.all, opsAda, "/events?by=x&from=2026-11-01T12:00:00%2B01:00&to=2026-11-20"); err != nil ||
		!f.events.From.Equal(time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC)) || !f.events.To.Equal(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("events %+v, %v", f.events, err)
	}
}
