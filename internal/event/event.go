// Package event is the append-only record of what happened. An event is
// written in the transaction of what it reports; a sealer later numbers and
// chains them. Audit, notices, webhooks and delivery are readings of events.
package event

import (
	"context"
	"encoding/json"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// Event is one thing that happened.
type Event struct {
	ID      string // set by Append when empty: evt_ and a ULID
	Type    string // what happened: noun.verb, such as environment.ready or action.refused
	Actor   string // who did it: an entity reference or system:name
	Subject string // what it happened to: an entity reference or an id
	Owner   string // the group that owns the subject; decides who may read Data
	Action  string // the action, if one was behind it
	Request string // the request id, if a request was behind it
	At      time.Time
	Data    json.RawMessage // details; never a secret
}

// Log appends events. The store implements it.
type Log interface {
	// Append writes e in t; At is t.Now() unless it is set.
	Append(ctx context.Context, t tx.Tx, e Event) error
}
