package voice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// memory is a Store in memory.
type memory struct {
	surveys map[string]Survey
	keys    map[string]string
	took    map[string]bool // survey, space, person
	answers map[string]map[string]json.RawMessage
}

func newMemory() *memory {
	return &memory{map[string]Survey{}, map[string]string{}, map[string]bool{}, map[string]map[string]json.RawMessage{}}
}

func (m *memory) Survey(_ context.Context, v access.Viewer, id string) (Survey, error) {
	s, ok := m.surveys[id]
	if !ok {
		return s, ErrNotFound
	}
	s.Answered, s.Mine = len(m.answers[id]), m.took[id+" "+v.ID]
	return s, nil
}

func (m *memory) Surveys(ctx context.Context, v access.Viewer) ([]Survey, error) {
	var out []Survey
	for _, id := range slices.Sorted(maps.Keys(m.surveys)) {
		s, _ := m.Survey(ctx, v, id)
		out = append(out, s)
	}
	return out, nil
}

func (m *memory) CreateSurvey(_ context.Context, _ tx.Tx, s Survey, key string) error {
	for _, o := range m.surveys {
		if o.Definition.Name == s.Definition.Name && o.Period == s.Period {
			return ErrOpened
		}
	}
	m.surveys[s.ID], m.keys[s.ID], m.answers[s.ID] = s, key, map[string]json.RawMessage{}
	return nil
}

func (m *memory) SurveyKey(_ context.Context, _ tx.Tx, id string) (string, error) {
	if m.keys[id] == "" {
		return "", ErrClosed
	}
	return m.keys[id], nil
}

func (m *memory) OpenKey(ctx context.Context, _ access.Viewer, id string) (string, error) {
	return m.SurveyKey(ctx, nil, id)
}

func (m *memory) PutAnswers(_ context.Context, _ tx.Tx, p Participation) error {
	m.took[p.Survey+" "+p.Person] = true
	m.answers[p.Survey][p.Respondent] = p.Answers
	return nil
}

func (m *memory) CloseSurvey(_ context.Context, t tx.Tx, id string, invited int) error {
	s := m.surveys[id]
	if s.State == Closed {
		return ErrClosed
	}
	s.State, s.ClosedAt, s.Invited, s.Answered = Closed, t.Now(), invited, len(m.answers[id])
	m.surveys[id], m.keys[id] = s, ""
	return nil
}

func (m *memory) AnswersOf(_ context.Context, _ access.Viewer, id string) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, r := range slices.Sorted(maps.Keys(m.answers[id])) {
		out = append(out, m.answers[id][r])
	}
	return out, nil
}

func (m *memory) AnswerUnder(_ context.Context, _ access.Viewer, id, respondent string) (json.RawMessage, error) {
	return m.answers[id][respondent], nil
}

// crowd is a company of n users, and groups.
type crowd struct {
	n      int
	groups map[string][]string
}

func (c crowd) CountUsers(context.Context, access.Viewer) (int, error) { return c.n, nil }

func (c crowd) MembersOf(_ context.Context, _ access.Viewer, groups []string) ([]string, error) {
	var out []string
	for _, g := range groups {
		out = append(out, c.groups[g]...)
	}
	return out, nil
}

type nowTx struct{ tx.Tx }

func (nowTx) Now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// world is an engine over memory that acts as the one door would.
type world struct {
	*Engine
	m   *memory
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := Definition{Name: "platform", Title: "How?", Owner: "group:default/platform-team", Schedule: Quarterly,
		Audience: []string{Everyone}, Anonymous: true, Minimum: 5, Questions: []Question{
			{ID: "recommend", Type: NPS, Text: "Recommend?", Required: true}, {ID: "ease", Type: Rating, Text: "Easy?"},
			{ID: "value", Type: MultipleChoice, Text: "Most?", Options: []string{"Docs", "Support"}},
			{ID: "improve", Type: FreeText, Text: "Improve?"}}}
	small := d
	small.Name, small.Schedule, small.Audience = "small", Once, []string{"group:default/few"}
	w := &world{m: newMemory(), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	w.Engine = &Engine{Store: w.m, Definitions: []Definition{d, small}, Now: func() time.Time { return w.now },
		People: crowd{20, map[string][]string{"group:default/few": {"user:default/u1", "user:default/u2"}}}}
	return w
}

func (w *world) Do(ctx context.Context, a action.Actor, name string, in json.RawMessage, _ ...action.Option) (action.Output, error) {
	for _, d := range w.Actions() {
		if d.Name == name {
			p, err := d.Prepare(ctx, a, in)
			if err != nil {
				return action.Output{}, err
			}
			return p.Execute(ctx, nowTx{})
		}
	}
	return action.Output{}, action.ErrUnknown
}

func (w *world) must(t *testing.T, person, name, in string) action.Output {
	t.Helper()
	out, err := w.Do(context.Background(), action.Actor{ID: person}, name, json.RawMessage(in))
	if err != nil {
		t.Fatalf("%s %s: %v", name, in, err)
	}
	return out
}

func (w *world) open(t *testing.T, name string) string {
	t.Helper()
	w.must(t, "user:default/grace", "open-survey", `{"survey":"`+name+`"}`)
	for id, s := range w.m.surveys {
		if s.Definition.Name == name && s.State == Open {
			return id
		}
	}
	t.Fatal("no open survey")
	return ""
}

func (w *world) answer(t *testing.T, id string, person int, answers string) {
	t.Helper()
	w.must(t, fmt.Sprintf("user:default/u%d", person), "answer-survey", fmt.Sprintf(`{"survey":%q,"answers":%s}`, id, answers))
}

func TestAnswersAreUnlinked(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "platform")
	w.answer(t, id, 1, `{"recommend":9}`)
	for name, b := range w.m.answers[id] {
		if strings.Contains(name, "u1") || strings.Contains(string(b), "u1") || len(name) != 64 {
			t.Errorf("the answer is kept under %q: %s", name, b)
		}
	}
	w.answer(t, id, 1, `{"recommend":3,"ease":2}`)
	if len(w.m.answers[id]) != 1 {
		t.Fatalf("an edit made a second answer: %v", w.m.answers[id])
	}
	own, err := w.Own(context.Background(), access.Viewer{Actor: action.Actor{ID: "user:default/u1"}}, mine(t, w, id))
	if err != nil || own["recommend"] != 3 || own["ease"] != 2 {
		t.Errorf("own answers: %v, %v; want the last edit", own, err)
	}
}

