package voice

import (
	"fmt"
	"time"
)

// Schedule says how often a survey is opened.
type Schedule string

// The schedules. Once means by hand only.
const (
	Once      Schedule = "once"
	Monthly   Schedule = "monthly"
	Quarterly Schedule = "quarterly"
	Yearly    Schedule = "yearly"
)

func (s Schedule) known() bool {
	return s == Once || s == Monthly || s == Quarterly || s == Yearly
}

// onceDays is how long a survey without a rhythm takes answers.
const onceDays = 30

// Period is the stretch of time that a survey asks about: [From, Until) in UTC.
type Period struct {
	Label       string // 2026-11, 2026-Q4, 2026, or the day for once
	From, Until time.Time
}

// At returns the period that holds now.
func (s Schedule) At(now time.Time) Period {
	now = now.UTC()
	y, m, d := now.Date()
	switch s {
	case Monthly:
		return span(now.Format("2006-01"), y, m, 1)
	case Quarterly:
		q := (int(m) - 1) / 3
		return span(fmt.Sprintf("%d-Q%d", y, q+1), y, time.Month(3*q+1), 3)
	case Yearly:
		return span(now.Format("2006"), y, time.January, 12)
	default:
		from := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return Period{now.Format(time.DateOnly), from, from.AddDate(0, 0, onceDays)}
	}
}

// Before returns the period just before p.
func (s Schedule) Before(p Period) Period { return s.At(p.From.Add(-time.Hour)) }

func span(label string, y int, m time.Month, months int) Period {
	return Period{label, time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)}
}
