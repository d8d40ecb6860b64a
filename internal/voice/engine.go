package voice

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/memo"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Store keeps surveys and answers.
type Store interface {
	// Survey returns the survey of that id, ErrNotFound if there is none.
	Survey(ctx context.Context, v access.Viewer, id string) (Survey, error)
	// Surveys returns all surveys, newest period first.
	Surveys(ctx context.Context, v access.Viewer) ([]Survey, error)
	// CreateSurvey keeps a new survey and its key, ErrOpened if the definition
	// already has one in that period.
	CreateSurvey(ctx context.Context, t tx.Tx, s Survey, key string) error
	// SurveyKey returns the key of an open survey, ErrClosed if it is closed.
	SurveyKey(ctx context.Context, t tx.Tx, id string) (string, error)
	// PutAnswers records that person took part, and the answers under the
	// respondent's name: two facts that share nothing. ErrClosed if the survey
	// was closed in the meantime.
	PutAnswers(ctx context.Context, t tx.Tx, p Participation) error
	// CloseSurvey ends a survey, destroys its key and every trace of the order
	// in which answers came; ErrClosed if it is closed already.
	CloseSurvey(ctx context.Context, t tx.Tx, id string, invited int) error
	// AnswersOf returns all answers of a survey in an order that tells nothing.
	AnswersOf(ctx context.Context, v access.Viewer, survey string) ([]json.RawMessage, error)
	// AnswerUnder returns the answers kept under a respondent's name, nil if
	// there are none.
	AnswerUnder(ctx context.Context, v access.Viewer, survey, respondent string) (json.RawMessage, error)
	// OpenKey returns the key of an open survey for reading, ErrClosed if it
	// is closed.
	OpenKey(ctx context.Context, v access.Viewer, survey string) (string, error)
}

// Participation is one person's answers on their way into the store.
type Participation struct {
	Survey     string
	Person     string
	Respondent string
	Answers    json.RawMessage
}

// People knows whom an audience means.
type People interface {
	// CountUsers is the number of all users.
	CountUsers(ctx context.Context, v access.Viewer) (int, error)
	// MembersOf lists the users who are members of the groups or of groups
	// below them, each once.
	MembersOf(ctx context.Context, v access.Viewer, groups []string) ([]string, error)
}

// self is the portal itself, which counts everybody.
var self = access.System("surveys")

// Engine opens, takes answers to, closes and reads surveys.
type Engine struct {
	Store       Store
	People      People
	Definitions []Definition
	Now         func() time.Time
}

