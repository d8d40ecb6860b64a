package ui

import (
	"strconv"
	"time"
)

// Ago says how far a time is from now, past or future, in one unit.
// static/js/time.js says the same words while the page stays open.
func Ago(t, now time.Time) string {
	past := !t.After(now)
	d := now.Sub(t)
	if !past {
		d = -d
	}
	days := units(d, 24*time.Hour, past)
	switch {
	case d < 45*time.Second:
		return pick(past, "just now", "in a moment")
	case d < time.Hour:
		return away(max(units(d, time.Minute, past), 1), "min", past)
	case d < 24*time.Hour:
		return away(units(d, time.Hour, past), "h", past)
	case days == 1:
		return pick(past, "yesterday", "tomorrow")
	case days < 14:
		return away(days, "days", past)
	case days < 60:
		return away(days/7, "weeks", past)
	}
	return awayLong(days, past)
}

// units are how many whole units passed; what is to come is rounded, so that
// two hours from now is "in 2 h" and not "in 1 h" a second later.
func units(d, unit time.Duration, past bool) int {
	if !past {
		d += unit / 2
	}
	return int(d / unit)
}

func awayLong(days int, past bool) string {
	months := int(float64(days) / 30.44)
	if months == 1 {
		return away(1, "month", past)
	}
	if months < 24 {
		return away(months, "months", past)
	}
	return away(int(float64(days)/365.25), "years", past)
}

func pick(past bool, was, will string) string {
	if past {
		return was
	}
	return will
}

func away(n int, unit string, past bool) string {
	s := strconv.Itoa(n) + " " + unit
	return pick(past, s+" ago", "in "+s)
}
