package delivery

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// DeploymentInput is a deployment as callers report it.
type DeploymentInput struct {
	ID          string        `json:"id"`
	Service     string        `json:"service"`
	Environment string        `json:"environment"`
	StartedAt   string        `json:"startedAt"`
	FinishedAt  string        `json:"finishedAt"`
	Result      string        `json:"result"`
	Kind        string        `json:"kind"`
	RollsBack   string        `json:"rollsBack"`
	Fixes       string        `json:"fixes"`
	Revision    string        `json:"revision"`
	Version     string        `json:"version"`
	Title       string        `json:"title"`
	URL         string        `json:"url"`
	Actor       string        `json:"actor"`
	Production  bool          `json:"-"` // the source says so itself
	Commits     []CommitInput `json:"commits"`
}

// CommitInput is one change of a deployment.
type CommitInput struct {
	ID          string `json:"id"`
	CommittedAt string `json:"committedAt"`
	AuthoredAt  string `json:"authoredAt"`
	MergedAt    string `json:"mergedAt"`
	Message     string `json:"message"`
}

// IncidentInput is an incident as callers report it.
type IncidentInput struct {
	ID          string `json:"id"`
	Service     string `json:"service"`
	Environment string `json:"environment"`
	StartedAt   string `json:"startedAt"`
	ResolvedAt  string `json:"resolvedAt"`
	ReportedAt  string `json:"reportedAt"`
	CausedBy    string `json:"causedBy"`
	Severity    string `json:"severity"`
	Title       string `json:"title"`
	URL         string `json:"url"`
}

// maxText bounds the texts that callers give.
const maxText = 500

// maxCommits bounds the changes of one deployment.
const maxCommits = 2000

// checker collects the faults of an input.
type checker struct {
	faults []fault.Field
	now    time.Time
}

func (c *checker) bad(field, code, message string) {
	c.faults = append(c.faults, fault.Field{Field: field, Code: code, Message: message})
}

// skew is how far ahead of ours a source's clock may be.
const skew = 5 * time.Minute

func (c *checker) time(field, s string, required bool) time.Time {
	if s == "" {
		if required {
			c.bad(field, "required", "This time is needed.")
		}
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	switch {
	case err != nil || t.Year() < 1970 || t.Year() > 2200:
		c.bad(field, "format", "Give the time as 2026-10-01T09:12:00Z.")
		return time.Time{}
	case t.After(c.now.Add(skew)):
		c.bad(field, "future", "This time has not come yet.")
	}
	return t.UTC().Truncate(time.Microsecond)
}

// id checks an identifier: something short that a line of text can hold.
func (c *checker) id(field, s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 255 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uffff' || r == '\ufffd' }) {
		c.bad(field, "pattern", "An id is one line of at most 255 characters.")
	}
	return s
}

func (c *checker) service(s string) string {
	if s == "" {
		c.bad("service", "required", "Name the service.")
		return ""
	}
	ref, err := catalog.ParseRef(strings.TrimSpace(s), "component", "")
	if err != nil || len(s) > 255 || !referenceForm.MatchString(ref.String()) {
		c.bad("service", "pattern", "A service is a name or an entity reference, such as component:default/payment-api.")
		return ""
	}
	return ref.String()
}

var referenceForm = regexp.MustCompile(`^[a-z][a-z0-9-]*:[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*$`)

func (c *checker) err() error {
	if len(c.faults) > 0 {
		return fault.InvalidFields(c.faults...)
	}
	return nil
}

