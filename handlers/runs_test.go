package handlers

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
)

// opsRuns holds one run with a log.
type opsRuns struct {
	run    run.Run
	lines  []run.Line
	filter run.Filter
}

func newOpsRuns(s run.State) *opsRuns {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	f := &opsRuns{run: run.Run{ID: "run_1", State: s, Attempt: 1, CreatedAt: at, StartedAt: at,
		Spec:  run.Spec{Kind: "launch-environment", Title: "Launch pr-482", Subject: "env_1", Owner: opsOwner, By: opsAda.ID},
		Steps: []run.StepRow{{ID: "plan", Title: "Plan", State: run.StepSucceeded, Note: "5 to add"}, {ID: "apply", Title: "Apply", State: run.StepRunning}}}}
	switch s {
	case run.Failed:
		f.run.Error, f.run.Steps[1].State = "the database said no", run.StepFailed
	case run.Waiting:
		f.run.WaitingFor = "“Destroy pr-481” has to end first."
	}
	for i, text := range []string{"one", "<script>alert(1)</script>", "three"} {
		f.lines = append(f.lines, run.Line{N: int64(i + 1), At: at, Level: "info", Text: text})
	}
	return f
}

func (f *opsRuns) Run(_ context.Context, _ access.Viewer, id run.ID) (run.Run, error) {
	if id != f.run.ID {
		return run.Run{}, fault.New(fault.NotFound, "There is no such run.")
	}
	return f.run, nil
}

func (f *opsRuns) Runs(_ context.Context, _ access.Viewer, q run.Filter) (run.Page, error) {
	f.filter = q
	if q.State == run.Cancelled {
		return run.Page{}, nil
	}
	return run.Page{Items: []run.Run{f.run}, Total: 40, Next: "next/run_1"}, nil
}

func (f *opsRuns) RunLines(_ context.Context, v access.Viewer, id run.ID, after int64, _ int) ([]run.Line, error) {
	if id != f.run.ID || !v.MayRead(f.run.Owner) {
		return nil, fault.New(fault.NotFound, "There is no such run.")
	}
	return slices.Clone(f.lines[min(after, int64(len(f.lines))):]), nil
}

func (f *opsRuns) RunMark(context.Context, run.ID) (run.Mark, error) {
	return run.Mark{State: f.run.State, Lines: int64(len(f.lines))}, nil
}

// Follow hands everything over at once and ends like a finished run.
func (f *opsRuns) Follow(ctx context.Context, _ run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error {
	lines, err := read(ctx, after, 500)
	if err != nil {
		return err
	}
	return emit(lines, run.Mark{})
}

func TestRunPages(t *testing.T) {
	tests := []struct {
		name   string
		state  run.State
		who    access.Viewer
		path   string
		has    []string
		hasNot []string
	}{
		{"running, member", run.Running, opsAda, "/runs/run_1",
			[]string{"Launch pr-482", "5 to add", "&lt;script&gt;", `hx-sse:connect="/runs/run_1/log?after=3"`, "/runs/run_1/cancel", `href="/environments/env_1"`}, []string{"<script>alert", "/retry"}},
		{"running, other", run.Running, opsBen, "/runs/run_1", []string{"Launch pr-482", "Kept for the owner"}, []string{"&lt;script&gt;", "hx-sse", "/cancel", "/retry"}},
		{"failed, member", run.Failed, opsAda, "/runs/run_1", []string{"The step “Apply” failed", "the database said no", "/runs/run_1/retry", "Finished steps are kept"}, []string{"hx-sse", "/cancel"}},
		{"waiting", run.Waiting, opsAda, "/runs/run_1", []string{"It waits", "Destroy pr-481"}, nil},
		{"succeeded", run.Succeeded, opsAda, "/runs/run_1", []string{"succeeded"}, []string{"hx-sse", "/cancel", "/retry"}},
		{"list", run.Running, opsAda, "/runs", []string{"Launch pr-482", "1 of 40", "cursor=next", "by=me", "owner=group"}, nil},
		{"empty list", run.Running, opsAda, "/runs?state=cancelled", []string{"No run matches"}, []string{"Launch pr-482"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newOpsRuns(tt.state)
			h := &Runs{Reader: f, Engine: f}
			w, err := opsCall(h.Register, tt.who, opsGet(tt.path))
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d, %v", w.Code, err)
			}
			opsCheck(t, w.Body.String(), tt.has, tt.hasNot)
		})
	}
}

