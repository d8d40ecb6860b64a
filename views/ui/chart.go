package ui

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// clock is the time of day of a log line.
func clock(ctx context.Context, t time.Time) string {
	return t.In(ClockOf(ctx).Zone).Format("15:04:05")
}

func percentInt(share float64) string {
	if math.IsNaN(share) {
		return "0"
	}
	return strconv.Itoa(int(math.Round(100 * min(max(share, 0), 1))))
}

// sparkLine is the path through the values in a box of 100 by 24.
func sparkLine(values []float64) string {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	span := high - low
	var b strings.Builder
	for i, v := range values {
		y := 12.0
		if span > 0 {
			y = 22 - 20*(v-low)/span
		}
		b.WriteString(pick(i == 0, "M", "L"))
		b.WriteString(coord(100 * float64(i) / float64(len(values)-1)))
		b.WriteByte(' ')
		b.WriteString(coord(y))
	}
	return b.String()
}

func sparkArea(values []float64) string { return sparkLine(values) + "L100 24L0 24Z" }

func coord(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }
