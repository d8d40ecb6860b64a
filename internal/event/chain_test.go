package event

import (
	"encoding/json"
	"testing"
	"time"
)

func sealed(n int) []Sealed {
	out := make([]Sealed, n)
	before := ""
	for i := range out {
		e := Event{ID: "evt_" + string(rune('a'+i)), Type: "run.started", At: time.Date(2026, 11, 20, 12, 0, i, 0, time.UTC), Data: json.RawMessage(`{"n":1}`)}
		out[i] = Sealed{Event: e, Seq: int64(i + 1), Hash: Chain(before, int64(i+1), e)}
		before = out[i].Hash
	}
	return out
}

func TestVerifier(t *testing.T) {
	tests := []struct {
		name   string
		change func([]Sealed) []Sealed
		broken int64
		upTo   int64
	}{
		{"whole", func(s []Sealed) []Sealed { return s }, 0, 5},
		{"empty", func([]Sealed) []Sealed { return nil }, 0, 0},
		{"changed data", func(s []Sealed) []Sealed { s[2].Data = json.RawMessage(`{"n":2}`); return s }, 3, 2},
		{"changed actor", func(s []Sealed) []Sealed { s[0].Actor = "user:default/eve"; return s }, 1, 0},
		{"one missing", func(s []Sealed) []Sealed { return append(s[:1], s[2:]...) }, 2, 1},
		{"first missing", func(s []Sealed) []Sealed { return s[1:] }, 1, 0},
		{"two exchanged", func(s []Sealed) []Sealed { s[1].Event, s[2].Event = s[2].Event, s[1].Event; return s }, 2, 1},
		{"changed and sealed anew", func(s []Sealed) []Sealed {
			s[2].Type = "run.finished"
			s[2].Hash = Chain(s[1].Hash, 3, s[2].Event)
			return s
		}, 4, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w Verifier
			for _, e := range tt.change(sealed(5)) {
				if !w.Add(e) {
					break
				}
			}
			v := w.Result(2)
			if v.OK != (tt.broken == 0) || v.BrokenAt != tt.broken || v.UpTo != tt.upTo || v.Waiting != 2 {
				t.Errorf("got %+v, want broken at %d, good up to %d", v, tt.broken, tt.upTo)
			}
		})
	}
}
