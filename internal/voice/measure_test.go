package voice

import (
	"math"
	"testing"
)

// scores makes p promoters, n neutral and d detractors.
func scores(p, n, d int) []int {
	var out []int
	for i := range p {
		out = append(out, 9+i%2)
	}
	for i := range n {
		out = append(out, 7+i%2)
	}
	for i := range d {
		out = append(out, i%7)
	}
	return out
}

func TestNPSVectors(t *testing.T) {
	tests := []struct {
		p, n, d       int
		value, margin float64
		estimable     bool
	}{
		{60, 25, 15, 45, 14.50, true},
		{7, 1, 2, 50, 49.97, true},
		{5, 0, 5, 0, 61.98, true},
		{10, 80, 10, 0, 8.77, true},
		{45, 35, 20, 25, 15.02, true},
		{0, 0, 5, -100, 0, false},
	}
	for _, tt := range tests {
		got, ok := NPSOf(scores(tt.p, tt.n, tt.d))
		if !ok || got.Promoters != tt.p || got.Passives != tt.n || got.Detractors != tt.d {
			t.Errorf("%d/%d/%d counted as %+v", tt.p, tt.n, tt.d, got)
		}
		if math.Abs(got.Value-tt.value) > 1e-9 || math.Abs(got.Margin-tt.margin) > 0.005 || got.Estimable != tt.estimable {
			t.Errorf("%d/%d/%d: got %.2f ± %.2f, estimable %v; want %.2f ± %.2f, %v",
				tt.p, tt.n, tt.d, got.Value, got.Margin, got.Estimable, tt.value, tt.margin, tt.estimable)
		}
	}
	if _, ok := NPSOf(nil); ok {
		t.Error("no answers gave a score; want no data")
	}
}

func TestChangeBetweenWaves(t *testing.T) {
	score := func(p, n, d int) Score { s, _ := NPSOf(scores(p, n, d)); return s }
	tests := []struct {
		name        string
		before, now Score
		delta       float64
		significant bool
	}{
		{"large groups, large change", score(20, 60, 20), score(60, 25, 15), 45, true},
		{"small groups, large change", score(5, 0, 5), score(7, 1, 2), 50, false},
		{"not estimable", score(0, 0, 5), score(60, 25, 15), 145, false},
		{"none", score(45, 35, 20), score(45, 35, 20), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			delta, significant := change(tt.before, tt.now)
			if math.Abs(delta-tt.delta) > 1e-9 || significant != tt.significant {
				t.Errorf("got %.2f, %v; want %.2f, %v", delta, significant, tt.delta, tt.significant)
			}
		})
	}
}

func TestMeanAndTop2(t *testing.T) {
	mean, top, ok := meanOf([]int{5, 4, 3, 2, 1, 4})
	if !ok || math.Abs(mean-19.0/6) > 1e-9 || top != 0.5 {
		t.Errorf("got %v, %v, %v; want 3.17, 0.5", mean, top, ok)
	}
	if _, _, ok := meanOf(nil); ok {
		t.Error("no ratings gave a mean; want no data")
	}
}

func TestRatingsDiffer(t *testing.T) {
	low, high := []int{1, 2, 1, 2, 1, 2, 1, 2}, []int{5, 4, 5, 4, 5, 4, 5, 4}
	if !ratingsDiffer(low, high) || ratingsDiffer(low, low) || ratingsDiffer([]int{1}, high) || ratingsDiffer([]int{1, 1}, []int{1, 1}) {
		t.Error("a change is called one only when chance does not explain it")
	}
}
