package delivery

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Book is what recording needs of the store; everything runs in t.
type Book interface {
	// LockDelivery makes recordings follow one another, where the database
	// would let them run side by side.
	LockDelivery(ctx context.Context, t tx.Tx) error
	// HeldDeployment returns the deployment of that id, nil without one.
	HeldDeployment(ctx context.Context, t tx.Tx, id string) (*Deployment, error)
	// SaveDeployment writes d and its derived fields, in place of what has its id.
	SaveDeployment(ctx context.Context, t tx.Tx, d Deployment) error
	// Neighbour returns the counted deployment next to (at, id) at a place:
	// the one before, or after, it in the order of end and id; nil at the end.
	Neighbour(ctx context.Context, t tx.Tx, p Place, at time.Time, id string, after bool) (*Deployment, error)
	// DeploymentsNaming returns those whose given (derived: false) or derived
	// target is id.
	DeploymentsNaming(ctx context.Context, t tx.Tx, id string, derived bool) ([]Deployment, error)

	HeldIncident(ctx context.Context, t tx.Tx, id string) (*Incident, error)
	SaveIncident(ctx context.Context, t tx.Tx, i Incident) error
	// IncidentsBetween returns the incidents of a place that started in [from, to].
	IncidentsBetween(ctx context.Context, t tx.Tx, p Place, from, to time.Time) ([]Incident, error)
	// IncidentsNaming returns those whose given or derived cause is id.
	IncidentsNaming(ctx context.Context, t tx.Tx, id string, derived bool) ([]Incident, error)

	// HeldChanges returns those of a service's changes that are kept, by id.
	HeldChanges(ctx context.Context, t tx.Tx, service string, ids []string) (map[string]Change, error)
	// SaveChanges writes changes in place of those with their ids.
	SaveChanges(ctx context.Context, t tx.Tx, list []Change) error
	// LinkChanges says that a deployment brings changes; twice is once.
	LinkChanges(ctx context.Context, t tx.Tx, deployment, service string, changes []string) error
	// ChangesOf returns the changes linked to a deployment.
	ChangesOf(ctx context.Context, t tx.Tx, deployment string) ([]Change, error)
	// Bringers returns, by change, every counted deployment that brings a
	// change of the given deployment.
	Bringers(ctx context.Context, t tx.Tx, deployment string) (map[string][]Cursor, error)

	// DayRows returns what a service's day is made of; see Rows.
	DayRows(ctx context.Context, t tx.Tx, service string, from, to time.Time) (Rows, error)
	HeldTally(ctx context.Context, t tx.Tx, scope string, g Grain, bucket string) (Tally, error)
	SaveTally(ctx context.Context, t tx.Tx, scope string, g Grain, bucket string, b Tally) error
}

// Recorder writes deployments and incidents and keeps what follows from them.
type Recorder struct {
	Book   Book
	Events event.Log
	Zone   *time.Location
	// Window is how long after a deployment an incident still counts as its.
	Window time.Duration
}

// DefaultWindow is the attribution window of the definitions.
const DefaultWindow = 24 * time.Hour

var (
	errOtherDeployment = fault.New(fault.Conflict, "A deployment with this id belongs to another service or environment. Nothing was recorded.")
	errOtherIncident   = fault.New(fault.Conflict, "An incident with this id belongs to another service or environment. Nothing was recorded.")
)

// Deployment records d with its changes and returns it as it is now kept.
// The id of another service's deployment is fault Conflict.
func (r *Recorder) Deployment(ctx context.Context, t tx.Tx, actor string, d Deployment, changes []Change) (Deployment, error) {
	if err := r.Book.LockDelivery(ctx, t); err != nil {
		return d, err
	}
	d.Production = d.Production || isProduction(d.Environment)
	old, err := r.Book.HeldDeployment(ctx, t, d.ID)
	if err != nil {
		return d, err
	}
	s := newSettling(r, t)
	if old != nil {
		if old.Place != d.Place {
			return d, errOtherDeployment
		}
		d = merge(*old, d)
		d.Target, d.Failed, d.Failure, d.Changes = old.Target, old.Failed, old.Failure, old.Changes
		s.touchDeployment(*old)
	}
	if err := r.Book.SaveDeployment(ctx, t, d); err != nil {
		return d, err
	}
	if err := r.saveChanges(ctx, t, d, changes); err != nil {
		return d, err
	}
	if err := s.deployment(ctx, old, d); err != nil {
		return d, err
	}
	now, err := r.Book.HeldDeployment(ctx, t, d.ID)
	if err != nil || now == nil {
		return d, err
	}
	return *now, r.append(ctx, t, actor, "deployment.recorded", d.Service, deploymentBody(*now))
}

