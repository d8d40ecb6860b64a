package cost

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Trend is where a month is going compared with the one before.
type Trend string

// The trends.
const (
	Up   Trend = "up"
	Down Trend = "down"
	Flat Trend = "flat"
)

// Outlook is the current month of one key.
type Outlook struct {
	Current   decimal.Decimal // charges of the month to date
	Projected decimal.Decimal // what the month will come to
	Method    string          // how Projected was made
	Previous  decimal.Decimal // the same number of days of the month before
	Days      int             // that number: the complete days of this month
	Change    *float64        // (this − previous) / previous; nil when previous is 0
	Trend     Trend
	Last      decimal.Decimal // the whole previous month
}

// trendShare is the change beyond which a month goes up or down.
var trendShare = decimal.RequireFromString("0.05")

// meanDays is how many complete days the projection is the mean of.
const meanDays = 7

// Look says where the month of last is going. days holds the charges by day
// (2006-01-02) of the month and the one before. last is the last complete day
// with bills and known how many days up to it have any, at most seven;
// minimum is the amount below which nothing counts as going up.
func Look(days map[string]decimal.Decimal, known int, last time.Time, minimum decimal.Decimal) Outlook {
	o := Outlook{Days: last.Day()}
	first := time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, time.UTC)
	before := first.AddDate(0, -1, 0)
	complete := decimal.Zero
	for d, a := range days {
		switch {
		case d[:7] == first.Format("2006-01"):
			o.Current = o.Current.Add(a)
			if d <= last.Format(time.DateOnly) {
				complete = complete.Add(a)
			}
		case d[:7] == before.Format("2006-01"):
			o.Last = o.Last.Add(a)
			if dayOf(d) <= o.Days {
				o.Previous = o.Previous.Add(a)
			}
		}
	}
	o.project(days, known, last, complete)
	o.compare(complete, minimum)
	return o
}

// LookEmpty is Look on the first day of a month, when no day of it is
// complete: the mean of the previous month stands in.
func LookEmpty(days map[string]decimal.Decimal, month time.Time) Outlook {
	o := Outlook{Trend: Flat}
	before := month.AddDate(0, -1, 0)
	for d, a := range days {
		switch d[:7] {
		case month.Format("2006-01"):
			o.Current = o.Current.Add(a)
		case before.Format("2006-01"):
			o.Last = o.Last.Add(a)
		}
	}
	n := int64(month.AddDate(0, 1, -1).Day())
	o.Projected = o.Last.Mul(decimal.NewFromInt(n)).DivRound(decimal.NewFromInt(int64(month.AddDate(0, 0, -1).Day())), 2)
	o.Method = fmt.Sprintf("no day of this month is complete yet: the mean day of %s × %d days", before.Format("January"), n)
	return o
}

func (o *Outlook) project(days map[string]decimal.Decimal, known int, last time.Time, complete decimal.Decimal) {
	sum := decimal.Zero
	for i := range known {
		sum = sum.Add(days[last.AddDate(0, 0, -i).Format(time.DateOnly)])
	}
	left := time.Date(last.Year(), last.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() - last.Day()
	rest := sum.Mul(decimal.NewFromInt(int64(left))).DivRound(decimal.NewFromInt(int64(known)), 2)
	o.Projected = complete.Add(rest)
	o.Method = fmt.Sprintf("charges up to %s + mean of the last %d complete days × %d days left", last.Format("2 January"), known, left)
}

// compare sets the trend: down below −5 %, up above +5 % when the amount is
// over the minimum, else flat. Without a previous amount the sign decides.
func (o *Outlook) compare(complete, minimum decimal.Decimal) {
	diff := complete.Sub(o.Previous)
	o.Trend = Flat
	if o.Previous.IsZero() {
		switch {
		case diff.IsPositive() && diff.GreaterThan(minimum):
			o.Trend = Up
		case diff.IsNegative():
			o.Trend = Down
		}
		return
	}
	share := diff.Div(o.Previous.Abs())
	f := share.InexactFloat64()
	o.Change = &f
	switch {
	case share.GreaterThan(trendShare) && diff.GreaterThan(minimum):
		o.Trend = Up
	case share.LessThan(trendShare.Neg()):
		o.Trend = Down
	}
}

func dayOf(d string) int {
	return int(d[8]-'0')*10 + int(d[9]-'0')
}
