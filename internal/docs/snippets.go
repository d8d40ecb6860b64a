package docs

import (
	"bytes"
	"regexp"
	"strings"
)

var snippetLine = regexp.MustCompile(`^([ \t]*)-{1,}8<-{1,}[ \t]+["']([^"'\n]+)["'][ \t]*$`)

const (
	maxSnippets     = 100
	maxSnippetDepth = 5
)

// snippets puts the files named by lines such as `--8<-- "file.md"` in their
// place. What cannot be read leaves a note and nothing else.
func snippets(src []byte, read func(string) ([]byte, error)) ([]byte, []Note) {
	if !bytes.Contains(src, []byte("8<-")) {
		return src, nil
	}
	s := &snippeter{read: read}
	var b strings.Builder
	s.put(&b, string(src), "", 0)
	return []byte(b.String()), s.notes
}

type snippeter struct {
	read  func(string) ([]byte, error)
	count int
	size  int
	notes []Note
}

func (s *snippeter) put(b *strings.Builder, text, indent string, depth int) {
	for i, line := range strings.SplitAfter(text, "\n") {
		m := snippetLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			if line != "" {
				b.WriteString(indent + line)
			}
			continue
		}
		body, why := s.load(m[2], depth)
		if why != "" {
			s.notes = append(s.notes, Note{Line: pickLine(depth, i+1), Text: "The snippet “" + short(m[2]) + "” " + why})
			b.WriteString("\n")
			continue
		}
		s.put(b, strings.TrimRight(string(body), "\n")+"\n", indent+m[1], depth+1)
	}
}

// pickLine is the line of a note: only lines of the page itself are told.
func pickLine(depth, line int) int {
	if depth > 0 {
		return 0
	}
	return line
}

func (s *snippeter) load(name string, depth int) ([]byte, string) {
	s.count++
	switch {
	case s.read == nil:
		return nil, "cannot be read here."
	case depth >= maxSnippetDepth || s.count > maxSnippets:
		return nil, "is one too many: snippets nest at most five deep and a page holds at most a hundred."
	}
	body, err := s.read(name)
	if err != nil {
		return nil, "is not in the source of these docs."
	}
	if s.size += len(body); s.size > maxPage {
		return nil, "makes the page too large."
	}
	_, body, _ = cutFront(body)
	return body, ""
}
