package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/voice"
)

var surveyNow = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// oneSurvey is an engine with one open survey.
type oneSurvey struct{}

func (oneSurvey) survey() voice.Listed {
	return voice.Listed{Asked: true, Invited: 8, Survey: voice.Survey{ID: "srv_1", Period: "2026-Q4", State: voice.Open, Answered: 2,
		ClosesAt: surveyNow.AddDate(0, 1, 0), Mine: true, Definition: voice.Definition{Name: "platform", Title: "How?", Minimum: 5,
			Questions: []voice.Question{{ID: "q", Type: voice.NPS, Text: "?"}}}}}
}

func (s oneSurvey) List(context.Context, access.Viewer) ([]voice.Listed, error) {
	return []voice.Listed{s.survey()}, nil
}

func (s oneSurvey) Show(_ context.Context, _ access.Viewer, id string) (voice.Listed, voice.Answers, error) {
	if id != "srv_1" {
		return voice.Listed{}, nil, voice.ErrNotFound
	}
	return s.survey(), voice.Answers{"q": 9}, nil
}

func (s oneSurvey) Results(ctx context.Context, v access.Viewer, id string) (voice.Survey, voice.Results, error) {
	l, _, err := s.Show(ctx, v, id)
	return l.Survey, voice.ResultsOf(voice.ResultsInput{Survey: l.Survey, Invited: l.Invited}), err
}

func getSurveys(t *testing.T, path string) (body map[string]any, err error) {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = func(failed error, _ echo.Context) { err = failed }
	(&Surveys{Reader: oneSurvey{}, Now: func() time.Time { return surveyNow }}).Register(e.Group(""))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if err == nil {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s: %v in %s", path, err, w.Body)
		}
	}
	return body, err
}

func TestSurveys(t *testing.T) {
	body, err := getSurveys(t, "/surveys")
	if err != nil || body["total"] != 1.0 {
		t.Fatalf("%v, %v", body, err)
	}
	first := body["items"].([]any)[0].(map[string]any)
	if first["id"] != "srv_1" || first["responseRate"] != 0.25 || first["canAnswer"] != true || first["questions"] != nil {
		t.Errorf("item: %v", first)
	}
	if body, err = getSurveys(t, "/surveys?state=closed"); err != nil || body["total"] != 0.0 {
		t.Errorf("closed ones: %v, %v", body, err)
	}
	body, err = getSurveys(t, "/surveys/srv_1")
	if err != nil || body["questions"] == nil || body["answers"].(map[string]any)["q"] != 9.0 {
		t.Errorf("one: %v, %v", body, err)
	}
	if _, err := getSurveys(t, "/surveys/srv_2"); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestSurveyResults(t *testing.T) {
	body, err := getSurveys(t, "/surveys/srv_1/results")
	if err != nil || body["invited"] != 8.0 || body["answered"] != 2.0 || body["responseRate"] != 0.25 {
		t.Fatalf("%v, %v", body, err)
	}
	q := body["questions"].([]any)[0].(map[string]any)
	for _, key := range []string{"id", "type", "n", "nps", "mean", "top2", "options", "tooFew"} {
		if _, ok := q[key]; !ok {
			t.Errorf("a question lacks %q: %v", key, q)
		}
	}
	if q["nps"] != nil {
		t.Errorf("an open survey shows a score: %v", q)
	}
	if _, err := getSurveys(t, "/surveys/srv_2/results"); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}
