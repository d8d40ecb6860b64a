package ui

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// Dash stands where there is no data; the reason stands beside it or in its title.
const Dash = "–"

// Number groups thousands: 12725 is "12,725".
func Number(n int64) string { return group(strconv.FormatInt(n, 10)) }

// Decimal shows a number with the given digits after the point, thousands grouped.
func Decimal(f float64, digits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Dash
	}
	return group(strconv.FormatFloat(f, 'f', digits, 64))
}

// Percent shows a share, 0.061 as "6.1%".
func Percent(share float64, digits int) string {
	if s := Decimal(share*100, digits); s != Dash {
		return s + "%"
	}
	return Dash
}

var signs = map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}

// Money shows a decimal text with its currency and two digits: "1284.2", "USD"
// is "$1,284.20". What is not a number is a dash.
func Money(amount, currency string) string { return money(amount, currency, 2) }

// MoneyRound is Money without the cents, for totals and tables.
func MoneyRound(amount, currency string) string { return money(amount, currency, 0) }

func money(amount, currency string, digits int) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(amount), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return Dash
	}
	text := group(strconv.FormatFloat(math.Abs(f), 'f', digits, 64))
	if sign, ok := signs[currency]; ok {
		text = sign + text
	} else if currency != "" {
		text += " " + currency
	}
	if f < 0 && strings.Trim(text, "$€£¥₹0.,") != "" {
		text = "−" + text
	}
	return text
}

// group puts a comma between thousands of a decimal number.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	whole, rest, dotted := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dotted {
		whole += "." + rest
	}
	return sign + whole
}

// Bytes shows a size in the largest fitting unit of 1024.
func Bytes(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, i := float64(n)/1024, 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	return Decimal(f, 1) + " " + units[i:i+1] + "iB"
}

// Duration shows how long something took or lasts: "0.4 s", "38 min", "5.2 h", "3.1 d".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "−" + Duration(-d)
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return Decimal(d.Seconds(), 1) + " s"
	case d < 90*time.Second:
		return Decimal(d.Seconds(), 0) + " s"
	case d < 90*time.Minute:
		return Decimal(d.Minutes(), 0) + " min"
	case d < 48*time.Hour:
		return Decimal(d.Hours(), 1) + " h"
	default:
		return Decimal(d.Hours()/24, 1) + " d"
	}
}

// Plural is "1 event" or "3 events".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(int64(n)) + " " + many
}

// Date is the day in the person's zone: "20 Nov 2026".
func Date(ctx context.Context, t time.Time) string {
	return t.In(ClockOf(ctx).Zone).Format("2 Jan 2006")
}

// Exact is the full time in the person's zone.
func Exact(ctx context.Context, t time.Time) string {
	return t.In(ClockOf(ctx).Zone).Format("2 Jan 2006, 15:04:05 MST")
}
