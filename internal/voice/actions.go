package voice

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Actions are what may be done with surveys.
func (e *Engine) Actions() []action.Def {
	return []action.Def{
		{
			Name: "open-survey", Title: "Open a survey", Permission: "open-survey",
			Summary: "Opens a survey file for its current period and asks its audience.",
			Schema: json.RawMessage(`{"type":"object","required":["survey"],"additionalProperties":false,"properties":{
				"survey":{"type":"string","minLength":1,"maxLength":63,"title":"Survey","description":"Name of the survey file."}}}`),
			Prepare: e.prepareOpen, SampleInput: json.RawMessage(`{"survey":"platform-quarterly"}`),
		},
		{
			Name: "close-survey", Title: "Close a survey", Permission: "close-survey",
			Summary: "Ends a survey, destroys the key that binds answers to people, and shows the results.",
			Schema: json.RawMessage(`{"type":"object","required":["survey"],"additionalProperties":false,"properties":{
				"survey":{"type":"string","minLength":1,"maxLength":64,"title":"Survey","description":"Id of the open survey."}}}`),
			Traits: action.Traits{Destructive: true}, Prepare: e.prepareClose,
			SampleInput: json.RawMessage(`{"survey":"srv_01j9x2v3n4p5q6r7s8t9v0w1x2"}`),
		},
		{
			Name: "answer-survey", Title: "Answer a survey", Permission: "answer-survey",
			Summary: "Records your answers, or replaces them. Confidential until the survey closes, anonymous after.",
			Schema: json.RawMessage(`{"type":"object","required":["survey","answers"],"additionalProperties":false,"properties":{
				"survey":{"type":"string","minLength":1,"maxLength":64,"title":"Survey","description":"Id of the open survey."},
				"answers":{"type":"object","maxProperties":100,"title":"Answers","description":"Question id to answer: a number, an option or text.",
					"additionalProperties":{"type":["integer","string","null"]}}}}`),
			Traits: action.Traits{Idempotent: true, Sensitive: true, Unlinked: true}, Prepare: e.prepareAnswer,
			SampleInput: json.RawMessage(`{"survey":"srv_01j9x2v3n4p5q6r7s8t9v0w1x2","answers":{"recommend":9}}`),
		},
	}
}

func (e *Engine) prepareOpen(ctx context.Context, _ action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in struct{ Survey string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, err
	}
	d, ok := e.Definition(in.Survey)
	if !ok {
		return action.Prepared{}, fault.InvalidField("survey", "unknown", "There is no survey file of that name.")
	}
	p := d.Schedule.At(e.Now())
	return e.opening(d, p), nil
}

// opening is the prepared change that opens d for period p.
func (e *Engine) opening(d Definition, p Period) action.Prepared {
	s := Survey{ID: id.New("srv"), Definition: d, Version: d.Version(), Period: p.Label, State: Open,
		OpensAt: p.From, ClosesAt: p.Until}
	return action.Prepared{Subject: s.ID, Owner: d.Owner, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
		if err := e.Store.CreateSurvey(ctx, t, s, newKey()); err != nil {
			return action.Output{}, err
		}
		return action.Output{Body: map[string]any{"survey": bodyOf(s)}, Location: "/surveys/" + s.ID,
			Message: "The survey is open."}, nil
	}}
}

func (e *Engine) prepareClose(ctx context.Context, _ action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in struct{ Survey string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, err
	}
	s, err := e.Store.Survey(ctx, self, in.Survey)
	if err != nil {
		return action.Prepared{}, err
	}
	invited, err := e.Invited(ctx, s)
	if err != nil {
		return action.Prepared{}, err
	}
	return action.Prepared{Subject: s.ID, Owner: s.Definition.Owner, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
		if err := e.Store.CloseSurvey(ctx, t, s.ID, max(invited, s.Answered)); err != nil {
			return action.Output{}, err
		}
		s.State, s.ClosedAt, s.Invited = Closed, t.Now(), max(invited, s.Answered)
		return action.Output{Body: map[string]any{"survey": bodyOf(s)}, Location: "/surveys/" + s.ID + "/results",
			Message: "The survey is closed. Its answers are anonymous now."}, nil
	}}, nil
}