func mine(t *testing.T, w *world, id string) Survey {
	t.Helper()
	s, err := w.m.Survey(context.Background(), access.Viewer{Actor: action.Actor{ID: "user:default/u1"}}, id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCloseMakesEditsImpossible(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "platform")
	w.answer(t, id, 1, `{"recommend":9}`)
	w.must(t, "user:default/grace", "close-survey", `{"survey":"`+id+`"}`)
	if w.m.keys[id] != "" {
		t.Error("the key outlives the survey")
	}
	in := json.RawMessage(`{"survey":"` + id + `","answers":{"recommend":1}}`)
	_, err := w.Do(context.Background(), action.Actor{ID: "user:default/u1"}, "answer-survey", in)
	if !errors.Is(err, ErrClosed) {
		t.Errorf("an edit after close: %v; want closed", err)
	}
	own, err := w.Own(context.Background(), access.Viewer{Actor: action.Actor{ID: "user:default/u1"}}, mine(t, w, id))
	if own != nil || err != nil {
		t.Errorf("own answers after close: %v, %v; want none", own, err)
	}
}

func TestAnswerRefuses(t *testing.T) {
	tests := []struct {
		name, person, answers string
		kind                  fault.Kind
		field                 string
	}{
		{"nothing", "user:default/u1", `{}`, fault.Invalid, "answers.recommend"},
		{"too high", "user:default/u1", `{"recommend":11}`, fault.Invalid, "answers.recommend"},
		{"half", "user:default/u1", `{"recommend":9.5}`, fault.Invalid, "answers.recommend"},
		{"text for a number", "user:default/u1", `{"recommend":"9"}`, fault.Invalid, "answers.recommend"},
		{"rating zero", "user:default/u1", `{"recommend":9,"ease":0}`, fault.Invalid, "answers.ease"},
		{"not an option", "user:default/u1", `{"recommend":9,"value":"Beer"}`, fault.Invalid, "answers.value"},
		{"number for text", "user:default/u1", `{"recommend":9,"improve":5}`, fault.Invalid, "answers.improve"},
		{"too long", "user:default/u1", `{"recommend":9,"improve":"` + strings.Repeat("é", maxText+1) + `"}`, fault.Invalid, "answers.improve"},
		{"unknown question", "user:default/u1", `{"recommend":9,"salary":1}`, fault.Invalid, "answers.salary"},
		{"no user", "account:01", `{"recommend":9}`, fault.Forbidden, ""},
	}
	w := newWorld(t)
	id := w.open(t, "platform")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := json.RawMessage(fmt.Sprintf(`{"survey":%q,"answers":%s}`, id, tt.answers))
			_, err := w.Do(context.Background(), action.Actor{ID: tt.person}, "answer-survey", in)
			if !fault.Is(err, tt.kind) {
				t.Fatalf("got %v; want %s", err, tt.kind)
			}
			var f *fault.Error
			if errors.As(err, &f) && tt.field != "" && (len(f.Fields) == 0 || f.Fields[0].Field != tt.field) {
				t.Errorf("fields %v; want %s", f.Fields, tt.field)
			}
			if len(w.m.answers[id]) != 0 {
				t.Error("a refused answer was kept")
			}
		})
	}
}

func TestAudience(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "small")
	w.answer(t, id, 2, `{"recommend":9}`)
	in := json.RawMessage(`{"survey":"` + id + `","answers":{"recommend":1}}`)
	if _, err := w.Do(context.Background(), action.Actor{ID: "user:default/u9"}, "answer-survey", in); !errors.Is(err, ErrNotInvited) {
		t.Errorf("somebody outside the audience: %v", err)
	}
	if n, err := w.Invited(context.Background(), w.m.surveys[id]); n != 2 || err != nil {
		t.Errorf("invited %d, %v; want 2", n, err)
	}
}

func TestTickOpensAndCloses(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for range 2 { // the second time there is nothing to do
		if err := w.Tick(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.m.surveys) != 1 {
		t.Fatalf("%d surveys; want the quarterly one, and not the one opened by hand", len(w.m.surveys))
	}
	w.now = w.now.AddDate(0, 2, 0)
	if err := w.Tick(ctx, w); err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, s := range w.m.surveys {
		states = append(states, s.Period+" "+string(s.State))
	}
	slices.Sort(states)
	if got := strings.Join(states, ", "); got != "2026-Q4 closed, 2027-Q1 open" {
		t.Errorf("after the quarter: %s", got)
	}
}
