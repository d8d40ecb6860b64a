package apidef

import (
	"strings"
)

// protoToken is one word or sign of a protobuf file.
type protoToken struct {
	text  string
	line  int
	above string // the comment that ends on the line before
	after string // the comment on the same line
}

// scanProto splits a file into tokens. Comments go to the token that they
// describe.
func scanProto(text string) []protoToken {
	s := &protoScanner{text: text, line: 1}
	for s.at < len(s.text) {
		s.next()
	}
	return s.out
}

type protoScanner struct {
	text    string
	at      int
	line    int
	out     []protoToken
	comment []string // lines that wait for the next token
	ended   int      // line on which the waiting comment ended
}

func (s *protoScanner) next() {
	c := s.text[s.at]
	switch {
	case c == '\n':
		s.line++
		s.at++
	case c == ' ' || c == '\t' || c == '\r':
		s.at++
	case strings.HasPrefix(s.text[s.at:], "//"):
		end := s.until("\n")
		s.note(strings.TrimLeft(s.text[s.at:end], "/"))
		s.at = end
	case strings.HasPrefix(s.text[s.at:], "/*"):
		end := s.until("*/")
		body := strings.TrimPrefix(s.text[s.at:end], "/*")
		s.line += strings.Count(body, "\n")
		s.note(strings.Trim(body, "*"))
		s.at = min(end+2, len(s.text))
	case c == '"' || c == '\'':
		s.quoted(c)
	case isWord(c):
		end := s.at
		for end < len(s.text) && isWord(s.text[end]) {
			end++
		}
		s.token(s.text[s.at:end])
	default:
		s.token(s.text[s.at : s.at+1])
	}
}

// until is where sign begins, or the end.
func (s *protoScanner) until(sign string) int {
	if i := strings.Index(s.text[s.at:], sign); i >= 0 {
		return s.at + i
	}
	return len(s.text)
}

func (s *protoScanner) quoted(quote byte) {
	end := s.at + 1
	for end < len(s.text) && s.text[end] != quote && s.text[end] != '\n' {
		if s.text[end] == '\\' {
			end++
		}
		end++
	}
	s.token(s.text[s.at:min(end+1, len(s.text))])
}

func (s *protoScanner) token(text string) {
	t := protoToken{text: text, line: s.line}
	if len(s.comment) > 0 && s.ended >= s.line-1 {
		t.above = strings.TrimSpace(strings.Join(s.comment, "\n"))
	}
	s.comment = nil
	s.out = append(s.out, t)
	s.at += len(text)
}

// note keeps a comment: with the token before it on the same line, else for
// the one after it.
func (s *protoScanner) note(text string) {
	const most = 400 // lines
	var lines []string
	for l := range strings.SplitSeq(text, "\n") {
		l = strings.TrimSpace(l)
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(l, "*")))
	}
	body := strings.TrimSpace(strings.Join(lines, "\n"))
	if n := len(s.out); n > 0 && s.out[n-1].line == s.line && len(s.comment) == 0 {
		s.out[n-1].after = cut(body, 2000)
		return
	}
	if s.ended < s.line-1 || len(s.comment) > most {
		s.comment = nil // a blank line parts it from what follows
	}
	s.comment = append(s.comment, cut(body, 20_000))
	s.ended = s.line
}

func isWord(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
