package docs

import (
	"strings"
	"testing"
)

func TestNestedNumberedLists(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"two blanks a level", "1. a\n2. b\n  1. c\n  2. d\n    1. e\n3. f\n", "1. a\n2. b\n   1. c\n   2. d\n      1. e\n3. f\n"},
		{"three blanks stay", "1. a\n   1. b\n", "1. a\n   1. b\n"},
		{"four blanks stay", "1. a\n    1. b\n", "1. a\n    1. b\n"},
		{"what follows stays", "1. a\n  1. b\n\ntext\n  1. c\n", "1. a\n   1. b\n\ntext\n  1. c\n"},
		{"code moves as a whole", "1. a\n  1. b\n    ```\n        x\n    ```\n", "1. a\n   1. b\n      ```\n          x\n      ```\n"},
		{"inside code nothing moves", "```\n1. a\n  1. b\n```\n", "```\n1. a\n  1. b\n```\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(nestedLists([]byte(tt.in))); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	r, err := Render([]byte("1. a\n  1. b\n    1. c\n2. d\n"), Options{})
	if err != nil || strings.Count(r.HTML, "<ol>") != 3 {
		t.Errorf("%v\n%s", err, r.HTML)
	}
}