func short(s string) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "")
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText-1]) + "…"
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// link keeps web addresses only.
func link(s string) string {
	if s = short(s); strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

// Deployment makes a deployment and its changes out of an input, or says what
// is wrong with it. source is who reports.
func (in DeploymentInput) Deployment(source string, now time.Time) (Deployment, []Change, error) {
	c := &checker{now: now}
	d := Deployment{ID: c.id("id", in.ID), Place: Place{c.service(in.Service), EnvironmentOf(c.id("environment", in.Environment))},
		Production: in.Production, Result: Result(in.Result), Kind: Kind(in.Kind), Revision: c.id("revision", in.Revision),
		Version: short(in.Version), Title: short(in.Title), URL: link(in.URL), Actor: short(in.Actor), Source: source,
		RollsBack: c.id("rollsBack", in.RollsBack), Fixes: c.id("fixes", in.Fixes),
		Started: c.time("startedAt", in.StartedAt, false), Finished: c.time("finishedAt", in.FinishedAt, true)}
	if d.ID == "" {
		c.bad("id", "required", "A deployment needs its id.")
	}
	if d.Kind == "" {
		d.Kind = Planned
	}
	if d.Result == "" {
		d.Result = Success
	}
	if !slices.Contains(Kinds, d.Kind) {
		c.bad("kind", "enum", "The kind is planned, rework, rollback or hotfix.")
	}
	if d.Result != Success && d.Result != Failure {
		c.bad("result", "enum", "The result is success or failure.")
	}
	if d.Started.After(d.Finished) {
		c.bad("startedAt", "range", "It began after it ended.")
	}
	changes := in.changes(c, d.Service)
	return d, changes, c.err()
}

func (in DeploymentInput) changes(c *checker, service string) []Change {
	if len(in.Commits) > maxCommits {
		c.bad("commits", "maxItems", "A deployment may bring at most 2000 commits.")
		return nil
	}
	out := make([]Change, 0, len(in.Commits))
	seen := map[string]bool{}
	for _, m := range in.Commits {
		id := c.id("commits.id", m.ID)
		if id == "" {
			c.bad("commits.id", "required", "A commit needs its id.")
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		out = append(out, Change{Service: service, ID: id, Committed: c.time("commits.committedAt", m.CommittedAt, false),
			Authored: c.time("commits.authoredAt", m.AuthoredAt, false), Merged: c.time("commits.mergedAt", m.MergedAt, false),
			Title: short(m.Message)})
	}
	return out
}

// Incident makes an incident out of an input, or says what is wrong with it.
func (in IncidentInput) Incident(source string, now time.Time) (Incident, error) {
	c := &checker{now: now}
	i := Incident{ID: c.id("id", in.ID), Place: Place{c.service(in.Service), EnvironmentOf(c.id("environment", in.Environment))},
		Severity: short(in.Severity), Title: short(in.Title), URL: link(in.URL), Source: source, CausedBy: c.id("causedBy", in.CausedBy),
		Started: c.time("startedAt", in.StartedAt, true), Resolved: c.time("resolvedAt", in.ResolvedAt, false),
		Reported: c.time("reportedAt", in.ReportedAt, false)}
	if i.ID == "" {
		c.bad("id", "required", "An incident needs its id.")
	}
	if !i.Resolved.IsZero() && i.Resolved.Before(i.Started) {
		c.bad("resolvedAt", "range", "It was resolved before it began.")
	}
	if i.Reported.IsZero() {
		i.Reported = i.Started
		if !i.Resolved.IsZero() {
			i.Reported = i.Resolved
		}
	}
	return i, c.err()
}

// deploymentBody is a deployment as the API shows it.
func deploymentBody(d Deployment) map[string]any {
	return map[string]any{"id": d.ID, "service": d.Service, "environment": d.Environment, "production": d.Production,
		"result": d.Result, "kind": d.Kind, "startedAt": stamp(d.Started), "finishedAt": stamp(d.Finished), "revision": d.Revision,
		"version": d.Version, "title": d.Title, "url": d.URL, "by": d.Actor, "source": d.Source, "rollsBack": d.RollsBack,
		"fixes": d.Fixes, "target": d.Target, "failed": d.Failed, "failure": d.Failure, "changes": d.Changes, "counted": d.Counted()}
}

// incidentBody is an incident as the API shows it.
func incidentBody(i Incident) map[string]any {
	return map[string]any{"id": i.ID, "service": i.Service, "environment": i.Environment, "severity": i.Severity, "title": i.Title,
		"url": i.URL, "startedAt": stamp(i.Started), "resolvedAt": stamp(i.Resolved), "causedBy": i.CausedBy,
		"deployment": i.Deployment, "source": i.Source}
}

// stamp is a time as the API writes it, null when it is not known.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Body is d as the API shows it.
func (d Deployment) Body() map[string]any { return deploymentBody(d) }

// Body is i as the API shows it.
func (i Incident) Body() map[string]any { return incidentBody(i) }

// Body is c as the API shows it.
func (c Change) Body() map[string]any {
	out := map[string]any{"id": c.ID, "service": c.Service, "title": c.Title, "committedAt": stamp(c.Committed),
		"mergedAt": stamp(c.Merged), "deployment": c.Deployment, "deployedAt": stamp(c.Deployed), "lead_s": nil}
	if lead, ok := c.Lead(); ok {
		out["lead_s"] = lead.Seconds()
	}
	return out
}

// Body is r as the API shows it.
func (r Recovery) Body() map[string]any {
	return map[string]any{"deployment": deploymentBody(r.Deployment), "resolvedAt": stamp(r.Resolved), "incidents": r.Incidents,
		"recovery_s": r.Took().Seconds()}
}
