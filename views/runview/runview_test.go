package runview

import (
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/ui"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestRefLink(t *testing.T) {
	tests := []struct {
		ref  string
		want ui.Link
	}{
		{"", ui.Link{Label: ui.Dash}},
		{"user:default/ada", ui.Link{Label: "ada", URL: "/catalog/default/user/ada"}},
		{"component:pay/ledger", ui.Link{Label: "pay/ledger", URL: "/catalog/pay/component/ledger"}},
		{"system:ttl", ui.Link{Label: "Waymark (ttl)"}},
		{"account:https://idp/42", ui.Link{Label: "account:https://idp/42"}},
		{"env_1", ui.Link{Label: "environment", URL: "/environments/env_1"}},
		{"run_1", ui.Link{Label: "run", URL: "/runs/run_1"}},
		{"all", ui.Link{Label: "all"}},
		{":/", ui.Link{Label: ":/"}},
	}
	for _, tt := range tests {
		if got := RefLink(tt.ref); got != tt.want {
			t.Errorf("RefLink(%q) = %+v, want %+v", tt.ref, got, tt.want)
		}
	}
}

func TestSteps(t *testing.T) {
	r := run.Run{Steps: []run.StepRow{
		{Title: "Plan", State: run.StepSucceeded, Note: "5 to add"},
		{Title: "Apply", State: run.StepSucceeded, StartedAt: noon, FinishedAt: noon.Add(2400 * time.Millisecond)},
		{Title: "Approval", State: run.StepWaiting},
		{Title: "Ready", State: run.StepCancelled},
		{Title: "After", State: run.StepPending}}}
	want := []ui.Step{{Name: "Plan", Note: "5 to add", State: ui.StepDone}, {Name: "Apply", Note: "2.4 s", State: ui.StepDone},
		{Name: "Approval", State: ui.StepWaiting}, {Name: "Ready", Note: "cancelled", State: ui.StepSkipped}, {Name: "After", State: ui.StepTodo}}
	for i, got := range Steps(r, noon) {
		if got != want[i] {
			t.Errorf("step %d: %+v, want %+v", i, got, want[i])
		}
	}
}

func TestHeadSaysWhatCanBeDone(t *testing.T) {
	all := May{Read: true, Cancel: true, Retry: true}
	tests := []struct {
		name          string
		r             run.Run
		may           May
		cancel, retry bool
	}{
		{"running", run.Run{State: run.Running}, all, true, false},
		{"being cancelled", run.Run{State: run.Running, Cancel: true}, all, false, false},
		{"waiting", run.Run{State: run.Waiting}, all, true, false},
		{"failed", run.Run{State: run.Failed}, all, false, true},
		{"refused", run.Run{State: run.Refused}, all, false, false},
		{"succeeded", run.Run{State: run.Succeeded}, all, false, false},
		{"running, may nothing", run.Run{State: run.Running}, May{}, false, false},
		{"failed, may nothing", run.Run{State: run.Failed}, May{}, false, false},
	}
	for _, tt := range tests {
		p := NewHead(tt.r, tt.may, noon)
		if p.mayCancel() != tt.cancel || p.mayRetry() != tt.retry {
			t.Errorf("%s: cancel %t, retry %t", tt.name, p.mayCancel(), p.mayRetry())
		}
	}
}

func TestShowStreamsOnlyWhatGoesOn(t *testing.T) {
	lines := []run.Line{{N: 8, Text: "eight"}, {N: 9, Text: "nine"}}
	p := NewShow(run.Run{ID: "run_1", State: run.Running}, lines, May{Read: true}, noon)
	if p.Log.Stream != "/runs/run_1/log?after=9" || !p.Cut || p.Log.Lines[1].ID != "l9" {
		t.Errorf("stream %q, cut %t, lines %+v", p.Log.Stream, p.Cut, p.Log.Lines)
	}
	if p := NewShow(run.Run{ID: "run_1", State: run.Failed}, lines[:0], May{Read: true}, noon); p.Log.Stream != "" || p.Cut {
		t.Errorf("a finished run streams %q, cut %t", p.Log.Stream, p.Cut)
	}
}

func TestErrorsOfManyLines(t *testing.T) {
	p := HeadProps{Run: run.Run{Error: "Policy does not allow this plan.\nrequired_tags: no owner\n\nnaming: too long\n"}}
	if got := p.reason(); got != "Policy does not allow this plan." {
		t.Errorf("reason %q", got)
	}
	if got := p.furtherReasons(); len(got) != 2 || got[1] != "naming: too long" {
		t.Errorf("further reasons %q", got)
	}
}

func TestListAddresses(t *testing.T) {
	p := NewList(run.Page{Items: []run.Run{{ID: "run_1"}}, Total: 1000, Next: "a/b"}, Query{Mine: true, State: "failed", Before: "x"}, "group:default/t", noon)
	if p.Page.Next != "/runs?by=me&cursor=a%2Fb&state=failed" || p.Page.Prev != "/runs?by=me&state=failed" || p.Page.Summary != "1 of 1,000 or more" {
		t.Errorf("paging %+v", p.Page)
	}
	on := ""
	for _, c := range append(p.Who, p.How...) {
		if c.On {
			on += c.Label + " " + c.URL + " "
		}
	}
	if on != "Mine /runs?by=me&state=failed Failed /runs?by=me&state=failed " {
		t.Errorf("chips that are on: %s", on)
	}
}
