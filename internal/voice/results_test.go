package voice

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
)

func (w *world) results(t *testing.T, id string, all bool) Results {
	t.Helper()
	_, r, err := w.Results(context.Background(), access.Viewer{Actor: action.Actor{ID: "user:default/u1"}, All: all}, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) close(t *testing.T, id string) {
	t.Helper()
	w.must(t, "user:default/grace", "close-survey", `{"survey":"`+id+`"}`)
}

func TestResults(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "platform")
	for i := range 7 {
		w.answer(t, id, i, `{"recommend":9,"ease":5,"value":"Docs","improve":"more"}`)
	}
	w.answer(t, id, 7, `{"recommend":8,"ease":3,"value":"Support"}`)
	w.answer(t, id, 8, `{"recommend":2}`)
	w.answer(t, id, 9, `{"recommend":6}`)
	w.close(t, id)
	r := w.results(t, id, true)
	if r.Invited != 20 || r.Answered != 10 || r.ResponseRate == nil || *r.ResponseRate != 0.5 {
		t.Errorf("response: %+v", r)
	}
	q := r.Questions
	if q[0].NPS == nil || q[0].NPS.Value != 50 || math.Abs(q[0].NPS.Margin-49.97) > 0.005 || *q[0].N != 10 {
		t.Errorf("nps: %+v", q[0].NPS)
	}
	if q[1].Mean == nil || *q[1].Mean != 4.75 || *q[1].Top2 != 0.875 || *q[1].N != 8 {
		t.Errorf("rating: %+v", q[1])
	}
	if q[2].Options[0] != (Option{"Docs", 7, 0.875}) || q[2].Options[1].N != 1 {
		t.Errorf("choice: %+v", q[2].Options)
	}
	if len(q[3].Texts) != 7 {
		t.Errorf("texts: %v", q[3].Texts)
	}
	if r := w.results(t, id, false); r.Questions[3].Texts != nil {
		t.Error("somebody outside the owning group reads the answers in words")
	}
}

func TestNothingBelowTheMinimum(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "platform")
	for i := range 4 {
		w.answer(t, id, i, `{"recommend":9,"improve":"secret words"}`)
	}
	w.close(t, id)
	r := w.results(t, id, true)
	for _, q := range r.Questions {
		if !q.TooFew || q.N != nil || q.NPS != nil || q.Mean != nil || q.Options != nil || q.Texts != nil || q.Trend != nil {
			t.Errorf("%s tells something: %+v", q.ID, q)
		}
	}
	if b, _ := json.Marshal(r); strings.Contains(string(b), "secret") || r.Reason == "" {
		t.Errorf("answer of the API: %s", b)
	}
}

func TestOneQuestionBelowTheMinimum(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "platform")
	for i := range 4 {
		w.answer(t, id, i, `{"recommend":9,"ease":5}`)
	}
	w.answer(t, id, 4, `{"recommend":9}`)
	w.close(t, id)
	r := w.results(t, id, true)
	if r.Questions[0].TooFew || !r.Questions[1].TooFew || r.Questions[1].Mean != nil {
		t.Errorf("five scores and four ratings: %+v", r.Questions)
	}
}

// TestNothingWhileOpen: figures that move with each answer give it away.
func TestNothingWhileOpen(t *testing.T) {
	w := newWorld(t)
	id := w.open(t, "platform")
	for i := range 12 {
		w.answer(t, id, i, `{"recommend":9,"ease":5}`)
	}
	r := w.results(t, id, true)
	if r.Answered != 12 || r.Reason != "open" {
		t.Errorf("response while open: %+v", r)
	}
	for _, q := range r.Questions {
		if q.NPS != nil || q.Mean != nil || q.N != nil || q.Options != nil {
			t.Errorf("%s tells something before the survey is closed: %+v", q.ID, q)
		}
	}
}

func TestTrendToTheWaveBefore(t *testing.T) {
	w := newWorld(t)
	w.now = w.now.AddDate(0, -3, 0)
	before := w.open(t, "platform")
	for i := range 10 {
		w.answer(t, before, i, `{"recommend":2,"ease":2}`)
	}
	w.answer(t, before, 11, `{"recommend":9,"ease":1}`)
	w.close(t, before)
	w.now = w.now.AddDate(0, 3, 0)
	id := w.open(t, "platform")
	for i := range 10 {
		w.answer(t, id, i, `{"recommend":10,"ease":5}`)
	}
	w.answer(t, id, 11, `{"recommend":7,"ease":4}`)
	w.close(t, id)
	r := w.results(t, id, false)
	trend := r.Questions[0].Trend
	if trend == nil || trend.Period != "2026-Q3" || !trend.Significant || trend.Change < 100 {
		t.Errorf("trend of the score: %+v", trend)
	}
	if trend := r.Questions[1].Trend; trend == nil || !trend.Significant || trend.Change < 2 {
		t.Errorf("trend of the rating: %+v", trend)
	}
	if r := w.results(t, before, false); r.Questions[0].Trend != nil {
		t.Error("the first wave has a trend")
	}
}
