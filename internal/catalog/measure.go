package catalog

import "bytes"

// The YAML parser needs some 250 bytes for each value before anything can be
// counted, so a file of twenty million tiny values would cost gigabytes. What
// a document holds is estimated first, from its text alone.

// maxSeparators bounds the characters that can begin a value, wherever they
// stand; beyond it no closer look is taken.
const maxSeparators = 2_000_000

// tooManyNodes reports whether a document holds more values than it may.
func tooManyNodes(text []byte) bool {
	rough := 0
	for _, c := range text {
		if separator[c] {
			rough++
		}
	}
	// A separator makes two values at most: a key and what it stands for.
	if 2*rough < maxNodes {
		return false
	}
	if rough > maxSeparators {
		return true
	}
	m := measure{text: text}
	return m.values() > maxNodes
}

var separator = [256]bool{'\n': true, ',': true, '[': true, '{': true, ':': true, '-': true, '?': true}

// measure counts the values of a document without a parser: it leaves out
// comments, quoted texts and blocks, and counts what begins a value in the
// rest. It need not be exact; it must be quick and need no memory.
type measure struct {
	text []byte
	at   int
	n    int
	flow int // depth of [ and {
}

func (m *measure) values() int {
	for m.at < len(m.text) && m.n <= maxNodes {
		if m.flow > 0 {
			m.inFlow()
			continue
		}
		m.line()
	}
	return m.n
}

// line reads one line outside of brackets.
func (m *measure) line() {
	begin := m.at
	m.skip(" ")
	parent := m.at - begin
	for m.begins("- ") || m.begins("-\n") || m.begins("? ") {
		parent = m.at - begin
		m.n++
		m.at++
		m.skip(" ")
	}
	first := m.at - begin
	for m.at < len(m.text) {
		m.properties()
		switch c := m.peek(); c {
		case '\n':
			m.at++
			return
		case '#':
			m.toLineEnd()
		case '"', '\'':
			m.quoted(c)
		case '[', '{':
			m.bracket()
			return
		case '|', '>':
			m.toLineEnd()
			m.block(parent)
			return
		default:
			m.plain()
		}
		m.skip(" \t\r")
		if m.begins(": ") || m.begins(":\n") || m.begins(":\r") {
			m.n += 2
			m.at++
			parent = first
			m.skip(" \t\r")
		}
	}
}

func (m *measure) peek() byte {
	if m.at < len(m.text) {
		return m.text[m.at]
	}
	return '\n'
}

func (m *measure) begins(s string) bool { return bytes.HasPrefix(m.text[m.at:], []byte(s)) }

func (m *measure) skip(chars string) {
	for m.at < len(m.text) && bytes.IndexByte([]byte(chars), m.text[m.at]) >= 0 {
		m.at++
	}
}

func (m *measure) toLineEnd() {
	if i := bytes.IndexByte(m.text[m.at:], '\n'); i >= 0 {
		m.at += i
		return
	}
	m.at = len(m.text)
}

// properties skips tags and anchors before a value.
func (m *measure) properties() {
	for m.peek() == '!' || m.peek() == '&' {
		for m.at < len(m.text) && m.text[m.at] > ' ' {
			m.at++
		}
		m.skip(" \t")
	}
}

// quoted skips a quoted text, which may go over lines.
func (m *measure) quoted(quote byte) {
	for m.at++; m.at < len(m.text); m.at++ {
		switch c := m.text[m.at]; {
		case c == '\\' && quote == '"':
			m.at++
		case c == quote && quote == '\'' && m.begins("''"):
			m.at++
		case c == quote:
			m.at++
			return
		}
	}
}

// plain skips an unquoted text to the end of the line, to a comment, or to the
// colon that makes it a key.
func (m *measure) plain() {
	for m.at < len(m.text) && m.text[m.at] != '\n' && !m.begins(" #") && !m.begins(": ") && !m.begins(":\n") && !m.begins(":\r") {
		m.at++
	}
}

// block skips the lines of a block text: those indented deeper than what holds
// it.
func (m *measure) block(parent int) {
	for m.at < len(m.text) {
		m.at = min(m.at+1, len(m.text)) // the end of the line before
		begin := m.at
		m.skip(" ")
		if c := m.peek(); c != '\n' && c != '\r' && m.at-begin <= parent && m.at < len(m.text) {
			m.at = begin
			return
		}
		m.toLineEnd()
	}
}

// bracket enters a list or object in brackets.
func (m *measure) bracket() {
	m.flow++
	m.n++
	m.at++
	m.flowValue()
}

// flowValue skips a quoted text where a value may begin.
func (m *measure) flowValue() {
	m.skip(" \t\r\n")
	m.properties()
	if c := m.peek(); c == '"' || c == '\'' {
		m.quoted(c)
	}
}

// inFlow reads one character inside of brackets.
func (m *measure) inFlow() {
	switch c := m.text[m.at]; {
	case c == '[' || c == '{':
		m.bracket()
		return
	case c == ']' || c == '}':
		m.flow--
	case c == ',' || c == ':':
		m.n++
		m.at++
		m.flowValue()
		return
	case c == '#' && m.at > 0 && (m.text[m.at-1] == ' ' || m.text[m.at-1] == '\n'):
		m.toLineEnd()
		return
	}
	m.at++
}
