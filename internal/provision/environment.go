// Package provision makes environments: it reads blueprints, launches and
// destroys what they describe through OpenTofu or Terraform, lets policy and
// price judge the plan, and keeps state, secrets and proof.
package provision

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
)

// State is where an environment stands.
type State string

// The states of an environment.
const (
	Requested        State = "requested"
	Planning         State = "planning"
	AwaitingApproval State = "awaiting_approval"
	Applying         State = "applying"
	Ready            State = "ready"
	Updating         State = "updating"
	Destroying       State = "destroying"
	Destroyed        State = "destroyed"
	Failed           State = "failed"    // something may exist
	Refused          State = "refused"   // by policy, approval or quota; nothing exists
	Cancelled        State = "cancelled" // nothing exists
)

// AllStates lists every state, in the order of a life.
var AllStates = []State{Requested, Planning, AwaitingApproval, Applying, Ready, Updating, Destroying, Destroyed,
	Failed, Refused, Cancelled}

// next holds every allowed move of an environment. Nothing else moves one.
var next = map[State][]State{
	Requested:        {Planning, Failed, Refused, Cancelled},
	Planning:         {AwaitingApproval, Applying, Failed, Refused, Cancelled},
	AwaitingApproval: {Planning, Applying, Failed, Refused, Cancelled},
	Applying:         {Ready, Failed},
	Ready:            {Updating, Destroying},
	Updating:         {Ready, Failed},
	Destroying:       {Destroyed, Failed},
	Failed:           {Planning, Applying, Destroying},
}

// May reports whether an environment may move from s to to.
func (s State) May(to State) bool { return slices.Contains(next[s], to) }

// Gone reports whether nothing of the environment exists any more, for good.
func (s State) Gone() bool { return s == Destroyed || s == Refused || s == Cancelled }

// Busy reports whether a run is changing the environment.
func (s State) Busy() bool {
	return s == Requested || s == Planning || s == AwaitingApproval || s == Applying || s == Updating || s == Destroying
}

// Words is the state as people read it.
func (s State) Words() string {
	if s == AwaitingApproval {
		return "awaiting approval"
	}
	return string(s)
}

// Kinds are the sorts of environments, from the most to the least disposable.
var Kinds = []string{"dev", "test", "preview", "staging", "production"}

// Environment is one environment.
type Environment struct {
	ID         string
	Name       string
	Owner      string // group reference
	Kind       string
	Blueprint  string
	Version    string
	Hash       string // of the blueprint's files
	Service    string // entity reference, or empty
	Parameters json.RawMessage
	State      State
	Reason     string // why it is failed, refused or cancelled; a sentence
	TTL        time.Duration
	By         string // who asked for it
	Entity     string // reference in the catalog
	Run        run.ID // the run that last worked on it
	DestroyRun run.ID // while it is being destroyed, or about to be
	Estimate   string // a month, decimal; empty: not known yet
	Currency   string
	Outputs    []Output
	CreatedAt  time.Time
	ReadyAt    time.Time
	ExpiresAt  time.Time
	GoneAt     time.Time // destroyed, refused or cancelled
}

// Output is one output of an environment. The value of a sensitive one is in
// the secret store.
type Output struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Value     string `json:"value,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
	Secret    string `json:"secret,omitempty"` // name in the secret store
}

// move takes e to another state; it does not write it.
func (e *Environment) move(to State) error {
	if !e.State.May(to) {
		return fault.Newf(fault.Conflict, "The environment %s is %s; it cannot become %s.", e.Name, e.State.Words(), to.Words())
	}
	e.State = to
	return nil
}

// Expired reports whether its time is up at now.
func (e Environment) Expired(now time.Time) bool {
	return !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt)
}

// Expiring reports whether its time is nearly up at now.
func (e Environment) Expiring(now time.Time) bool {
	return e.State == Ready && !e.ExpiresAt.IsZero() && e.ExpiresAt.Sub(now) < expiring
}

// expiring is how long before its end an environment is marked.
const expiring = 30 * time.Minute

// Filter says which environments are asked for.
type Filter struct {
	Owner   string // group reference
	Service string
	State   State // only those in it
	Gone    bool  // also those that are destroyed, refused or cancelled
	Mine    []string
	Limit   int
	After   string // id of the last one of the page before
}

// Plan is what a run would change, with what policy and price say of it.
type Plan struct {
	Run         run.ID
	Environment string
	Destroy     bool
	Version     string // of the blueprint
	InputHash   string
	Serial      int64 // of the state that it was made on
	Engine      string
	Changes     []Change
	Checks      []Check
	Estimate    Estimate
	CreatedAt   time.Time
	UsedAt      time.Time // when its apply began; a plan is used once
}

// Count is how many resources an action of the plan touches.
func (p Plan) Count(action string) int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == action {
			n++
		}
	}
	return n
}

// Check is what one policy rule says of a plan.
type Check struct {
	Rule     string `json:"rule"`
	Title    string `json:"title,omitempty"`
	Level    string `json:"level"` // advisory, soft-mandatory or hard-mandatory
	Passed   bool   `json:"passed"`
	Message  string `json:"message"`
	Resource string `json:"resource,omitempty"`
	Fix      string `json:"fix,omitempty"`
	Waiver   string `json:"waiver,omitempty"` // id of the waiver that covers it
}

// Blocks reports whether the check keeps the run from going on.
func (c Check) Blocks() bool { return !c.Passed && c.Level != "advisory" && c.Waiver == "" }
