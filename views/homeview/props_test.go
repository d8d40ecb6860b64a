package homeview

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/views/ui"
)

func TestLayout(t *testing.T) {
	tests := []struct {
		name              string
		panels            []Panel
		spans             []int
		main, aside, rows int
	}{
		{"one", []Panel{{}}, []int{12}, 0, 0, 1},
		{"two", []Panel{{}, {}}, []int{6, 6}, 0, 0, 2},
		{"three", []Panel{{}, {}, {}}, []int{4, 4, 4}, 0, 0, 3},
		{"only wide ones", []Panel{{Wide: true}, {Wide: true}}, []int{6, 6}, 0, 0, 2},
		{"wide and narrow", []Panel{{Wide: true}, {}, {}, {Wide: true}}, nil, 2, 2, 0},
		{"bare and two", []Panel{{Bare: true}, {}, {}}, []int{6, 6, 6}, 0, 0, 3},
	}
	for _, tt := range tests {
		got := Layout(Section{Panels: tt.panels})
		if len(got.Main) != tt.main || len(got.Aside) != tt.aside || len(got.Panels) != tt.rows {
			t.Errorf("%s: %d in the main column, %d beside, %d in rows", tt.name, len(got.Main), len(got.Aside), len(got.Panels))
		}
		for i, p := range got.Panels {
			if p.Span != tt.spans[i] {
				t.Errorf("%s: panel %d spans %d; want %d", tt.name, i, p.Span, tt.spans[i])
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
