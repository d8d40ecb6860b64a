package cost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

var errNotMoney = errors.New("is not a decimal number")

// maxMoney bounds the length of an amount and maxExponent its exponent, so
// that a short text cannot stand for a number of a million digits.
const (
	maxMoney    = 48
	maxExponent = 24
)

// parseMoney reads a decimal with a dot, as FOCUS writes amounts.
func parseMoney(s string) (decimal.Decimal, error) {
	if s == "" || len(s) > maxMoney {
		return decimal.Zero, errNotMoney
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+':
		case c == 'e' || c == 'E':
			exp, err := strconv.Atoi(s[i+1:])
			if err != nil || exp > maxExponent || exp < -maxExponent {
				return decimal.Zero, errNotMoney
			}
		default:
			return decimal.Zero, errNotMoney
		}
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Zero, errNotMoney
	}
	return d, nil
}

// timeLayouts are the spellings of a time that bills use; all but the first
// are taken with a warning.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05.000 MST", "2006-01-02T15:04Z07:00", "2006-01-02",
	"2006-01-02 15:04", "1/2/2006 15:04", "1/2/2006",
}

// parseTime reads a time and says whether it was spelt as FOCUS asks.
func parseTime(s string) (t time.Time, exact bool, err error) {
	for i, l := range timeLayouts {
		if t, err := time.Parse(l, s); err == nil {
			if y := t.Year(); y < 1970 || y > 2200 {
				return t, false, fmt.Errorf("%s is not a time of a bill", strconv.Quote(s))
			}
			return t.UTC(), i == 0, nil
		}
	}
	return time.Time{}, false, fmt.Errorf("%s is not a time; expected a form like 2026-10-01T00:00:00Z", quote(s))
}

// quote shows what stood in a file, shortened.
func quote(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return strconv.Quote(s)
}

// null turns the spellings of nothing into the empty text.
func null(s string) string {
	s = strings.TrimSpace(s)
	switch s {
	case "NULL", "null", "Null", "N/A":
		return ""
	}
	return s
}
