package cost

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// flat spends amount on each day of [from, to).
func flat(days map[string]decimal.Decimal, from, to, amount string) map[string]decimal.Decimal {
	for d := date(from); d.Before(date(to)); d = d.AddDate(0, 0, 1) {
		days[d.Format(time.DateOnly)] = decimal.RequireFromString(amount)
	}
	return days
}

func TestLook(t *testing.T) {
	steady := flat(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "100"), "2026-11-01", "2026-11-11", "100")
	partial := flat(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "100"), "2026-11-01", "2026-11-11", "100")
	partial["2026-11-11"] = decimal.RequireFromString("40")
	tests := []struct {
		name                        string
		days                        map[string]decimal.Decimal
		last                        string
		current, projected, changed string
		trend                       Trend
	}{
		{"steady", steady, "2026-11-10", "1000", "3000", "0", Flat},
		{"an incomplete day is current but not projected from", partial, "2026-11-10", "1040", "3000", "0", Flat},
		{"up", flat(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "100"), "2026-11-01", "2026-11-11", "106"), "2026-11-10", "1060", "3180", "0.06", Up},
		{"five percent is flat", flat(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "100"), "2026-11-01", "2026-11-11", "105"), "2026-11-10", "1050", "3150", "0.05", Flat},
		{"down", flat(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "100"), "2026-11-01", "2026-11-11", "94"), "2026-11-10", "940", "2820", "-0.06", Down},
		{"small amounts do not go up", flat(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "0.01"), "2026-11-01", "2026-11-11", "0.02"), "2026-11-10", "0.2", "0.6", "1", Flat},
		{"nothing before: the sign", flat(map[string]decimal.Decimal{}, "2026-11-01", "2026-11-11", "10"), "2026-11-10", "100", "300", "", Up},
		{"credits only: down", flat(map[string]decimal.Decimal{}, "2026-11-01", "2026-11-11", "-10"), "2026-11-10", "-100", "-300", "", Down},
		{"leap day", flat(map[string]decimal.Decimal{}, "2028-02-01", "2028-02-29", "1"), "2028-02-28", "28", "29", "", Up},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Look(tt.days, 7, date(tt.last), decimal.NewFromInt(1))
			if o.Current.String() != tt.current || o.Projected.String() != tt.projected || o.Trend != tt.trend {
				t.Errorf("current %s, projected %s, %s; want %s, %s, %s", o.Current, o.Projected, o.Trend, tt.current, tt.projected, tt.trend)
			}
			if (o.Change == nil) != (tt.changed == "") {
				t.Fatalf("change %v, want %q", o.Change, tt.changed)
			}
			if o.Change != nil && *o.Change != decimal.RequireFromString(tt.changed).InexactFloat64() {
				t.Errorf("change %v, want %s", *o.Change, tt.changed)
			}
		})
	}
}

func TestLookOnTheFirstDayUsesThePreviousMonth(t *testing.T) {
	o := LookEmpty(flat(map[string]decimal.Decimal{}, "2026-10-01", "2026-11-01", "10"), date("2026-11-01"))
	if o.Projected.String() != "300" || o.Trend != Flat || o.Method == "" {
		t.Errorf("projected %s, %s (%s); want 300, flat", o.Projected, o.Trend, o.Method)
	}
}

func TestSpans(t *testing.T) {
	tests := []struct {
		name, from, to string
		want           []Span
	}{
		{"whole months", "2026-01-01", "2026-04-01", []Span{{Month, "2026-01", "2026-04"}}},
		{"days at both ends", "2026-01-15", "2026-03-02", []Span{{Day, "2026-01-15", "2026-02-01"}, {Month, "2026-02", "2026-03"}, {Day, "2026-03-01", "2026-03-02"}}},
		{"inside a month", "2026-01-15", "2026-01-20", []Span{{Day, "2026-01-15", "2026-01-20"}}},
		{"over a month's end", "2026-01-31", "2026-02-02", []Span{{Day, "2026-01-31", "2026-02-02"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Spans(date(tt.from), date(tt.to))
			if len(got) != len(tt.want) {
				t.Fatalf("spans %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("span %v, want %v", got[i], tt.want[i])
				}
			}
		})
	}
}
