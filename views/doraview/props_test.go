package doraview

import (
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/views/ui"
)

func TestValue(t *testing.T) {
	tests := []struct {
		unit        string
		v           float64
		text, shown string
	}{
		{"s", 16560, "4.6", "h"}, {"s", 45 * 60, "45", "min"}, {"s", 0, "0", "ms"}, {"share", 0.068, "6.8", "%"}, {"share", 0, "0.0", "%"},
		{"per day", 2.34, "2.3", "per day"}, {"per day", 0.5, "3.5", "per week"}, {"per day", 0.1, "3.0", "per 30 days"}, {"per day", 0, "0", "per day"},
	}
	for _, tt := range tests {
		if text, shown := Value(tt.unit, tt.v); text != tt.text || shown != tt.shown {
			t.Errorf("%v %s is %q %q, want %q %q", tt.v, tt.unit, text, shown, tt.text, tt.shown)
		}
	}
}

func TestNewStat(t *testing.T) {
	at := func(f float64) *float64 { return &f }
	q := delivery.Query{Scope: delivery.Scope{Kind: "all"}, From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	tests := []struct {
		name         string
		m            delivery.Metric
		delta, miss  string
		rising       bool
		trend        ui.Tone
		wantNoteless bool
	}{
		{"more deployments are good", delivery.Metric{ID: delivery.Frequency, Unit: "per day", Value: at(2), Previous: at(1), N: 62}, "100%", "", true, ui.Good, false},
		{"longer lead times are bad", delivery.Metric{ID: delivery.LeadTime, Unit: "s", Value: at(110), Previous: at(100), N: 3}, "10%", "", true, ui.Bad, false},
		{"fewer failures are good", delivery.Metric{ID: delivery.FailRate, Unit: "share", Value: at(.05), Previous: at(.1), N: 20}, "5.0 points", "", false, ui.Good, false},
		{"the same is neither", delivery.Metric{ID: delivery.FailRate, Unit: "share", Value: at(.1), Previous: at(.1), N: 20}, "", "", false, ui.Neutral, false},
		{"nothing before", delivery.Metric{ID: delivery.FailRate, Unit: "share", Value: at(.1), N: 20}, "", "", false, "", false},
		{"no data", delivery.Metric{ID: delivery.FailRate, Unit: "share", Reason: "because"}, "", "because", false, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewStat(tt.m, q)
			if s.Delta != tt.delta || s.Rising != tt.rising || s.Trend != tt.trend || s.Missing != tt.miss || (s.Note == "") != tt.wantNoteless {
				t.Errorf("%+v", s)
			}
			if (s.Value == "") != (tt.m.Value == nil) || s.URL == "" {
				t.Errorf("value %q, address %q", s.Value, s.URL)
			}
		})
	}
}

func TestNewDeployment(t *testing.T) {
	d := NewDeployment(delivery.Deployment{ID: "d1", Place: delivery.Place{Service: "component:default/ledger"}, Result: delivery.Success, Kind: delivery.Rollback,
		Failed: true, Failure: "incident i1", Revision: "0123456789012345678901234567890123456789"})
	if d.Outcome != "failed" || d.Tone != ui.Bad || d.Why != "incident i1" || d.Revision != "01234567" || d.What != "d1" ||
		d.ServiceURL != "/catalog/default/component/ledger" || d.KindTone != ui.Warn {
		t.Errorf("row %+v", d)
	}
	if r := NewDeployment(delivery.Deployment{Result: delivery.Failure}); r.Outcome != "did not finish" || r.Tone != ui.Neutral {
		t.Errorf("a run that failed: %+v", r)
	}
}