// Definition returns the survey file of that name.
func (e *Engine) Definition(name string) (Definition, bool) {
	for _, d := range e.Definitions {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}

// Invited counts who is asked.
func (e *Engine) Invited(ctx context.Context, s Survey) (int, error) {
	if s.State == Closed {
		return s.Invited, nil
	}
	if slices.Contains(s.Definition.Audience, Everyone) {
		return e.People.CountUsers(ctx, self)
	}
	members, err := e.People.MembersOf(ctx, self, s.Definition.Audience)
	return len(members), err
}

// IsInvited reports whether person is asked. Only users of the catalog are: an
// account without one belongs to no audience.
func (e *Engine) IsInvited(ctx context.Context, s Survey, person string) (bool, error) {
	if !strings.HasPrefix(person, "user:") {
		return false, nil
	}
	if slices.Contains(s.Definition.Audience, Everyone) {
		return true, nil
	}
	members, err := e.People.MembersOf(ctx, self, s.Definition.Audience)
	return slices.Contains(members, person), err
}

// Listed is a survey as lists show it to somebody.
type Listed struct {
	Survey
	Asked   bool // the viewer is in the audience
	Invited int
}

// CanAnswer reports whether the viewer may answer, or change answers, at now.
func (l Listed) CanAnswer(now time.Time) bool { return l.Asked && l.IsOpen(now) }

// List returns all surveys, newest first.
func (e *Engine) List(ctx context.Context, v access.Viewer) ([]Listed, error) {
	all, err := e.Store.Surveys(ctx, v)
	if err != nil {
		return nil, err
	}
	out := make([]Listed, 0, len(all))
	for _, s := range all {
		l, err := e.listed(ctx, v, s)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

func (e *Engine) listed(ctx context.Context, v access.Viewer, s Survey) (l Listed, err error) {
	l.Survey = s
	if l.Invited, err = e.Invited(ctx, s); err != nil {
		return l, err
	}
	l.Asked, err = e.IsInvited(ctx, s, v.ID)
	return l, err
}

// Show returns one survey with what v has answered so far.
func (e *Engine) Show(ctx context.Context, v access.Viewer, id string) (Listed, Answers, error) {
	s, err := e.Store.Survey(ctx, v, id)
	if err != nil {
		return Listed{}, nil, err
	}
	l, err := e.listed(ctx, v, s)
	if err != nil {
		return l, nil, err
	}
	own, err := e.Own(ctx, v, s)
	return l, own, err
}

// Waiting returns the open surveys that v is asked and has not answered, those
// that close first before others.
func (e *Engine) Waiting(ctx context.Context, v access.Viewer) ([]Survey, error) {
	return memo.Get(ctx, waitingFor(v.ID), func(ctx context.Context) ([]Survey, error) { return e.waiting(ctx, v) })
}

// waitingFor is under what one answer remembers what waits for a person.
type waitingFor string

func (e *Engine) waiting(ctx context.Context, v access.Viewer) ([]Survey, error) {
	all, err := e.Store.Surveys(ctx, v)
	if err != nil {
		return nil, err
	}
	var out []Survey
	for _, s := range all {
		if s.Mine || !s.IsOpen(e.Now()) {
			continue
		}
		asked, err := e.IsInvited(ctx, s, v.ID)
		if err != nil {
			return nil, err
		}
		if asked {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Survey) int { return a.ClosesAt.Compare(b.ClosesAt) })
	return out, nil
}

// Own returns what v has answered, nil if nothing. After close nobody can
// tell, not even the portal: then it is nil as well.
func (e *Engine) Own(ctx context.Context, v access.Viewer, s Survey) (Answers, error) {
	if !s.Mine || s.State == Closed {
		return nil, nil
	}
	name := v.ID
	if s.Definition.Anonymous {
		key, err := e.Store.OpenKey(ctx, v, s.ID)
		if err != nil {
			return nil, err
		}
		name = respondent(key, v.ID)
	}
	stored, err := e.Store.AnswerUnder(ctx, v, s.ID, name)
	if err != nil || stored == nil {
		return nil, err
	}
	return decodeAnswers(s.Definition.Questions, stored)
}

// Results returns what a survey may tell v.
func (e *Engine) Results(ctx context.Context, v access.Viewer, id string) (Survey, Results, error) {
	s, err := e.Store.Survey(ctx, v, id)
	if err != nil {
		return s, Results{}, err
	}
	in := ResultsInput{Survey: s, Texts: v.MayRead(s.Definition.Owner)}
	if in.Invited, err = e.Invited(ctx, s); err != nil {
		return s, Results{}, err
	}
	if s.State == Open {
		return s, ResultsOf(in), nil
	}
	if in.Answers, err = e.answers(ctx, v, s); err != nil {
		return s, Results{}, err
	}
	if in.Before, err = e.before(ctx, v, s); err != nil {
		return s, Results{}, err
	}
	if in.Before != nil {
		if in.Past, err = e.answers(ctx, v, *in.Before); err != nil {
			return s, Results{}, err
		}
	}
	return s, ResultsOf(in), nil
}

func (e *Engine) answers(ctx context.Context, v access.Viewer, s Survey) ([]Answers, error) {
	stored, err := e.Store.AnswersOf(ctx, v, s.ID)
	if err != nil {
		return nil, err
	}
	out := make([]Answers, 0, len(stored))
	for _, b := range stored {
		a, err := decodeAnswers(s.Definition.Questions, b)
		if err != nil {
			return nil, fmt.Errorf("survey %s: %w", s.ID, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// before returns the closed wave just before s, nil if it is the first.
func (e *Engine) before(ctx context.Context, v access.Viewer, s Survey) (*Survey, error) {
	all, err := e.Store.Surveys(ctx, v)
	if err != nil {
		return nil, err
	}
	var best *Survey
	for _, o := range all {
		earlier := o.Definition.Name == s.Definition.Name && o.State == Closed && o.OpensAt.Before(s.OpensAt)
		if earlier && (best == nil || best.OpensAt.Before(o.OpensAt)) {
			best = &o
		}
	}
	return best, nil
}
