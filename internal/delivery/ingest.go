package delivery

import (
	"context"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Batch is what one message of a webhook says.
type Batch struct {
	Source      string // name of the hook
	Delivery    string // the source's own id of the message
	Hash        string // sha256 of the body
	Type        string // of the event, as the source names it
	Deployments []DeploymentInput
	Incidents   []IncidentInput
	Pushes      []PushInput
}

// PushInput is commits of a service that may be deployed later, or were.
type PushInput struct {
	Service string
	Commits []CommitInput
}

// Outcome says what became of a batch.
type Outcome struct {
	Outcome     string `json:"outcome"` // recorded, repeated or ignored
	Deployments int    `json:"deployments"`
	Incidents   int    `json:"incidents"`
	Commits     int    `json:"commits"`
}

// Inbox remembers which messages were taken in.
type Inbox interface {
	// TakeDelivery notes a message in t; false when it was noted before.
	TakeDelivery(ctx context.Context, t tx.Tx, source, delivery, hash, eventType, outcome string) (bool, error)
}

// Ingest records a batch in one transaction, or nothing of it. A batch that
// was taken in before changes nothing.
func (e *Engine) Ingest(ctx context.Context, inbox Inbox, b Batch) (Outcome, error) {
	out := Outcome{Outcome: "recorded", Deployments: len(b.Deployments), Incidents: len(b.Incidents)}
	for _, p := range b.Pushes {
		out.Commits += len(p.Commits)
	}
	if out.Deployments+out.Incidents+out.Commits == 0 {
		out.Outcome = "ignored"
	}
	p, err := e.parse(b)
	if err != nil {
		return Outcome{}, err
	}
	err = e.o.Store.Write(ctx, func(t tx.Tx) error {
		fresh, err := inbox.TakeDelivery(ctx, t, b.Source, b.Delivery, b.Hash, b.Type, out.Outcome)
		if err != nil {
			return err
		}
		if !fresh {
			out = Outcome{Outcome: "repeated"}
			return nil
		}
		return e.record(ctx, t, action.System("hook-"+b.Source).ID, p)
	})
	return out, err
}

// parsed is a batch whose inputs have been checked.
type parsed struct {
	deployments []Deployment
	changes     [][]Change
	incidents   []Incident
	pushed      [][]Change // by service
}

func (e *Engine) parse(b Batch) (parsed, error) {
	var p parsed
	now := e.o.Now()
	for _, in := range b.Deployments {
		d, changes, err := in.Deployment(b.Source, now)
		if err != nil {
			return p, err
		}
		p.deployments, p.changes = append(p.deployments, d), append(p.changes, changes)
	}
	for _, in := range b.Incidents {
		i, err := in.Incident(b.Source, now)
		if err != nil {
			return p, err
		}
		p.incidents = append(p.incidents, i)
	}
	for _, in := range b.Pushes {
		c := &checker{now: now}
		p.pushed = append(p.pushed, DeploymentInput{Commits: in.Commits}.changes(c, c.service(in.Service)))
		if err := c.err(); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (e *Engine) record(ctx context.Context, t tx.Tx, actor string, p parsed) error {
	for _, changes := range p.pushed {
		if err := e.recorder.Pushed(ctx, t, changes); err != nil {
			return err
		}
	}
	for n, d := range p.deployments {
		if _, err := e.recorder.Deployment(ctx, t, actor, d, p.changes[n]); err != nil {
			return err
		}
	}
	for _, i := range p.incidents {
		if _, err := e.recorder.Incident(ctx, t, actor, i); err != nil {
			return err
		}
	}
	return nil
}

// ServiceOf is the service that a repository (owner/name) is the source of:
// as the catalog says, else the component of the repository's name.
func (e *Engine) ServiceOf(ctx context.Context, repository string) (string, error) {
	return e.o.Catalog.ServiceOf(ctx, repository)
}
