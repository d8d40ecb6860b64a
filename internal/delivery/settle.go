package delivery

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// settling works out what one report changes: who rolls back whom, which
// deployment an incident belongs to, what failed, which change came first, and
// then the tallies of every day that was touched. It looks only at the
// neighbourhood of the report, so its cost does not grow with history.
type settling struct {
	r       *Recorder
	t       tx.Tx
	touched map[string]bool    // deployments whose failure must be looked at again
	ended   map[time.Time]bool // ends, old and new, of the incidents that moved
	days    map[serviceDay]bool
}

type serviceDay struct {
	service string
	day     time.Time
}

func newSettling(r *Recorder, t tx.Tx) *settling {
	return &settling{r, t, map[string]bool{}, map[time.Time]bool{}, map[serviceDay]bool{}}
}

// last sorts after every id.
const last = "\uffff"

func (s *settling) mark(service string, at time.Time) {
	if !at.IsZero() {
		s.days[serviceDay{service, dateOf(at, s.r.Zone)}] = true
	}
}

func (s *settling) touchDeployment(d Deployment) {
	s.touched[d.ID] = true
	s.mark(d.Service, d.Finished)
}

func (s *settling) touchIncident(i Incident) {
	s.mark(i.Service, i.Resolved)
	s.ended[i.Resolved] = true
	if i.Deployment != "" {
		s.touched[i.Deployment] = true
	}
}

// deployment settles everything around a deployment that was recorded; old is
// how it stood before, nil when it is new.
func (s *settling) deployment(ctx context.Context, old *Deployment, d Deployment) error {
	s.touchDeployment(d)
	moments := []time.Time{d.Finished}
	if old != nil && !old.Finished.Equal(d.Finished) {
		moments = append(moments, old.Finished)
	}
	for _, at := range moments {
		if err := s.around(ctx, d, at); err != nil {
			return err
		}
	}
	if err := s.retarget(ctx, d); err != nil {
		return err
	}
	if err := s.naming(ctx, d.ID); err != nil {
		return err
	}
	if err := s.changes(ctx, d.ID); err != nil {
		return err
	}
	return s.finish(ctx)
}

// around settles the neighbours in time of a moment at which d ended or had
// been thought to end.
func (s *settling) around(ctx context.Context, d Deployment, at time.Time) error {
	next, err := s.r.Book.Neighbour(ctx, s.t, d.Place, at, d.ID, true)
	if err != nil {
		return err
	}
	if next != nil {
		if err := s.retarget(ctx, *next); err != nil {
			return err
		}
	}
	incidents, err := s.r.Book.IncidentsBetween(ctx, s.t, d.Place, at, at.Add(s.r.Window))
	if err != nil {
		return err
	}
	return s.reattribute(ctx, incidents)
}

// naming settles what had named a deployment before it was known.
func (s *settling) naming(ctx context.Context, id string) error {
	named, err := s.r.Book.DeploymentsNaming(ctx, s.t, id, false)
	if err != nil {
		return err
	}
	for _, d := range named {
		if err := s.retarget(ctx, d); err != nil {
			return err
		}
	}
	incidents, err := s.r.Book.IncidentsNaming(ctx, s.t, id, false)
	if err != nil {
		return err
	}
	return s.reattribute(ctx, incidents)
}

// incident settles what an incident changes.
func (s *settling) incident(ctx context.Context, i Incident) error {
	s.touchIncident(i)
	if err := s.reattribute(ctx, []Incident{i}); err != nil {
		return err
	}
	return s.finish(ctx)
}

// retarget finds which deployment d takes back or mends: the one it names,
// else the counted one before it.
func (s *settling) retarget(ctx context.Context, d Deployment) error {
	target, err := s.targetOf(ctx, d)
	if err != nil {
		return err
	}
	if target == d.Target {
		return nil
	}
	for _, id := range []string{d.Target, target} {
		if id != "" {
			s.touched[id] = true
		}
	}
	d.Target = target
	return s.r.Book.SaveDeployment(ctx, s.t, d)
}

func (s *settling) targetOf(ctx context.Context, d Deployment) (string, error) {
	if !d.Counted() || d.Kind == Planned || d.Kind == Rework && d.RollsBack == "" {
		return "", nil
	}
	if d.RollsBack != "" {
		named, err := s.r.Book.HeldDeployment(ctx, s.t, d.RollsBack)
		if err != nil || named == nil || named.Service != d.Service || named.ID == d.ID {
			return "", err
		}
		return named.ID, nil
	}
	before, err := s.r.Book.Neighbour(ctx, s.t, d.Place, d.Finished, d.ID, false)
	if err != nil || before == nil {
		return "", err
	}
	return before.ID, nil
}

// reattribute finds the deployment behind each incident: the one it names,
// else the latest counted one of the place that ended at or before its start
// and within the window.
func (s *settling) reattribute(ctx context.Context, incidents []Incident) error {
	for _, i := range incidents {
		cause, err := s.causeOf(ctx, i)
		if err != nil {
			return err
		}
		if cause == i.Deployment {
			continue
		}
		s.touchIncident(i)
		i.Deployment = cause
		s.touchIncident(i)
		if err := s.r.Book.SaveIncident(ctx, s.t, i); err != nil {
			return err
		}
	}
	return nil
}

