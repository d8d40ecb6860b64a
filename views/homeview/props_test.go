package homeview

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/views/ui"
)

func TestLayoutFillsTheRow(t *testing.T) {
	tests := []struct {
		name   string
		panels []Panel
		want   []int
	}{
		{"one", []Panel{{}}, []int{12}},
		{"two", []Panel{{}, {}}, []int{6, 6}},
		{"one wide", []Panel{{Wide: true}, {}}, []int{8, 4}},
		{"three", []Panel{{}, {}, {}}, []int{4, 4, 4}},
		{"bare before two", []Panel{{Bare: true}, {}, {}}, []int{12, 6, 6}},
	}
	for _, tt := range tests {
		for i, p := range Layout(tt.panels) {
			if p.Span != tt.want[i] {
				t.Errorf("%s: panel %d spans %d; want %d", tt.name, i, p.Span, tt.want[i])
			}
		}
	}
}

func TestGreetingFollowsTheReadersClock(t *testing.T) {
	zone := time.FixedZone("east", 9*3600)
	for hour, want := range map[int]string{22: "Good morning, Ada", 4: "Good afternoon, Ada", 12: "Good evening, Ada"} {
		ctx := ui.WithClock(context.Background(), ui.Clock{Now: time.Date(2026, 11, 20, hour, 0, 0, 0, time.UTC), Zone: zone})
		if got := greeting(ctx, "Ada Moreau"); got != want {
			t.Errorf("at %d UTC: %q; want %q", hour, got, want)
		}
	}
}

func TestBarsNeverLeaveTheBox(t *testing.T) {
	p := CostProps{Days: []CostDay{{Amount: -5}, {Amount: 0}, {Amount: 50}, {Amount: 100}}}
	bars := p.bars()
	if len(bars) != 4 || bars[0].Height != "0" || bars[3].Height != "106" || bars[3].Y != "4" || bars[2].Height != "53" {
		t.Errorf("bars: %+v", bars)
	}
	if (CostProps{}).bars() != nil || (CostProps{Days: []CostDay{{Amount: -1}}}).bars() != nil {
		t.Error("nothing to draw is drawn")
	}
}
