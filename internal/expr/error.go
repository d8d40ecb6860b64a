package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a fault of a template, with its place.
type Error struct {
	File       string `json:"file,omitempty"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Expression string `json:"expression,omitempty"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

// Error is the whole message on one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
	}
	fmt.Fprintf(&b, "%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Expression != "" {
		fmt.Fprintf(&b, " (in `%s`)", e.Expression)
	}
	if e.Suggestion != "" {
		b.WriteString(" " + e.Suggestion)
	}
	return b.String()
}

// maxShown bounds the expression in a message.
const maxShown = 120

// Fault makes an error at offset at of src, for evaluators that share this
// package's options.
func Fault(src string, o Options, at int, format string, args ...any) *Error {
	return (&Template{src: src, opts: o}).fail(at, format, args...)
}

// fail makes an error at offset at; the expression is the tag around it.
func (t *Template) fail(at int, format string, args ...any) *Error {
	at = min(max(at, 0), len(t.src))
	before := t.src[:at]
	line := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	if line == 0 && t.opts.Column > 0 {
		column += t.opts.Column - 1
	}
	return &Error{
		File: t.opts.File, Line: max(t.opts.Line, 1) + line, Column: column,
		Expression: t.around(at), Message: fmt.Sprintf(format, args...),
	}
}

// around returns the inside of the tag that holds offset at.
func (t *Template) around(at int) string {
	start := max(strings.LastIndex(t.src[:min(at+2, len(t.src))], "{{"), strings.LastIndex(t.src[:min(at+2, len(t.src))], "{%"))
	if start < 0 {
		return ""
	}
	rest := t.src[start+2:]
	if end := strings.IndexAny(rest, "\n"); end >= 0 {
		rest = rest[:end]
	}
	for _, closing := range []string{"}}", "%}"} {
		if end := strings.Index(rest, closing); end >= 0 {
			rest = rest[:end]
		}
	}
	rest = strings.Trim(rest, "- \t")
	if len(rest) > maxShown {
		cut := maxShown
		for cut > 0 && !utf8.RuneStart(rest[cut]) {
			cut--
		}
		rest = rest[:cut] + "…"
	}
	return rest
}

// Suggest adds the nearest of names to e, if one is near.
func (e *Error) Suggest(name string, names []string) *Error { return e.suggest(name, names) }

func (e *Error) suggest(name string, names []string) *Error {
	if s := Nearest(name, names); s != "" {
		e.Suggestion = fmt.Sprintf("Did you mean `%s`?", s)
	}
	return e
}

// Nearest returns the name that differs least from what was written, or ""
// when none is near.
func Nearest(written string, names []string) string {
	best, limit := "", max(1, min(3, len(written)/2))
	if len(written) > 200 {
		return ""
	}
	for _, n := range names {
		if len(n) > 200 {
			continue
		}
		if d := distance(strings.ToLower(written), strings.ToLower(n)); d <= limit && (best == "" || d < limit) {
			best, limit = n, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, prev+cost)
		}
	}
	return row[len(b)]
}
