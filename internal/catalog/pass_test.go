package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCutter(t *testing.T) {
	file := func(name string, docs int, same bool) parsed {
		return parsed{FileState: FileState{Path: name}, docs: make([]Document, docs), same: same}
	}
	tests := []struct {
		name  string
		files []parsed
		size  int
		want  string // file, documents and ! for its end; | between transactions
	}{
		{"none", nil, 10, ""},
		{"only unchanged", []parsed{file("a", 3, true)}, 10, ""},
		{"several in one", []parsed{file("a", 3, false), file("b", 2, true), file("c", 4, false)}, 10, "a3! c4!"},
		{"a large one in several", []parsed{file("a", 25, false), file("b", 1, false)}, 10, "a10|a10|a5! b1!"},
		{"an exact fit", []parsed{file("a", 10, false), file("b", 10, false)}, 10, "a10!|b10!"},
		{"without documents", []parsed{file("a", 0, false), file("b", 0, false), file("c", 0, false)}, 2, "a0! b0!|c0!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for c := (&cutter{files: tt.files}); ; {
				list := c.next(tt.size)
				if len(list) == 0 {
					break
				}
				var words []string
				for _, p := range list {
					words = append(words, fmt.Sprint(p.Path, len(p.docs), strings.Repeat("!", map[bool]int{true: 1}[p.last])))
				}
				got = append(got, strings.Join(words, " "))
			}
			if s := strings.Join(got, "|"); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

func TestSized(t *testing.T) {
	tests := []struct {
		size int
		took time.Duration
		want int
	}{
		{250, time.Second, 125}, {60, time.Second, leastEntities}, {250, 100 * time.Millisecond, 250}, {250, time.Millisecond, 500}, {800, time.Millisecond, mostEntities},
	}
	for _, tt := range tests {
		if got := sized(tt.size, tt.took); got != tt.want {
			t.Errorf("after %d in %s got %d, want %d", tt.size, tt.took, got, tt.want)
		}
	}
}

func TestProblemsOfOneFileStayApart(t *testing.T) {
	same := Problem{Code: "syntax", File: "a.yaml", Message: "m"}.identified()
	got := distinct([]Problem{same, same, Problem{Code: "field", File: "a.yaml"}.identified(), same})
	seen := map[string]bool{}
	for _, p := range got {
		if seen[p.ID] {
			t.Errorf("the id %s came twice", p.ID)
		}
		seen[p.ID] = true
	}
	if got[0].ID != same.ID {
		t.Error("the first lost its id, and with it its age")
	}
}
