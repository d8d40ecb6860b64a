package terraform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// Message is one line of the engine's output.
type Message struct {
	Level    string // info, warn or error
	Type     string // the engine's type: apply_start, apply_complete, diagnostic …
	Text     string // for people; empty when there is nothing to show
	Resource string // address, if it is about a resource
	Action   string // create, update, delete, read …
	ID       string // of the resource, when it is known
}

// Sink takes messages in order.
type Sink func(Message)

// Diagnostic is what the engine says went wrong.
type Diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    *struct {
		Filename string `json:"filename"`
		Start    struct {
			Line int `json:"line"`
		} `json:"start"`
	} `json:"range"`
	Snippet *struct {
		Code string `json:"code"`
	} `json:"snippet"`
}

// String is the diagnostic in one paragraph.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.Summary)
	if d.Address != "" {
		b.WriteString(" (" + d.Address + ")")
	}
	if d.Range != nil {
		fmt.Fprintf(&b, " at %s line %d", d.Range.Filename, d.Range.Start.Line)
		if d.Snippet != nil {
			b.WriteString(": " + strings.TrimSpace(d.Snippet.Code))
		}
	}
	if detail := strings.TrimSpace(d.Detail); detail != "" {
		b.WriteString(". " + detail)
	}
	return b.String()
}

// The limits of what is read from an engine.
const (
	maxLineBytes = 1 << 20  // a longer line is left out, with a note
	maxAllBytes  = 64 << 20 // after that only errors and results are kept
)

// stream is a writer that turns the engine's JSON lines into messages. It
// never fails, since a failed write would kill the engine.
type stream struct {
	sink Sink

	mu      sync.Mutex
	line    []byte
	skipped int // bytes of the current line that were left out
	total   int
	diags   []Diagnostic
}

func newStream(sink Sink) *stream { return &stream{sink: sink} }

// Write implements io.Writer.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := p
	for {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			s.keep(rest)
			return len(p), nil
		}
		s.keep(rest[:i])
		s.end()
		rest = rest[i+1:]
	}
}

// Close hands on a last line without an end.
func (s *stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.line) > 0 {
		s.end()
	}
}

func (s *stream) keep(b []byte) {
	if room := maxLineBytes - len(s.line); len(b) > room {
		s.skipped += len(b) - room
		b = b[:room]
	}
	s.line = append(s.line, b...)
}

func (s *stream) end() {
	line, skipped := s.line, s.skipped
	s.line, s.skipped = s.line[:0], 0
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	if skipped > 0 {
		s.sink(Message{Level: "warn", Text: fmt.Sprintf("(a line of %d bytes was left out)", len(line)+skipped)})
		return
	}
	m, d := parseLine(line)
	if d != nil && d.Severity == "error" {
		s.diags = append(s.diags, *d)
	}
	s.total += len(line)
	if s.total > maxAllBytes && m.Level == "info" && m.ID == "" {
		if s.total-len(line) <= maxAllBytes {
			s.sink(Message{Level: "warn", Text: "(the output is very long: from here on only results and errors are kept)"})
		}
		return
	}
	s.sink(m)
}

func (s *stream) errors() []Diagnostic {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.diags
}

// quiet are types whose text says nothing to people, or repeats what the plan
// shows. Outputs are among them because their values may be secret.
var quiet = map[string]bool{"version": true, "outputs": true, "planned_change": true, "resource_drift": true,
	"change_summary": false}

// parseLine reads one line; what is not JSON is passed on as text.
func parseLine(line []byte) (Message, *Diagnostic) {
	var l struct {
		Level      string      `json:"@level"`
		Text       string      `json:"@message"`
		Type       string      `json:"type"`
		Diagnostic *Diagnostic `json:"diagnostic"`
		Hook       struct {
			Resource struct {
				Addr string `json:"addr"`
			} `json:"resource"`
			Action string `json:"action"`
			ID     string `json:"id_value"`
		} `json:"hook"`
	}
	if err := json.Unmarshal(line, &l); err != nil || (l.Text == "" && l.Type == "") {
		return Message{Level: "info", Text: strings.ToValidUTF8(string(line), string(utf8.RuneError))}, nil
	}
	m := Message{Level: l.Level, Type: l.Type, Text: l.Text, Resource: l.Hook.Resource.Addr,
		Action: l.Hook.Action, ID: l.Hook.ID}
	if quiet[l.Type] {
		m.Text = ""
	}
	if l.Diagnostic != nil {
		m.Text = l.Diagnostic.String()
		m.Resource = l.Diagnostic.Address
	}
	return m, l.Diagnostic
}
