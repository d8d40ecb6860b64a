// Package workshopview draws the workshop, in which templates are written and
// tried, and what is known about how templates fare.
package workshopview

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/views/ui"
)

// URL is the workshop.
const URL = "/create/workshop"

// OpenURL is the workshop with a template to begin with, a reference's
// namespace and name.
func OpenURL(namespace, name string) string {
	return URL + "?template=" + url.QueryEscape(namespace+"/"+name)
}

// Props are those of Page.
type Props struct {
	Key       string
	Begin     []form.Option // templates to begin with
	Text      string
	Files     string
	Folder    string // into which uploads go
	Fields    []form.Field
	NoForm    string // why no form can be drawn
	JSON      string
	Case      string
	Previous  string // the files of this try, packed, to compare the next with
	Refused   string // why nothing was tried
	TextRows  int
	FilesRows int
	Result    *Result // nil before the first try
}

// Result is what came of a try.
type Result struct {
	Failed   bool
	Summary  string // "12 files, 14 kB"
	Against  string // what the files are compared with
	Flaws    []Flaw
	Files    []File
	Gone     []string // files that the try before had
	Log      []Line
	Rules    []Rule
	RulesOK  string // a sentence when no rule was broken
	Facts    []ui.Pair
	Warnings int
}

// Flaw is what is wrong, at its place.
type Flaw struct {
	Warning bool
	Where   string // template.yaml:12:5, or the name of a value
	Message string
	Hint    string
	Source  []SourceLine
}

// SourceLine is a line of a source; At is the one in question.
type SourceLine struct {
	N    int
	Text string
	At   bool
}

// Number is the line's number as text.
func (l SourceLine) Number() string { return strconv.Itoa(l.N) }

// File is one file that would be made.
type File struct {
	Path, Note string // Note: new, changed, the same, not text
	Text       string
	Diff       []DiffLine
	Tone       ui.Tone
	Open       bool
}

// DiffLine is a line of a comparison; Sign is +, -, @ or empty.
type DiffLine struct{ Sign, Text string }

// NewDiff cuts a unified diff into lines, without its head.
func NewDiff(text string) []DiffLine {
	var out []DiffLine
	body := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "@@") {
			body = true
		}
		if !body || line == "" {
			continue
		}
		sign := ""
		if strings.Contains("+-@", line[:1]) {
			sign = line[:1]
		}
		out = append(out, DiffLine{sign, line})
	}
	return out
}

// Line is one line of the log.
type Line struct{ Step, Level, Text string }

// Tone is how a line is marked.
func (l Line) Tone() ui.Tone {
	switch l.Level {
	case "warn":
		return ui.Warn
	case "error":
		return ui.Bad
	}
	return ui.Neutral
}

// Rule is a policy that what would be made breaks.
type Rule struct{ Name, Severity, Message, Fix string }
