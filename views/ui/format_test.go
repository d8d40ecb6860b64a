package ui

import (
	"math"
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"thousands", Number(12725), "12,725"},
		{"negative", Number(-1234567), "−1,234,567"},
		{"small", Number(999), "999"},
		{"decimal", Decimal(1234.567, 1), "1,234.6"},
		{"not a number", Decimal(math.NaN(), 1), Dash},
		{"percent", Percent(0.061, 1), "6.1%"},
		{"dollars", Money("1284.2", "USD"), "$1,284.20"},
		{"rounded", MoneyRound("1284.5", "USD"), "$1,284"},
		{"other currency", Money("12", "CHF"), "12.00 CHF"},
		{"debt", Money("-3.5", "EUR"), "−€3.50"},
		{"nearly nothing", Money("-0.001", "USD"), "$0.00"},
		{"no amount", Money("", "USD"), Dash},
		{"infinite", Money("Inf", "USD"), Dash},
		{"bytes", Bytes(1000), "1000 B"},
		{"kibibytes", Bytes(1536), "1.5 KiB"},
		{"milliseconds", Duration(184 * time.Millisecond), "184 ms"},
		{"seconds", Duration(2400 * time.Millisecond), "2.4 s"},
		{"minutes", Duration(38 * time.Minute), "38 min"},
		{"hours", Duration(312 * time.Minute), "5.2 h"},
		{"days", Duration(75 * time.Hour), "3.1 d"},
		{"one", Plural(1, "event", "events"), "1 event"},
		{"many", Plural(1200, "event", "events"), "1,200 events"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	tests := []struct {
		back time.Duration
		want string
	}{
		{10 * time.Second, "just now"}, {50 * time.Second, "1 min ago"}, {12 * time.Minute, "12 min ago"}, {3 * time.Hour, "3 h ago"},
		{30 * time.Hour, "yesterday"}, {3 * day, "3 days ago"}, {15 * day, "2 weeks ago"}, {70 * day, "2 months ago"}, {800 * day, "2 years ago"},
		{-20 * time.Second, "in a moment"}, {-2 * time.Hour, "in 2 h"}, {time.Second - 2*time.Hour, "in 2 h"}, {time.Minute - 3*day, "in 3 days"}, {-25 * time.Hour, "tomorrow"}, {-4 * day, "in 4 days"},
	}
	for _, tt := range tests {
		if got := Ago(now.Add(-tt.back), now); got != tt.want {
			t.Errorf("Ago(%s) = %q, want %q", tt.back, got, tt.want)
		}
	}
}

func TestSparkLine(t *testing.T) {
	if got, want := sparkLine([]float64{1, 3, 2}), "M0 22L50 2L100 12"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := sparkLine([]float64{4, 4}), "M0 12L100 12"; got != want {
		t.Errorf("flat line is %q, want %q", got, want)
	}
}
