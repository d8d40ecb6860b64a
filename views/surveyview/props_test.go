package surveyview

import (
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/views/ui"
)

func TestPeriodText(t *testing.T) {
	for label, want := range map[string]string{"2026-Q4": "October to December 2026", "2026-Q9": "2026-Q9", "2026-11": "November 2026",
		"2026-11-20": "20 November 2026", "2026": "2026"} {
		if got := PeriodText(label); got != want {
			t.Errorf("%s is %q; want %q", label, got, want)
		}
	}
}

func TestTrendIsCalledOneOnlyWhenItIs(t *testing.T) {
	tests := []struct {
		name  string
		trend *voice.Trend
		tone  ui.Tone
		note  string
	}{
		{"none", nil, "", "±5"},
		{"chance", &voice.Trend{Period: "2026-Q3", Change: 4}, "", "±5; on July to September 2026, which chance explains"},
		{"better", &voice.Trend{Period: "2026-Q3", Change: 40, Significant: true}, ui.Good, "±5; on July to September 2026"},
		{"worse", &voice.Trend{Period: "2026-Q3", Change: -40, Significant: true}, ui.Bad, "±5; on July to September 2026"},
	}
	for _, tt := range tests {
		got := withTrend(ui.StatProps{Note: "±5"}, tt.trend, 0)
		if got.Trend != tt.tone || got.Note != tt.note {
			t.Errorf("%s: %q %q; want %q %q", tt.name, got.Trend, got.Note, tt.tone, tt.note)
		}
	}
}

func TestScoresAreRoundedWithARealMinus(t *testing.T) {
	for v, want := range map[float64]string{32.14: "32", -3.85: "−4", 0: "0", -0.4: "0", 100: "100"} {
		if got := signed(v); got != want {
			t.Errorf("%v is %q; want %q", v, got, want)
		}
	}
}

func TestMarginSaysWhenItCannotBeTold(t *testing.T) {
	score, _ := voice.NPSOf([]int{1, 2, 3, 0, 4})
	if got := margin(score); !strings.Contains(got, "not estimable") {
		t.Errorf("five detractors: %q", got)
	}
}
