// Package delivery knows how software reaches production and what happens
// there: deployments, changes and incidents, and the five DORA numbers made of
// them. Whatever order the reports arrive in, the numbers are the same.
package delivery

import (
	"slices"
	"strings"
	"time"
)

// Kind says what a deployment was for.
type Kind string

// The kinds. A hotfix is rework that also marks the deployment before it as
// failed.
const (
	Planned  Kind = "planned"
	Rework   Kind = "rework"
	Rollback Kind = "rollback"
	Hotfix   Kind = "hotfix"
)

// Kinds lists them.
var Kinds = []Kind{Planned, Rework, Rollback, Hotfix}

// Result is how a deployment ended.
type Result string

// The results. Only a success reached its environment.
const (
	Success Result = "success"
	Failure Result = "failure"
)

// Place is where things are deployed and break.
type Place struct {
	Service     string // entity reference
	Environment string
}

// Deployment is one attempt to bring a service to an environment.
type Deployment struct {
	ID string
	Place
	Production bool
	Result     Result
	Kind       Kind
	Started    time.Time // zero when not given
	Finished   time.Time
	Revision   string // commit
	Version    string
	Title      string
	URL        string
	Actor      string // who deployed, as the source says
	Source     string // who reported it: api or the name of a hook
	RollsBack  string // deployment that it takes back, as given
	Fixes      string // incident that it mends, as given

	// Derived from what else is known.
	Target  string // deployment that it takes back or mends
	Failed  bool
	Failure string // why it counts as failed, a sentence part
	Changes int64  // how many changes came with it
}

// Counted reports whether d is a deployment of the numbers: it reached
// production.
func (d Deployment) Counted() bool { return d.Production && d.Result == Success }

// IsRework reports whether d was not planned but answered an incident.
func (d Deployment) IsRework() bool { return d.Kind != Planned || d.Fixes != "" }

// Change is one commit that a deployment brings.
type Change struct {
	Service   string
	ID        string
	Committed time.Time // zero when unknown
	Authored  time.Time
	Merged    time.Time
	Title     string

	Deployment string    // the first counted one that brought it; derived
	Deployed   time.Time // when that finished
}

// Lead is how long c took from commit to production; ok is false when that
// is not known or cannot be (a commit after its deployment).
func (c Change) Lead() (time.Duration, bool) {
	if c.Committed.IsZero() || c.Deployed.IsZero() || c.Committed.After(c.Deployed) {
		return 0, false
	}
	return c.Deployed.Sub(c.Committed), true
}

// Incident is something that broke.
type Incident struct {
	ID string
	Place
	Production bool
	Severity   string
	Title      string
	URL        string
	Started    time.Time
	Resolved   time.Time // zero while open
	CausedBy   string    // deployment, as given
	Source     string
	Reported   time.Time // when the source said so; a later report wins

	Deployment string // the deployment that it is attributed to; derived
}

// productionNames are the environments that count as production; all but the
// first are other names for it.
var productionNames = []string{"production", "prod", "prd", "live"}

// EnvironmentOf is the environment's name as it is kept.
func EnvironmentOf(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || slices.Contains(productionNames, name) {
		return productionNames[0]
	}
	return name
}

// isProduction reports whether a kept environment name is production.
func isProduction(environment string) bool {
	return environment == productionNames[0] || strings.HasPrefix(environment, "production-") || strings.HasPrefix(environment, "prod-")
}

// merge returns what two reports of the same deployment say together,
// whichever came first: the later end counts, and its result.
func merge(a, b Deployment) Deployment {
	if b.Finished.Before(a.Finished) || b.Finished.Equal(a.Finished) && a.Result == Success {
		a, b = b, a
	}
	if b.Started.IsZero() || !a.Started.IsZero() && a.Started.Before(b.Started) {
		b.Started = a.Started
	}
	if b.Kind == Planned {
		b.Kind = a.Kind
	}
	b.Production = a.Production || b.Production
	for _, f := range []struct{ to, from *string }{{&b.RollsBack, &a.RollsBack}, {&b.Fixes, &a.Fixes}, {&b.Revision, &a.Revision},
		{&b.Version, &a.Version}, {&b.Title, &a.Title}, {&b.URL, &a.URL}, {&b.Actor, &a.Actor}, {&b.Source, &a.Source}} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return b
}

// mergeIncident returns what two reports of the same incident say together:
// the later report says whether it is over.
func mergeIncident(a, b Incident) Incident {
	if b.Reported.Before(a.Reported) || b.Reported.Equal(a.Reported) && b.Resolved.Before(a.Resolved) {
		a, b = b, a
	}
	if a.Started.Before(b.Started) {
		b.Started = a.Started
	}
	for _, f := range []struct{ to, from *string }{{&b.CausedBy, &a.CausedBy}, {&b.Severity, &a.Severity}, {&b.Title, &a.Title},
		{&b.URL, &a.URL}, {&b.Source, &a.Source}} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return b
}

// mergeChange keeps the earliest of each time.
func mergeChange(a, b Change) Change {
	b.Committed, b.Authored, b.Merged = earliest(a.Committed, b.Committed), earliest(a.Authored, b.Authored), earliest(a.Merged, b.Merged)
	if b.Title == "" {
		b.Title = a.Title
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