func (e *Engine) prepareAnswer(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in struct {
		Survey  string
		Answers map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, err
	}
	s, err := e.Store.Survey(ctx, self, in.Survey)
	if err != nil {
		return action.Prepared{}, err
	}
	asked, err := e.IsInvited(ctx, s, a.ID)
	if err != nil {
		return action.Prepared{}, err
	}
	if !asked {
		return action.Prepared{Subject: s.ID}, ErrNotInvited
	}
	if !s.IsOpen(e.Now()) {
		return action.Prepared{}, ErrClosed
	}
	answers, err := readAnswers(s.Definition.Questions, in.Answers)
	if err != nil {
		return action.Prepared{}, err
	}
	stored, err := json.Marshal(answers)
	if err != nil {
		return action.Prepared{}, err
	}
	return action.Prepared{Subject: s.ID, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
		return e.record(ctx, t, s, Participation{Survey: s.ID, Person: a.ID, Answers: stored})
	}}, nil
}

// record writes one person's answers. The receipt says nothing of them.
func (e *Engine) record(ctx context.Context, t tx.Tx, s Survey, p Participation) (action.Output, error) {
	key, err := e.Store.SurveyKey(ctx, t, s.ID)
	if err != nil {
		return action.Output{}, err
	}
	p.Respondent = p.Person
	if s.Definition.Anonymous {
		p.Respondent = respondent(key, p.Person)
	}
	if err := e.Store.PutAnswers(ctx, t, p); err != nil {
		return action.Output{}, err
	}
	return action.Output{Body: map[string]any{"receipt": map[string]any{"survey": s.ID, "editableUntil": s.ClosesAt.UTC()}},
		Location: "/surveys/" + s.ID + "/thanks"}, nil
}

func bodyOf(s Survey) map[string]any {
	out := map[string]any{"id": s.ID, "survey": s.Definition.Name, "title": s.Definition.Title, "period": s.Period,
		"state": s.State, "opensAt": s.OpensAt.UTC(), "closesAt": s.ClosesAt.UTC()}
	if s.State == Closed {
		out["closedAt"], out["invited"], out["answered"] = s.ClosedAt.UTC(), s.Invited, s.Answered
	}
	return out
}

// Doer is the one door, for the schedule.
type Doer interface {
	Do(ctx context.Context, a action.Actor, name string, in json.RawMessage, opts ...action.Option) (action.Output, error)
}

// Tick closes what is over and opens what is due by its schedule. It is called
// every minute by one copy of the server.
func (e *Engine) Tick(ctx context.Context, door Doer) error {
	now := e.Now()
	all, err := e.Store.Surveys(ctx, self)
	if err != nil {
		return err
	}
	var faults []error
	do := func(name, survey string) {
		in, _ := json.Marshal(map[string]string{"survey": survey}) // texts always marshal
		if _, err := door.Do(ctx, self.Actor, name, in); err != nil && !fault.Is(err, fault.Conflict) {
			faults = append(faults, err)
		}
	}
	for _, s := range all {
		if s.State == Open && !now.Before(s.ClosesAt) {
			do("close-survey", s.ID)
		}
	}
	n, err := e.People.CountUsers(ctx, self)
	if err != nil || n == 0 { // nobody to ask yet
		return errors.Join(append(faults, err)...)
	}
	for _, d := range e.Definitions {
		if d.Schedule != Once && !wave(all, d, now) {
			do("open-survey", d.Name)
		}
	}
	return errors.Join(faults...)
}

// wave reports whether d has a survey in the period of now.
func wave(all []Survey, d Definition, now time.Time) bool {
	label := d.Schedule.At(now).Label
	for _, s := range all {
		if s.Definition.Name == d.Name && s.Period == label {
			return true
		}
	}
	return false
}
