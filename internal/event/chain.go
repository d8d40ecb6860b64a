package event

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/tx"
)

// Sealed is an event with its place in the chain. Seq and Hash are empty until
// the sealer has come by, which takes a second at most.
type Sealed struct {
	Event
	Seq  int64
	Hash string
}

// Chain is the hash of e at place seq, after the event whose hash is before:
// SHA-256 over a JSON array of all of them. Whoever has the events can work it
// out again.
func Chain(before string, seq int64, e Event) string {
	b, err := json.Marshal([]any{before, seq, e.ID, e.Type, e.Actor, e.Subject, e.Owner, e.Action, e.Request, tx.Format(e.At), string(e.Data)})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Verification is what a walk along the chain found.
type Verification struct {
	OK       bool   `json:"ok"`
	UpTo     int64  `json:"upTo"`               // number of the last event that is proven
	Hash     string `json:"hash"`               // its hash, to be kept elsewhere as evidence
	Waiting  int64  `json:"waiting"`            // events that are not sealed yet
	BrokenAt int64  `json:"brokenAt,omitempty"` // number at which the chain does not hold
	Reason   string `json:"reason,omitempty"`
}

// Verifier walks along a chain, event by event in order.
type Verifier struct{ v Verification }

// Add checks the next event; false once the chain is broken.
func (w *Verifier) Add(e Sealed) bool {
	switch {
	case w.v.Reason != "":
		return false
	case e.Seq != w.v.UpTo+1:
		w.v.BrokenAt, w.v.Reason = w.v.UpTo+1, "An event is missing here."
	case e.Hash != Chain(w.v.Hash, e.Seq, e.Event):
		w.v.BrokenAt, w.v.Reason = e.Seq, "This event is not what was sealed."
	default:
		w.v.UpTo, w.v.Hash = e.Seq, e.Hash
	}
	return w.v.Reason == ""
}

// Result is what the walk found; waiting is how many events are not sealed.
func (w *Verifier) Result(waiting int64) Verification {
	v := w.v
	v.OK, v.Waiting = v.Reason == "", waiting
	return v
}
