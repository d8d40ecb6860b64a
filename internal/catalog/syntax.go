package catalog

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// What the YAML parser says, for people who never saw its insides.
var plainWords = []struct{ parser, message, fix string }{
	{"did not find expected key", "This line does not fit the lines above it.", "Indent it as its neighbours."},
	{"did not find expected '-' indicator", "This line does not fit the list above it.", "Indent it as the other members and begin it with a hyphen."},
	{"did not find expected <document start>", "This line does not fit what stands above it.", "Put --- before it if a new document begins here."},
	{"found unexpected end of stream", "A quoted text that begins here does not end.", "Close the quotes."},
	{"mapping values are not allowed", "A colon is not allowed here.", "Put the text in quotes, or indent the line as its neighbours."},
	{"could not find expected ':'", "This line is no key with a value.", "Write key: value, or put the text in quotes."},
	{"cannot start any token", "A text cannot begin with this character.", "Put the text in quotes."},
	{"did not find expected ',' or", "A bracket does not close, or a comma is missing.", "Close the bracket."},
	{"did not find expected node content", "A value is missing.", "Write one, or take the key out."},
	{"unknown anchor", "", "Define the anchor before it is used, or put the text in quotes if it begins with *."},
}

// syntaxError tells where a document is no YAML.
func syntaxError(err error, text []byte) error {
	if at := tabIndent(text); at > 0 {
		return &fieldError{code: "syntax", line: at, message: "A tab indents this line.", fix: "Indent with spaces; YAML does not allow tabs there."}
	}
	line, said := parserMessage(err)
	fe := &fieldError{code: "syntax", line: faultLine(text, line, said), message: "This is not valid YAML: " + said + ".",
		fix: "Check indentation, quotes and colons around this line."}
	for _, w := range plainWords {
		if strings.Contains(said, w.parser) {
			fe.fix = w.fix
			if w.message != "" {
				fe.message = w.message
			}
		}
	}
	return fe
}

// parserMessage takes the line out of the parser's message.
func parserMessage(err error) (line int, said string) {
	said = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(said, "line "); ok {
		if n, tail, ok := strings.Cut(rest, ": "); ok && len(n) < 9 {
			fmt.Sscan(n, &line) // stays 0 when it is no number
			said = tail
		}
	}
	return line, said
}

var anchorName = regexp.MustCompile(`unknown anchor '([^']+)'`)

// faultLine is the line of a fault. Of some, the parser tells only where the
// object began that cannot be read, or nothing.
func faultLine(text []byte, line int, said string) int {
	if m := anchorName.FindStringSubmatch(said); m != nil {
		if at := bytes.Index(text, []byte("*"+m[1])); at >= 0 {
			return 1 + bytes.Count(text[:at], []byte("\n"))
		}
	}
	const most = 256 << 10 // of a text that is looked at again
	for _, known := range []string{"did not find expected key", "did not find expected '-' indicator", "did not find expected <document start>"} {
		if strings.Contains(said, known) && len(text) <= most {
			return firstLineWith(text, known)
		}
	}
	if strings.HasPrefix(said, "did not find") || strings.HasPrefix(said, "found undefined tag handle") || strings.HasPrefix(said, "found duplicate") {
		line++ // these are counted from nought
	}
	return line
}

// firstLineWith finds the line that brings a fault about: the text before it
// does not have the fault, the text up to it has.
func firstLineWith(text []byte, fault string) int {
	ends := []int{0}
	for i, c := range text {
		if c == '\n' || i == len(text)-1 {
			ends = append(ends, i+1)
		}
	}
	low, high := 0, len(ends)-1
	for high-low > 1 {
		middle := (low + high) / 2
		if err := readThrough(text[:ends[middle]]); err != nil && strings.Contains(err.Error(), fault) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
