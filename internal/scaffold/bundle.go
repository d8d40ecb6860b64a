package scaffold

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/fault"
)

// A bundle is a folder as one text that people can read, edit and compare:
// before each file stands a line such as
//
//	-- cmd/main.go --
//
// Brackets in that line say what the lines alone cannot: executable, base64,
// open (the file does not end with a line break).
var bundleMark = regexp.MustCompile(`^-- (.+?)(?: \[((?:executable|base64|open)(?:,(?:executable|base64|open))*)\])? --\r?$`)

// base64Line is how many characters of a file in base 64 stand in a line.
const base64Line = 76

// Bundle writes files as one text, head before them.
func Bundle(head string, files []DryRunFile) string {
	var b strings.Builder
	b.WriteString(head)
	for _, f := range files {
		if b.Len() > 0 && !strings.HasSuffix(b.String()[b.Len()-1:], "\n") {
			b.WriteString("\n")
		}
		body, words := bundled(f)
		mark := ""
		if len(words) > 0 {
			mark = " [" + strings.Join(words, ",") + "]"
		}
		fmt.Fprintf(&b, "-- %s%s --\n%s", f.Path, mark, body)
	}
	return b.String()
}

func bundled(f DryRunFile) (body string, words []string) {
	if f.Executable {
		words = append(words, "executable")
	}
	body = string(f.Data)
	if !utf8.Valid(f.Data) || strings.ContainsAny(body, "\x00\r") || slices.ContainsFunc(strings.Split(body, "\n"), bundleMark.MatchString) {
		var lines []string
		for code := base64.StdEncoding.EncodeToString(f.Data); code != ""; {
			n := min(base64Line, len(code))
			lines, code = append(lines, code[:n]), code[n:]
		}
		if len(lines) == 0 {
			return "", append(words, "base64")
		}
		return strings.Join(lines, "\n") + "\n", append(words, "base64")
	}
	if body != "" && !strings.HasSuffix(body, "\n") {
		return body + "\n", append(words, "open")
	}
	return body, words
}

// Unbundle reads what Bundle wrote: what stands before the first file, and
// the files. What cannot be read is fault Invalid with its line.
func Unbundle(text string) (head string, files []DryRunFile, err error) {
	var f *DryRunFile
	var words string
	var body strings.Builder
	end := func(line int) error {
		if f == nil {
			head = body.String()
			return nil
		}
		f.Data = []byte(body.String())
		if strings.Contains(words, "open") {
			f.Data = []byte(strings.TrimSuffix(body.String(), "\n"))
		}
		if strings.Contains(words, "base64") {
			data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body.String()), ""))
			if err != nil {
				return fault.Newf(fault.Invalid, "The file %s before line %d is not base 64.", f.Path, line)
			}
			f.Data = data
		}
		files = append(files, *f)
		return nil
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		m := bundleMark.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			body.WriteString(line)
			continue
		}
		if err := end(n); err != nil {
			return "", nil, err
		}
		body.Reset()
		f, words = &DryRunFile{Path: strings.TrimSpace(m[1]), Executable: strings.Contains(m[2], "executable")}, m[2]
	}
	return head, files, end(n + 1)
}
