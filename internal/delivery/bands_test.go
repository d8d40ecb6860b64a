package delivery

import (
	"testing"
	"time"
)

func table(t *testing.T, id string) Bands {
	t.Helper()
	list, err := PublishedBands()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		if b.ID == id {
			return b
		}
	}
	t.Fatalf("no table %s", id)
	return Bands{}
}

func TestBandsOfDurations(t *testing.T) {
	const day, week, month = 24 * time.Hour, 168 * time.Hour, 720 * time.Hour
	tests := []struct {
		table          string
		d              time.Duration
		lead, recovery string
	}{
		{"2021", 59 * time.Minute, "elite", "elite"}, {"2021", time.Hour, "high", "high"}, {"2021", day, "high", "medium"},
		{"2021", week, "medium", "low"}, {"2021", 4380 * time.Hour, "low", "low"},
		{"2023", time.Hour, "elite", "high"}, {"2023", day - 1, "elite", "high"}, {"2023", day, "high", "medium"},
		{"2023", week, "medium", "low"}, {"2023", month, "low", "low"},
		{"2024", day - 1, "elite", "high"}, {"2024", day, "high", ""}, {"2024", week, "medium", "low"}, {"2024", month, "low", ""},
		{"2025", time.Minute, "", ""},
	}
	for _, tt := range tests {
		b := table(t, tt.table)
		if got := placeDuration(b.Lead, tt.d); got != tt.lead {
			t.Errorf("%s: lead time of %s is %q, want %q", tt.table, tt.d, got, tt.lead)
		}
		if got := placeDuration(b.Recovery, tt.d); got != tt.recovery {
			t.Errorf("%s: recovery of %s is %q, want %q", tt.table, tt.d, got, tt.recovery)
		}
	}
}

func TestBandsOfShares(t *testing.T) {
	tests := []struct {
		table string
		share float64
		want  string
	}{
		{"2023", 0, "elite"}, {"2023", 0.05, "elite"}, {"2023", 0.0501, "high"}, {"2023", 0.10, "high"}, {"2023", 0.15, "medium"}, {"2023", 0.16, "low"},
		{"2021", 0.15, "elite"}, {"2021", 0.20, "high"}, {"2021", 0.30, "medium"}, {"2021", 1, "low"},
		{"2024", 0.05, ""}, // its figures do not follow one another
	}
	for _, tt := range tests {
		if got := placeShare(table(t, tt.table).Fail, tt.share); got != tt.want {
			t.Errorf("%s: a share of %v is %q, want %q", tt.table, tt.share, got, tt.want)
		}
	}
}

func TestBandsOfPaces(t *testing.T) {
	at := func(f float64) *float64 { return &f }
	tests := []struct {
		name, table, want string
		p                 pace
	}{
		{"five days a week", "2023", "elite", pace{perWeek: at(5), perMonth: at(20)}},
		{"a day a week", "2023", "high", pace{perWeek: at(1), perMonth: at(4)}},
		{"a day a month", "2023", "medium", pace{perWeek: at(0), perMonth: at(1)}},
		{"less", "2023", "low", pace{perWeek: at(0), perMonth: at(0)}},
		{"too short for months", "2023", "", pace{perWeek: at(0)}},
		{"too short for weeks", "2023", "", pace{}},
		{"half a year", "2021", "medium", pace{perWeek: at(0), perMonth: at(0), perSixMonths: at(1)}},
		{"no table", "2025", "", pace{perWeek: at(5)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := placePace(table(t, tt.table).Frequency, tt.p); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseBandsRefuses(t *testing.T) {
	for _, text := range []string{"- {id: x}", "- {id: x, year: 1, source: s, colour: red}", "{", "- {id: x, year: 1, source: s, changeLeadTime: [{band: a, below: soon}]}"} {
		if b, err := ParseBands([]byte(text)); err == nil {
			t.Errorf("%s was read as %+v", text, b)
		}
	}
}

func TestParseScope(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "all"}, {"all", "all"}, {"service:payment-api", "service:component:default/payment-api"}, {"team:Default/A", "team:group:default/a"},
		{"system:system:default/checkout", "system:system:default/checkout"}, {"service:api:default/x", "service:api:default/x"},
		{"planet:mars", ""}, {"service:a\x00b", ""}, {"team:a\nb", ""}, {"service:", ""}, {"service", ""}, {"team:/", ""},
	}
	for _, tt := range tests {
		s, err := ParseScope(tt.in)
		if (err == nil) != (tt.want != "") || err == nil && s.String() != tt.want {
			t.Errorf("%q is %q, %v; want %q", tt.in, s, err, tt.want)
		}
	}
}

func TestCursorKeepsItsPlace(t *testing.T) {
	c := Cursor{time.Date(2026, 10, 1, 9, 12, 0, 1000, time.UTC), "github:o/r/1 with a blank"}
	got, err := ParseCursor(c.String())
	if err != nil || !got.At.Equal(c.At) || got.ID != c.ID {
		t.Errorf("%+v, %v; want %+v", got, err, c)
	}
	for _, bad := range []string{"!", "YQ", "MjAyNg"} {
		if _, err := ParseCursor(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestPaceLeavesPartialWeeksOut(t *testing.T) {
	q := Query{From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	s := sum{perDay: map[string]int64{"2026-10-01": 1, "2026-10-05": 3, "2026-10-06": 1, "2026-10-12": 1, "2026-10-26": 1}}
	p := s.pace(q) // whole weeks from the 5th, 12th and 19th
	if *p.perWeek != 1 || *p.perMonth != 5 || p.perSixMonths != nil {
		t.Errorf("days per week %v, per month %v, per half year %v; want 1, 5, none", *p.perWeek, *p.perMonth, p.perSixMonths)
	}
}
