// Package sample makes the data of the sample organisation: a year of bills,
// half a year of deployments and incidents, and answers to surveys, all up to
// a given day. The same day always makes the same data. Loading goes through
// the portal's own doors; this package only says what to send.
package sample

import (
	"math"
	"math/rand/v2"
	"time"
)

// dice is a source of chance that always rolls the same.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x77617972))} }

// around returns a value near middle, within share of it on most rolls.
func (d dice) around(middle, share float64) float64 {
	return middle * max(0.05, 1+share*d.NormFloat64())
}

// skewed returns a duration whose median is middle and that is sometimes much
// longer, as waiting times are.
func (d dice) skewed(middle time.Duration, spread float64) time.Duration {
	return time.Duration(float64(middle) * math.Exp(spread*d.NormFloat64())).Round(time.Second)
}

// hits reports true with the given probability.
func (d dice) hits(p float64) bool { return d.Float64() < p }

// pick returns one of the values.
func pick[T any](d dice, values []T) T { return values[d.IntN(len(values))] }

// midnight is the start of t's day in UTC.
func midnight(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func isWeekend(t time.Time) bool {
	return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
}
