// Package action is the one door through which everything changes. A page's
// form, a REST call, the CLI and an AI tool all end in Registry.Do, which
// checks the schema, prepares, authorises, asks policy, and then in one
// transaction claims quota, executes and appends the event.
package action

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Actor is who acts: a person, a token's owner, or the system itself.
type Actor struct {
	ID      string   // entity reference (user:default/ada), account:… without a User, or system:name
	Name    string   // what people call it
	Via     string   // page, api, cli, hook or system
	Groups  []string // canonical references of groups of which it is a direct member
	Above   []string // the groups as whose member it reads: Groups and all above them
	Grants  []Grant  // roles it holds
	Scopes  []string // of a token: the action names it may call; nil means all
	Limited bool     // came with a token that may do less than its owner
	Request string   // request id, for the event
}

// Grant is one role, held everywhere or for one group.
type Grant struct {
	Role  string
	Group string // canonical group reference; empty means everywhere
}

// System returns the system as an actor, such as system:ttl.
func System(name string) Actor {
	return Actor{ID: "system:" + name, Name: name, Via: "system"}
}

// Traits say what kind of change an action is.
type Traits struct {
	ReadOnly    bool `json:"readOnly"`
	Destructive bool `json:"destructive"`
	Idempotent  bool `json:"idempotent"`
	StartsRun   bool `json:"startsRun"` // answers 202
	Sensitive   bool `json:"-"`         // events and keys keep a hash of the input only, no output
	// Unlinked is for inputs that must never be led back to the actor, not even
	// by trying all of them against a hash: the event keeps none.
	Unlinked bool `json:"-"`
}

// Claim asks for n of what a quota counts, such as environments of a team.
type Claim struct {
	Quota string // quota name, such as environments
	Owner string // group reference
	N     int64  // negative gives back
}

// Prepared is what an action found out before anything is written.
type Prepared struct {
	Subject     string // what it is done to
	Owner       string // group that owns the subject; authorisation is asked on it. Empty: nobody's
	Permission  string // replaces Def.Permission when the input decides it (launching in production)
	Hidden      bool   // the subject is not visible to the actor: a refusal answers as not found
	PolicyInput any    // what policy judges; nil: no policy
	Claims      []Claim
	Preview     any // what a dry run answers
	// Execute writes the change; the database only, never the network.
	Execute func(context.Context, tx.Tx) (Output, error)
	// Committed is called after the transaction, to drop what this process
	// remembers. May be nil.
	Committed func()
}

// Output is the answer of an action.
type Output struct {
	Body     any    `json:"body"`               // JSON object for the API
	Started  bool   `json:"started,omitempty"`  // a run was started: 202
	Location string `json:"location,omitempty"` // where a page goes next
	Message  string `json:"message,omitempty"`  // a sentence for the toast after it
}

// Def is one action. Name and Schema are what every interface shows.
type Def struct {
	Name        string // kebab case, as in the API
	Title       string // a short imperative for people
	Summary     string // one sentence
	Permission  string // needed on the owner of the subject, see access
	Schema      json.RawMessage
	Traits      Traits
	Prepare     func(context.Context, Actor, json.RawMessage) (Prepared, error) // reads only
	SampleInput json.RawMessage                                                 // an example for the API description; may be nil
	// First asks for the permission, held everywhere, before Prepare: for
	// actions on what no team owns whose Prepare costs much or tells much.
	First bool
	// FirstSomewhere is First for a permission that is held everywhere or for
	// one of the actor's groups: for actions whose Prepare reads, with the
	// portal's own credentials, what the actor could not.
	FirstSomewhere bool
	// Redact returns the input as the event keeps it, for inputs that hold a
	// secret among much that is none. May be nil.
	Redact func(json.RawMessage) json.RawMessage
}

// Decision is what policy says of a request.
type Decision struct {
	Violations []fault.Violation // all of them, also the advisory ones
	Waived     []string          // rules that a waiver covers
}

// Access decides who may do what.
type Access interface {
	// Authorize returns fault Forbidden (or Unauthenticated) unless a holds
	// permission on what owner owns.
	Authorize(ctx context.Context, a Actor, permission, owner string) error
}

// Policy judges requests. Hard and unwaived soft violations are for Do to
// turn into refusals.
type Policy interface {
	Check(ctx context.Context, action string, input any) (Decision, error)
}

// Quota counts what teams have.
type Quota interface {
	// Claim takes all claims or none; fault Quota names the first that does
	// not fit.
	Claim(ctx context.Context, t tx.Tx, c []Claim) error
}

// Key is one use of an Idempotency-Key.
type Key struct {
	Value  string // as the client sent it
	Actor  string
	Action string
	Hash   string // of the input
}

// Keys remembers the answers to repeated calls for 24 hours.
type Keys interface {
	// Once returns the earlier output for k, or nil when k is new. The same
	// key with another input is fault Conflict.
	Once(ctx context.Context, t tx.Tx, k Key) (*Output, error)
	// Keep stores out as the answer to k.
	Keep(ctx context.Context, t tx.Tx, k Key, out Output) error
}
