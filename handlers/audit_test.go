package handlers

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
)

// opsEvents holds two events.
type opsEvents struct{ filter event.Filter }

func (f *opsEvents) Events(_ context.Context, _ access.Viewer, q event.Filter) (event.Page, error) {
	f.filter = q
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return event.Page{Total: 2, Items: []event.Sealed{
		{Event: event.Event{ID: "evt_2", Type: "action.refused", Actor: opsBen.ID, Subject: "run_1", Action: "cancel-run", At: at, Data: json.RawMessage(`{"reason":"<b>no</b>"}`)}},
		{Event: event.Event{ID: "evt_1", Type: "run.started", Actor: "=HYPERLINK()", Subject: "run_1", At: at, Data: json.RawMessage(`{}`)}, Seq: 1, Hash: "0123456789abcdef"}}}, nil
}

func (f *opsEvents) VerifyEvents(context.Context) (event.Verification, error) {
	return event.Verification{OK: true, UpTo: 1, Hash: "0123456789abcdef"}, nil
}

func TestAudit(t *testing.T) {
	tests := []struct {
		name        string
		who         access.Viewer
		path        string
		status      int
		has, hasNot []string
		kind        fault.Kind
	}{
		{"auditor", opsGrace, "/audit", 200, []string{"action.refused", "cancel-run", "&lt;b&gt;", "#1 0123456789ab", "within a second", "Verify the chain", "format=ndjson"}, []string{"<b>no"}, 0},
		{"member", opsAda, "/audit", 200, []string{"what your groups own"}, []string{"Verify the chain", "format=csv"}, 0},
		{"verified", opsGrace, "/audit?verify=true", 200, []string{"The chain holds"}, nil, 0},
		{"verified by a member", opsAda, "/audit?verify=true", 0, nil, nil, fault.Forbidden},
		{"wrong day", opsGrace, "/audit?from=yesterday&type=run.", 422, []string{"Write a day as", `value="yesterday"`, `value="run."`}, nil, 0},
		{"csv", opsGrace, "/audit/export?format=csv", 200, []string{"seq,at,type", "'=HYPERLINK()"}, nil, 0},
		{"ndjson", opsGrace, "/audit/export?format=ndjson", 200, []string{`"type":"run.started"`}, nil, 0},
		{"unknown format", opsGrace, "/audit/export?format=xls", 0, nil, nil, fault.Invalid},
		{"export by a member", opsAda, "/audit/export?format=csv", 0, nil, nil, fault.Forbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &Audit{Reader: &opsEvents{}}
			w, err := opsCall(h.Register, tt.who, opsGet(tt.path))
			if tt.kind != 0 {
				if !fault.Is(err, tt.kind) {
					t.Errorf("got %v, want %s", err, tt.kind)
				}
				return
			}
			if err != nil || w.Code != tt.status {
				t.Fatalf("%d, %v", w.Code, err)
			}
			opsCheck(t, w.Body.String(), tt.has, tt.hasNot)
		})
	}
}

func TestAuditDaysAreWhole(t *testing.T) {
	f := &opsEvents{}
	if _, err := opsCall((&Audit{Reader: f}).Register, opsGrace, opsGet("/audit?from=2026-11-01&to=2026-11-20")); err != nil {
		t.Fatal(err)
	}
	if f.filter.From.Format(time.DateTime) != "2026-11-01 00:00:00" || f.filter.To.Format(time.DateTime) != "2026-11-21 00:00:00" {
		t.Errorf("from %s to %s", f.filter.From, f.filter.To)
	}
}
