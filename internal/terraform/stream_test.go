package terraform

import (
	"strings"
	"testing"
)

func read(lines string) ([]Message, *stream) {
	var out []Message
	s := newStream(func(m Message) { out = append(out, m) })
	s.Write([]byte(lines))
	s.Close()
	return out, s
}

func TestStream(t *testing.T) {
	tests := []struct {
		name, line string
		want       Message
	}{
		{"made", `{"@level":"info","@message":"a.b: Creation complete","type":"apply_complete","hook":{"resource":{"addr":"a.b"},"action":"create","id_key":"id","id_value":"x"}}`,
			Message{Level: "info", Type: "apply_complete", Text: "a.b: Creation complete", Resource: "a.b", Action: "create", ID: "x"}},
		{"outputs are not shown", `{"@level":"info","@message":"Outputs: 1","type":"outputs","outputs":{"p":{"value":"s3cr3t"}}}`,
			Message{Level: "info", Type: "outputs"}},
		{"diagnostic with its place", `{"@level":"error","@message":"Error: bad","type":"diagnostic","diagnostic":{"severity":"error","summary":"bad","detail":"Really.","address":"a.b","range":{"filename":"main.tf","start":{"line":7}},"snippet":{"code":"  x = 1"}}}`,
			Message{Level: "error", Type: "diagnostic", Text: "bad (a.b) at main.tf line 7: x = 1. Really.", Resource: "a.b"}},
		{"not JSON", "panic: oh", Message{Level: "info", Text: "panic: oh"}},
		{"not text", "\xff\xfe", Message{Level: "info", Text: "�"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, end := range []string{"\n", ""} {
				got, _ := read(tt.line + end)
				if len(got) != 1 || got[0] != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			}
		})
	}
}

func TestStreamKeepsErrorsForTheFailure(t *testing.T) {
	_, s := read(`{"@level":"warn","type":"diagnostic","diagnostic":{"severity":"warning","summary":"old"}}` + "\n" +
		`{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"bad"}}` + "\n")
	if d := s.errors(); len(d) != 1 || d[0].Summary != "bad" {
		t.Errorf("got %+v, want the error only", d)
	}
}

func TestStreamLeavesOutWhatIsTooLong(t *testing.T) {
	got, _ := read(strings.Repeat("x", 10<<20) + "\nafter\n")
	if len(got) != 2 || !strings.Contains(got[0].Text, "10485760 bytes") || got[1].Text != "after" {
		t.Errorf("got %d messages: %.80v", len(got), got)
	}
	line := strings.Repeat("y", 1<<19) + "\n"
	got, _ = read(strings.Repeat(line, 140) + `{"@level":"error","@message":"Error: bad"}` + "\n")
	if n := len(got); n > 131 || got[n-1].Text != "Error: bad" || !strings.Contains(got[n-2].Text, "very long") {
		t.Errorf("got %d messages, want the rest left out and the error kept", n)
	}
}

func FuzzStream(f *testing.F) {
	f.Add(`{"@level":"info","hook":{"resource":null}}`)
	f.Add("{\"diagnostic\":{}}\n\n\x00")
	f.Fuzz(func(t *testing.T, in string) {
		got, _ := read(in)
		for _, m := range got {
			if len(m.Text) > 4*maxLineBytes {
				t.Errorf("a text of %d bytes", len(m.Text))
			}
		}
	})
}
