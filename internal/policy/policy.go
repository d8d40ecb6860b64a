// Package policy judges requests and plans with Open Policy Agent. Rules are
// files: NAME.rego says when a rule is broken, NAME.yaml what it is called,
// how much it weighs and how to mend what breaks it. All rules are compiled
// once; each is evaluated by itself, so that a fault in one says nothing of
// the others.
package policy

import (
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Level is how much a rule weighs.
type Level string

// The levels. A broken advisory rule is a remark, a soft one needs a waiver,
// a hard one stops whatever breaks it.
const (
	Advisory Level = "advisory"
	Soft     Level = "soft-mandatory"
	Hard     Level = "hard-mandatory"
)

func (l Level) known() bool { return l == Advisory || l == Soft || l == Hard }

// weight orders levels.
func (l Level) weight() int {
	switch l {
	case Hard:
		return 2
	case Soft:
		return 1
	}
	return 0
}

// Phase is what is judged.
type Phase string

// The phases.
const (
	Request Phase = "request" // what somebody asks for, before anything is planned
	Plan    Phase = "plan"    // what Terraform would do
	Files   Phase = "files"   // what a template has made, before it is published
)

// Rule is one policy as people know it.
type Rule struct {
	Name        string  `yaml:"-"`
	Title       string  `yaml:"title"`
	Description string  `yaml:"description"`
	Level       Level   `yaml:"level"`
	Applies     []Phase `yaml:"applies"`
	Fix         string  `yaml:"fix"`
	Waivable    bool    `yaml:"waivable"` // a hard rule with softer parts, which a waiver can cover
	File        string  `yaml:"-"`        // path of the Rego file below the policies
	Source      string  `yaml:"-"`
	Tests       string  `yaml:"-"` // source of the tests, empty if there are none
}

// CanWaive reports whether a waiver of the rule could cover anything.
func (r Rule) CanWaive() bool { return r.Level == Soft || r.Waivable }

func (r Rule) judges(p Phase) bool {
	for _, a := range r.Applies {
		if a == p {
			return true
		}
	}
	return false
}

// Input is what a plan is judged by. Request and Cost go to the rules as JSON.
type Input struct {
	Plan        []byte // Terraform's plan as JSON
	Request     any    // name, owner, kind, service, ttl, parameters
	Cost        any    // monthly (decimal text) and currency
	Environment string // id, for waivers
	Owner       string // group reference, for waivers and the record
	By          string // actor, for the record
	Run         string
}

// Check is what one rule says: one entry for each thing that breaks it, or one
// that says what is fine.
type Check struct {
	Rule     string `json:"rule"`
	Title    string `json:"title"`
	Level    Level  `json:"severity"`
	Passed   bool   `json:"passed"`
	Message  string `json:"message"`
	Resource string `json:"resource,omitempty"`
	Fix      string `json:"fix,omitempty"`
	Waiver   string `json:"waiver,omitempty"` // id of the waiver that covers it
}

// Blocks reports whether the check stops what is judged.
func (c Check) Blocks() bool { return !c.Passed && c.Level != Advisory && c.Waiver == "" }

// Result is what all rules say.
type Result struct {
	Checks []Check `json:"checks"`
}

// Allowed reports whether nothing blocks.
func (r Result) Allowed() bool {
	for _, c := range r.Checks {
		if c.Blocks() {
			return false
		}
	}
	return true
}

// Violations lists what is broken, also what is advisory or waived.
func (r Result) Violations() []fault.Violation {
	var out []fault.Violation
	for _, c := range r.Checks {
		if !c.Passed {
			out = append(out, fault.Violation{Rule: c.Rule, Severity: string(c.Level), Message: c.Message, Resource: c.Resource, Fix: c.Fix})
		}
	}
	return out
}

// Decision is a judgement as kept.
type Decision struct {
	ID          string    `json:"id"`
	At          time.Time `json:"at"`
	Phase       Phase     `json:"phase"`
	Action      string    `json:"action,omitempty"`
	Subject     string    `json:"subject"`
	Owner       string    `json:"owner"`
	By          string    `json:"by"`
	Run         string    `json:"run,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Allowed     bool      `json:"allowed"`
	Checks      []Check   `json:"checks"`
}
