package run

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	tests := []struct {
		name, in string
		n        int
		want     string
	}{
		{"short stays", "hello", 10, "hello"},
		{"exact stays", "hello", 5, "hello"},
		{"long is cut with a mark", strings.Repeat("a", 100), 50, strings.Repeat("a", 20) + " … (cut: 100 bytes in all)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cut(tt.in, tt.n)
			if len(got) > tt.n || !utf8.ValidString(got) {
				t.Errorf("%d bytes: %q", len(got), got)
			}
			if tt.name != "long is cut with a mark" && got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(tt.in) > tt.n && !strings.Contains(got, "(cut: 100 bytes in all)") {
				t.Errorf("no mark in %q", got)
			}
		})
	}
	if got := cut(strings.Repeat("é", 20000), MaxLine); !utf8.ValidString(got) || len(got) > MaxLine {
		t.Errorf("%d bytes, valid %t", len(got), utf8.ValidString(got))
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttab":          "plain\ttab",
		"\x1b[31mred\x1b[0m":  "[31mred[0m",
		"zero\x00byte":        "zerobyte",
		"bad \xff utf":        "bad � utf",
		"größe → 5":           "größe → 5",
		"two\nlines":          "two\nlines",
		"back\x08space\x7fed": "backspaceed",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTransitionsLeadSomewhere(t *testing.T) {
	all := []State{Waiting, Queued, Running, AwaitingApproval, Succeeded, Failed, Refused, Cancelled}
	for _, s := range all {
		if !s.Over() && len(next[s]) == 0 {
			t.Errorf("%s leads nowhere", s)
		}
		if s.Over() && s != Failed && s != Cancelled && len(next[s]) != 0 {
			t.Errorf("%s is final and leads to %v", s, next[s])
		}
	}
}

func TestDeadWorker(t *testing.T) {
	me := self()
	if dead(me) {
		t.Errorf("%s is alive", me)
	}
	if machine() == "" {
		t.Skip("no /proc here")
	}
	parts := strings.Split(me, "/")
	if !dead(parts[0] + "/" + parts[1] + "/1") {
		t.Error("a process that began at another time is taken for alive")
	}
	if dead("elsewhere/" + parts[1] + "/1") {
		t.Error("a process of another machine is taken for dead")
	}
}