func (s *settling) causeOf(ctx context.Context, i Incident) (string, error) {
	if !i.Production {
		return "", nil
	}
	if i.CausedBy != "" {
		d, err := s.r.Book.HeldDeployment(ctx, s.t, i.CausedBy)
		if err != nil || d == nil || !d.Counted() {
			return "", err
		}
		return d.ID, nil
	}
	d, err := s.r.Book.Neighbour(ctx, s.t, i.Place, i.Started, last, false)
	if err != nil || d == nil || i.Started.Sub(d.Finished) > s.r.Window {
		return "", err
	}
	return d.ID, nil
}

// changes settles which deployment first brought each change of one.
func (s *settling) changes(ctx context.Context, id string) error {
	list, err := s.r.Book.ChangesOf(ctx, s.t, id)
	if err != nil || len(list) == 0 {
		return err
	}
	bringers, err := s.r.Book.Bringers(ctx, s.t, id)
	if err != nil {
		return err
	}
	var moved []Change
	for _, c := range list {
		first := Cursor{}
		if b := bringers[c.ID]; len(b) > 0 {
			first = slices.MinFunc(b, compareCursors)
		}
		s.mark(c.Service, c.Deployed)
		s.mark(c.Service, first.At)
		if c.Deployment != first.ID || !c.Deployed.Equal(first.At) {
			c.Deployment, c.Deployed = first.ID, first.At
			moved = append(moved, c)
		}
	}
	if len(moved) > 0 {
		if err := s.r.Book.SaveChanges(ctx, s.t, moved); err != nil {
			return err
		}
	}
	d, err := s.r.Book.HeldDeployment(ctx, s.t, id)
	if err != nil || d == nil || d.Changes == int64(len(list)) {
		return err
	}
	d.Changes = int64(len(list))
	return s.r.Book.SaveDeployment(ctx, s.t, *d)
}

func compareCursors(a, b Cursor) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// finish decides the failures that were touched and counts the days again.
func (s *settling) finish(ctx context.Context) error {
	for id := range s.touched {
		if err := s.refail(ctx, id); err != nil {
			return err
		}
	}
	for d := range s.days {
		if err := s.recount(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *settling) refail(ctx context.Context, id string) error {
	d, err := s.r.Book.HeldDeployment(ctx, s.t, id)
	if err != nil || d == nil {
		return err
	}
	incidents, err := s.r.Book.IncidentsNaming(ctx, s.t, id, true)
	if err != nil {
		return err
	}
	for _, i := range incidents {
		s.mark(d.Service, i.Resolved)
	}
	for at := range s.ended {
		s.mark(d.Service, at)
	}
	mending, err := s.r.Book.DeploymentsNaming(ctx, s.t, id, true)
	if err != nil {
		return err
	}
	why := ""
	if d.Counted() {
		why = failureOf(incidents, mending)
	}
	s.mark(d.Service, d.Finished)
	if d.Failure == why {
		return nil
	}
	d.Failed, d.Failure = why != "", why
	return s.r.Book.SaveDeployment(ctx, s.t, *d)
}

// failureOf says why a deployment failed, empty when it did not. The order in
// which its rows were read makes no difference.
func failureOf(incidents []Incident, mending []Deployment) string {
	if len(incidents) > 0 {
		first := slices.MinFunc(incidents, func(a, b Incident) int { return cmp.Compare(a.ID, b.ID) })
		return "incident " + first.ID
	}
	if len(mending) > 0 {
		first := slices.MinFunc(mending, func(a, b Deployment) int { return cmp.Compare(a.ID, b.ID) })
		if first.Kind == Hotfix {
			return "mended by hotfix " + first.ID
		}
		return "rolled back by " + first.ID
	}
	return ""
}

// recount makes a service's day new from its rows and carries the difference
// into its week and into the tallies of everything.
func (s *settling) recount(ctx context.Context, d serviceDay) error {
	from := time.Date(d.day.Year(), d.day.Month(), d.day.Day(), 0, 0, 0, 0, s.r.Zone)
	rows, err := s.r.Book.DayRows(ctx, s.t, d.service, from, from.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	bucket := d.day.Format(time.DateOnly)
	old, err := s.r.Book.HeldTally(ctx, s.t, d.service, Day, bucket)
	if err != nil {
		return err
	}
	now := rows.tally(d.day)
	if now.Equal(old) {
		return nil
	}
	if err := s.r.Book.SaveTally(ctx, s.t, d.service, Day, bucket, now); err != nil {
		return err
	}
	week := mondayOf(d.day).Format(time.DateOnly)
	for _, b := range []struct {
		scope  string
		grain  Grain
		bucket string
	}{{d.service, Week, week}, {All, Day, bucket}, {All, Week, week}} {
		sum, err := s.r.Book.HeldTally(ctx, s.t, b.scope, b.grain, b.bucket)
		if err != nil {
			return err
		}
		if err := s.r.Book.SaveTally(ctx, s.t, b.scope, b.grain, b.bucket, sum.Replace(old, now)); err != nil {
			return err
		}
	}
	return nil
}