func (r *Recorder) saveChanges(ctx context.Context, t tx.Tx, d Deployment, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	if _, err := r.mergeChanges(ctx, t, d.Service, changes); err != nil {
		return err
	}
	return r.Book.LinkChanges(ctx, t, d.ID, d.Service, changeIDs(changes))
}

// mergeChanges writes a service's changes with what was known of them before
// and returns them as they are now kept.
func (r *Recorder) mergeChanges(ctx context.Context, t tx.Tx, service string, changes []Change) ([]Change, error) {
	held, err := r.Book.HeldChanges(ctx, t, service, changeIDs(changes))
	if err != nil {
		return nil, err
	}
	out := make([]Change, len(changes))
	for i, c := range changes {
		c.Service = service
		if old, ok := held[c.ID]; ok {
			c = mergeChange(old, c)
			c.Deployment, c.Deployed = old.Deployment, old.Deployed
		}
		out[i] = c
	}
	return out, r.Book.SaveChanges(ctx, t, out)
}

func changeIDs(list []Change) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.ID
	}
	return out
}

// Pushed records what is known of one service's changes, whether or not they have been
// deployed yet.
func (r *Recorder) Pushed(ctx context.Context, t tx.Tx, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	if err := r.Book.LockDelivery(ctx, t); err != nil {
		return err
	}
	s := newSettling(r, t)
	kept, err := r.mergeChanges(ctx, t, changes[0].Service, changes)
	if err != nil {
		return err
	}
	for _, c := range kept {
		s.mark(c.Service, c.Deployed)
	}
	return s.finish(ctx)
}

// Incident records i and returns it as it is now kept. The id of another
// service's incident is fault Conflict.
func (r *Recorder) Incident(ctx context.Context, t tx.Tx, actor string, i Incident) (Incident, error) {
	if err := r.Book.LockDelivery(ctx, t); err != nil {
		return i, err
	}
	i.Production = i.Production || isProduction(i.Environment)
	old, err := r.Book.HeldIncident(ctx, t, i.ID)
	if err != nil {
		return i, err
	}
	s := newSettling(r, t)
	if old != nil {
		if old.Place != i.Place {
			return i, errOtherIncident
		}
		i = mergeIncident(*old, i)
		i.Deployment = old.Deployment
		s.touchIncident(*old)
	}
	if err := r.Book.SaveIncident(ctx, t, i); err != nil {
		return i, err
	}
	if err := s.incident(ctx, i); err != nil {
		return i, err
	}
	now, err := r.Book.HeldIncident(ctx, t, i.ID)
	if err != nil || now == nil {
		return i, err
	}
	what := "incident.opened"
	if !i.Resolved.IsZero() {
		what = "incident.resolved"
	}
	return *now, r.append(ctx, t, actor, what, i.Service, incidentBody(*now))
}

func (r *Recorder) append(ctx context.Context, t tx.Tx, actor, what, subject string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return r.Events.Append(ctx, t, event.Event{Type: what, Actor: actor, Subject: subject, Data: data})
}

// Rows are the rows of one service and one day.
type Rows struct {
	Deployments []Deployment // counted
	Changes     []Change     // that first reached production
	Recovered   []Recovery   // failed deployments whose last incident was resolved
	Incidents   []Incident   // in production, resolved
}

// Recovery is a failed deployment and the end of its last incident.
type Recovery struct {
	Deployment Deployment
	Resolved   time.Time
	Incidents  int64
}

// Took is how long the recovery took.
func (r Recovery) Took() time.Duration { return max(0, r.Resolved.Sub(r.Deployment.Finished)) }

// Took is how long the incident lasted; zero while it is open.
func (i Incident) Took() time.Duration {
	if i.Resolved.IsZero() {
		return 0
	}
	return max(0, i.Resolved.Sub(i.Started))
}

// tally adds rows up.
func (r Rows) tally(day time.Time) Tally {
	var t Tally
	for _, d := range r.Deployments {
		t.Days[weekday(day)]++
		if d.Failed {
			t.Failed++
		}
		if d.IsRework() {
			t.Rework++
		}
		if d.Changes == 0 {
			t.Unknown++
		}
	}
	for _, c := range r.Changes {
		if lead, ok := c.Lead(); ok {
			t.Leads = append(t.Leads, lead.Microseconds())
		} else if !c.Committed.IsZero() {
			t.Impossible++
		}
	}
	for _, x := range r.Recovered {
		t.Recoveries = append(t.Recoveries, x.Took().Microseconds())
	}
	for _, i := range r.Incidents {
		t.Restores = append(t.Restores, i.Took().Microseconds())
	}
	slices.Sort(t.Leads)
	slices.Sort(t.Recoveries)
	slices.Sort(t.Restores)
	return t
}
