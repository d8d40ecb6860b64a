package voice

import (
	"math"
	"strconv"
)

// z95 is the two-sided 95 % quantile of the normal distribution.
const z95 = 1.96

// Score is a net promoter score with what it is made of. Points run from −100
// to 100.
type Score struct {
	Promoters  int     `json:"promoters"`
	Passives   int     `json:"passives"`
	Detractors int     `json:"detractors"`
	Value      float64 `json:"score"`  // exact; shown rounded
	Margin     float64 `json:"margin"` // of 95 %, in points
	// Estimable is false when all answers fall into one group: the formula then
	// gives a margin of 0, which says nothing.
	Estimable bool `json:"estimable"`
}

// N is the number of answers.
func (s Score) N() int { return s.Promoters + s.Passives + s.Detractors }

// NPSOf counts scores from 0 to 10. With no answers it reports false: no data
// is not zero.
func NPSOf(scores []int) (Score, bool) {
	var s Score
	for _, n := range scores {
		switch {
		case n >= 9:
			s.Promoters++
		case n >= 7:
			s.Passives++
		default:
			s.Detractors++
		}
	}
	return s.rated()
}

// rated fills the figures from the counts.
func (s Score) rated() (Score, bool) {
	n := float64(s.N())
	if n == 0 {
		return s, false
	}
	p, d := float64(s.Promoters)/n, float64(s.Detractors)/n
	s.Value = 100 * float64(s.Promoters-s.Detractors) / n
	s.Margin = z95 * 100 * math.Sqrt(max(0, p+d-(p-d)*(p-d))/n)
	s.Estimable = s.Promoters != s.N() && s.Passives != s.N() && s.Detractors != s.N()
	return s, true
}

// Trend compares a wave with the one before it.
type Trend struct {
	Period string  `json:"period"` // of the wave before
	Before float64 `json:"before"`
	Change float64 `json:"change"`
	// Significant is set when the change is larger than chance would explain at
	// 95 %; only then may it be called a change.
	Significant bool `json:"significant"`
}

// change compares two scores.
func change(before, now Score) (delta float64, significant bool) {
	delta = now.Value - before.Value
	margin := math.Sqrt(before.Margin*before.Margin + now.Margin*now.Margin)
	return delta, now.Estimable && before.Estimable && math.Abs(delta) > margin
}

// meanOf is the mean of ratings and the share of those who gave 4 or 5.
func meanOf(ratings []int) (mean, top2 float64, ok bool) {
	if len(ratings) == 0 {
		return 0, 0, false
	}
	sum, top := 0, 0
	for _, r := range ratings {
		sum += r
		if r >= 4 {
			top++
		}
	}
	n := float64(len(ratings))
	return float64(sum) / n, float64(top) / n, true
}

// rate is part of whole as a share; false when whole is zero.
func rate(part, whole int) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// variance is the sample variance of at least two values.
func variance(values []int) float64 {
	mean, _, _ := meanOf(values)
	sum := 0.0
	for _, v := range values {
		sum += (float64(v) - mean) * (float64(v) - mean)
	}
	return sum / float64(len(values)-1)
}

// ratingsDiffer reports whether two sets of ratings differ by more than chance
// would explain at 95 %.
func ratingsDiffer(before, now []int) bool {
	if len(before) < 2 || len(now) < 2 {
		return false
	}
	old, _, _ := meanOf(before)
	mean, _, _ := meanOf(now)
	se := math.Sqrt(variance(before)/float64(len(before)) + variance(now)/float64(len(now)))
	return se > 0 && math.Abs(mean-old) > z95*se
}

// counts says how often each number of the scale was chosen.
func counts(q Question, values []int, n int) []Option {
	low, high := q.Range()
	out := make([]Option, high-low+1)
	for i := range out {
		out[i].Option = strconv.Itoa(low + i)
	}
	for _, v := range values {
		out[v-low].N++
	}
	for i := range out {
		out[i].Share = float64(out[i].N) / float64(n)
	}
	return out
}
