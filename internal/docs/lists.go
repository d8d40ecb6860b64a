package docs

import (
	"regexp"
	"strings"
)

var (
	orderedItem = regexp.MustCompile(`^( *)\d{1,9}[.)] `)
	fenceLine   = regexp.MustCompile("^ *(```+|~~~+)")
)

// nestedLists moves the numbered lists that are nested by two blanks, as
// mkdocs' list plugins take them, to where CommonMark sees them as nested:
// three blanks a level. Lists that CommonMark nests already stay as they are.
func nestedLists(src []byte) []byte {
	text := string(src)
	if !strings.Contains(text, "\n  1") {
		return src
	}
	lines := strings.SplitAfter(text, "\n")
	fence := ""
	for i := 0; i < len(lines); {
		fence = inFence(fence, lines[i])
		by2, end := false, i+1
		if fence == "" {
			by2, end = nestsByTwo(lines, i)
		}
		if by2 {
			end = spread(lines, i)
		}
		i = end
	}
	return []byte(strings.Join(lines, ""))
}

// inFence follows the fences of code: it returns the open one, if any.
func inFence(open, line string) string {
	m := fenceLine.FindStringSubmatch(line)
	switch {
	case m == nil:
		return open
	case open == "":
		return m[1]
	case m[1][0] == open[0] && len(m[1]) >= len(open):
		return ""
	}
	return open
}

// nestsByTwo reports whether a list begins on line i whose first nested item
// is indented by two, and the line up to which that is known.
func nestsByTwo(lines []string, i int) (bool, int) {
	if m := orderedItem.FindStringSubmatch(lines[i]); m == nil || m[1] != "" {
		return false, i + 1
	}
	for j := i + 1; j < len(lines); j++ {
		m := orderedItem.FindStringSubmatch(lines[j])
		switch {
		case m != nil && m[1] == "":
		case m != nil:
			return m[1] == "  ", j + 1
		case fenceLine.MatchString(lines[j]):
			return false, j
		case strings.TrimSpace(lines[j]) != "" && !strings.HasPrefix(lines[j], " "):
			return false, j
		}
	}
	return false, len(lines)
}

// spread makes three blanks of two until the list ends, and returns the line
// after it. Code inside moves as a whole.
func spread(lines []string, from int) int {
	fence, shift := "", 0
	for i := from; i < len(lines); i++ {
		l := lines[i]
		indent := len(l) - len(strings.TrimLeft(l, " "))
		blank := strings.TrimSpace(l) == ""
		if fence == "" && !blank && indent == 0 && !orderedItem.MatchString(l) {
			return i
		}
		inside := fence != ""
		if fence = inFence(fence, l); !inside {
			shift = indent / 2
		}
		if !blank && shift > 0 {
			lines[i] = strings.Repeat(" ", shift) + l
		}
	}
	return len(lines)
}