func TestMineIsTheCaller(t *testing.T) {
	f := newOpsRuns(run.Running)
	h := &Runs{Reader: f, Engine: f}
	if _, err := opsCall(h.Register, opsAda, opsGet("/runs?by=me&owner=x&state=open")); err != nil {
		t.Fatal(err)
	}
	if f.filter.By != opsAda.ID || f.filter.Owner != "x" || f.filter.State != "open" {
		t.Errorf("filter %+v", f.filter)
	}
}

func TestRunLog(t *testing.T) {
	tests := []struct {
		name   string
		who    access.Viewer
		r      *http.Request
		mime   string
		has    []string
		hasNot []string
		kind   fault.Kind
	}{
		{"text", opsAda, opsGet("/runs/run_1/log"), "text/plain; charset=utf-8", []string{"one\n", "<script>", "three\n"}, nil, 0},
		{"text after", opsAda, opsGet("/runs/run_1/log?after=2"), "text/plain; charset=utf-8", []string{"three\n"}, []string{"one\n"}, 0},
		{"stream", opsAda, opsGet("/runs/run_1/log", "Accept", "text/event-stream"), "text/event-stream",
			[]string{"id: 3\n", "data: <li", "&lt;script&gt;", `hx-swap-oob="true"`, "event: done"}, []string{"<script>"}, 0},
		{"stream goes on", opsAda, opsGet("/runs/run_1/log?after=0", "Accept", "text/event-stream", "Last-Event-ID", "2"), "text/event-stream",
			[]string{"id: 3\n", "three"}, []string{">one<"}, 0},
		{"other", opsBen, opsGet("/runs/run_1/log"), "", nil, nil, fault.NotFound},
		{"other's stream", opsBen, opsGet("/runs/run_1/log", "Accept", "text/event-stream"), "", nil, nil, fault.NotFound},
		{"wrong position", opsAda, opsGet("/runs/run_1/log?after=-1"), "", nil, nil, fault.Invalid},
		{"no run", opsAda, opsGet("/runs/run_2/log"), "", nil, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newOpsRuns(run.Succeeded)
			h := &Runs{Reader: f, Engine: f}
			w, err := opsCall(h.Register, tt.who, tt.r)
			if tt.kind != 0 {
				if !fault.Is(err, tt.kind) {
					t.Errorf("got %v, want %s", err, tt.kind)
				}
				return
			}
			if err != nil || w.Header().Get("Content-Type") != tt.mime {
				t.Fatalf("%s, %v", w.Header().Get("Content-Type"), err)
			}
			opsCheck(t, w.Body.String(), tt.has, tt.hasNot)
		})
	}
}

func TestRunActions(t *testing.T) {
	for _, name := range []string{"cancel", "retry"} {
		var got string
		f := newOpsRuns(run.Running)
		h := &Runs{Reader: f, Engine: f, Actions: opsDoor(t, &got, nil)}
		w, err := opsCall(h.Register, opsAda, opsPost("/runs/run_1/"+name, nil))
		if err != nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/runs/run_1" || got != name+`-run {"run":"run_1"}` {
			t.Errorf("%s: %d to %q, %v; did %q", name, w.Code, w.Header().Get("Location"), err, got)
		}
		if _, err := opsCall(h.Register, opsBen, opsPost("/runs/run_1/"+name, nil)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s by somebody else: %v", name, err)
		}
	}
}
