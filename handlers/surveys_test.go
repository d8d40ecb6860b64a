package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/internal/voice"
)

var surveyDay = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func surveyDefinition() voice.Definition {
	return voice.Definition{Name: "platform", Title: "How is it?", Owner: "group:default/platform-team", Schedule: voice.Quarterly,
		Anonymous: true, Minimum: 5, Questions: []voice.Question{
			{ID: "recommend", Type: voice.NPS, Text: "Recommend?", Required: true},
			{ID: "improve", Type: voice.FreeText, Text: "Improve?"}}}
}

// surveyFake is the engine with one open and one closed survey.
type surveyFake struct {
	asked bool
	own   voice.Answers
}

func (f *surveyFake) surveys() []voice.Listed {
	open := voice.Listed{Asked: f.asked, Invited: 33, Survey: voice.Survey{ID: "srv_open", Definition: surveyDefinition(), Period: "2026-Q4", State: voice.Open,
		ClosesAt: surveyDay.AddDate(0, 1, 0), Answered: 12, Mine: f.own != nil}}
	past := open
	past.ID, past.Period, past.State, past.ClosesAt = "srv_past", "2026-Q3", voice.Closed, surveyDay.AddDate(0, -1, 0)
	return []voice.Listed{open, past}
}

func (f *surveyFake) List(context.Context, access.Viewer) ([]voice.Listed, error) {
	return f.surveys(), nil
}

func (f *surveyFake) Show(_ context.Context, _ access.Viewer, id string) (voice.Listed, voice.Answers, error) {
	for _, s := range f.surveys() {
		if s.ID == id {
			return s, f.own, nil
		}
	}
	return voice.Listed{}, nil, voice.ErrNotFound
}

func (f *surveyFake) Results(ctx context.Context, v access.Viewer, id string) (voice.Survey, voice.Results, error) {
	l, _, err := f.Show(ctx, v, id)
	if err != nil {
		return l.Survey, voice.Results{}, err
	}
	answers := []voice.Answers{}
	for range 8 {
		answers = append(answers, voice.Answers{"recommend": 9, "improve": "faster builds"}, voice.Answers{"recommend": 4})
	}
	return l.Survey, voice.ResultsOf(voice.ResultsInput{Survey: l.Survey, Invited: 33, Answers: answers, Texts: v.All}), nil
}

// surveyDoor is a registry on which only the survey actions are known; it
// keeps what came through.
type surveyDoor struct{ name, input string }

func (d *surveyDoor) registry(t *testing.T, refuse error) *action.Registry {
	t.Helper()
	r := action.NewRegistry(action.Ports{DB: surveyDB{}, Events: surveyLog{}, Access: surveyAccess{}})
	for _, name := range []string{"open-survey", "close-survey", "answer-survey"} {
		err := r.Register(action.Def{Name: name, Permission: name, Schema: json.RawMessage(`{"type":"object"}`),
			Prepare: func(_ context.Context, _ action.Actor, in json.RawMessage) (action.Prepared, error) {
				d.name, d.input = name, string(in)
				return action.Prepared{Execute: func(context.Context, tx.Tx) (action.Output, error) {
					return action.Output{Location: "/surveys/srv_open/thanks"}, nil
				}}, refuse
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

type surveyDB struct{}

func (surveyDB) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

type surveyLog struct{}

func (surveyLog) Append(context.Context, tx.Tx, event.Event) error { return nil }

// surveyAccess lets grace do everything, and everybody answer.
type surveyAccess struct{}

func (surveyAccess) Authorize(_ context.Context, a action.Actor, permission, _ string) error {
	if permission == "answer-survey" || a.ID == "user:default/grace" {
		return nil
	}
	return fault.New(fault.Forbidden, "no")
}

// surveyCall sends one request as person and returns status and body; a fault
// is answered with its kind.
func surveyCall(t *testing.T, h *Surveys, person, method, path string, form url.Values) (*httptest.ResponseRecorder, error) {
	t.Helper()
	e := echo.New()
	var failed error
	e.HTTPErrorHandler = func(err error, c echo.Context) { failed = err; c.NoContent(http.StatusTeapot) }
	g := e.Group("", respond.WithAccess(surveyAccess{}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, access.Viewer{Actor: action.Actor{ID: person}}, "page")
			return next(c)
		}
	})
	h.Register(g)
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w, failed
}

func newSurveys(t *testing.T, f *surveyFake, refuse error) (*Surveys, *surveyDoor) {
	d := &surveyDoor{}
	return &Surveys{Reader: f, Actions: d.registry(t, refuse), Files: []voice.Definition{surveyDefinition()},
		Now: func() time.Time { return surveyDay }}, d
}

func TestSurveyPages(t *testing.T) {
	tests := []struct {
		name, person, path string
		asked              bool
		has, hasNot        []string
	}{
		{"list", "user:default/ada", "/surveys", true, []string{"How is it?", `href="/surveys/srv_open"`, "12 of 33, 36%", `href="/surveys/srv_past/results"`}, []string{"Survey files", "Close this survey"}},
		{"list of who may open", "user:default/grace", "/surveys", true, []string{"Survey files", "opened for this period", "Close this survey"}, nil},
		{"list of who is not asked", "user:default/ada", "/surveys", false, []string{"Asks others"}, []string{`href="/surveys/srv_open"`}},
		{"form", "user:default/ada", "/surveys/srv_open", true, []string{`name="answers.recommend"`, `value="10"`, "anonymous after", "until 20 December"}, []string{"checked"}},
		{"form with the score chosen", "user:default/ada", "/surveys/srv_open?score=9", true, []string{`value="9" checked`}, nil},
		{"form with a wrong score", "user:default/ada", "/surveys/srv_open?score=99", true, []string{`value="9"`}, []string{"checked"}},
		{"closed", "user:default/ada", "/surveys/srv_past", true, []string{"This survey is closed", "/surveys/srv_past/results"}, []string{"<textarea"}},
		{"not asked", "user:default/ada", "/surveys/srv_open", false, []string{"This survey asks others"}, []string{"<textarea"}},
		{"results", "user:default/ada", "/surveys/srv_past/results", true, []string{"Net promoter score", "±49.0", "36%", "read by the team that asked"}, []string{"faster builds"}},
		{"results while open", "user:default/ada", "/surveys/srv_open/results", true, []string{"Still open"}, []string{"Net promoter score", "±"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := newSurveys(t, &surveyFake{asked: tt.asked}, nil)
			w, err := surveyCall(t, h, tt.person, http.MethodGet, tt.path, nil)
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d, %v", w.Code, err)
			}
			for _, s := range tt.has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page lacks %q:\n%s", s, w.Body)
				}
			}
			for _, s := range tt.hasNot {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("the page has %q", s)
				}
			}
		})
	}
}

func TestSurveyUnknown(t *testing.T) {
	h, _ := newSurveys(t, &surveyFake{asked: true}, nil)
	for _, path := range []string{"/surveys/srv_none", "/surveys/srv_none/results", "/surveys/srv_none/thanks"} {
		if _, err := surveyCall(t, h, "user:default/ada", http.MethodGet, path, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v; want not found", path, err)
		}
	}
	if _, err := surveyCall(t, h, "user:default/ada", http.MethodPost, "/surveys/srv_none", url.Values{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("post: %v; want not found", err)
	}
}

func TestAnswerByForm(t *testing.T) {
	h, d := newSurveys(t, &surveyFake{asked: true}, nil)
	w, err := surveyCall(t, h, "user:default/ada", http.MethodPost, "/surveys/srv_open",
		url.Values{"answers.recommend": {"9"}, "answers.improve": {`builds "fast"`}, "other": {"x"}})
	if err != nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/surveys/srv_open/thanks" {
		t.Fatalf("%d to %q, %v", w.Code, w.Header().Get("Location"), err)
	}
	if d.name != "answer-survey" || d.input != `{"answers":{"improve":"builds \"fast\"","recommend":9},"survey":"srv_open"}` {
		t.Errorf("%s got %s", d.name, d.input)
	}
}

func TestRefusedAnswerKeepsWhatWasTyped(t *testing.T) {
	refuse := fault.InvalidField("answers.recommend", "range", "Choose a whole number from 0 to 10.")
	h, d := newSurveys(t, &surveyFake{asked: true}, refuse)
	w, err := surveyCall(t, h, "user:default/ada", http.MethodPost, "/surveys/srv_open",
		url.Values{"answers.recommend": {"<script>"}, "answers.improve": {"keep <me>"}})
	if err != nil || w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%d, %v; want 422", w.Code, err)
	}
	body := w.Body.String()
	for _, s := range []string{"keep &lt;me&gt;", "Choose a whole number", `href="#f-recommend-0"`, `aria-invalid="true"`} {
		if !strings.Contains(body, s) {
			t.Errorf("the form lacks %q:\n%s", s, body)
		}
	}
	if strings.Contains(body, "<script>") || !strings.Contains(d.input, `\u003cscript\u003e`) {
		t.Errorf("the action got %s", d.input)
	}
}

func TestThanks(t *testing.T) {
	h, _ := newSurveys(t, &surveyFake{asked: true, own: voice.Answers{"recommend": 9}}, nil)
	w, err := surveyCall(t, h, "user:default/ada", http.MethodGet, "/surveys/srv_open/thanks", nil)
	if err != nil || !strings.Contains(w.Body.String(), "Answer 1 more question") {
		t.Errorf("thanks: %v\n%s", err, w.Body)
	}
	w, err = surveyCall(t, h, "user:default/ada", http.MethodGet, "/surveys/srv_open", nil)
	if err != nil || !strings.Contains(w.Body.String(), `value="9" checked`) || !strings.Contains(w.Body.String(), "Send again") {
		t.Errorf("the form to change answers: %v\n%s", err, w.Body)
	}
	h, _ = newSurveys(t, &surveyFake{asked: true}, nil)
	w, err = surveyCall(t, h, "user:default/ada", http.MethodGet, "/surveys/srv_open/thanks", nil)
	if err != nil || w.Header().Get("Location") != "/surveys/srv_open" {
		t.Errorf("thanks without an answer: %d to %q, %v", w.Code, w.Header().Get("Location"), err)
	}
}

func TestOpenAndClose(t *testing.T) {
	h, d := newSurveys(t, &surveyFake{asked: true}, nil)
	if _, err := surveyCall(t, h, "user:default/ada", http.MethodPost, "/surveys", url.Values{"survey": {"platform"}}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("ada opens: %v; want forbidden", err)
	}
	w, err := surveyCall(t, h, "user:default/grace", http.MethodPost, "/surveys", url.Values{"survey": {"platform"}})
	if err != nil || w.Code != http.StatusSeeOther || d.input != `{"survey":"platform"}` {
		t.Errorf("grace opens: %d, %v, %s", w.Code, err, d.input)
	}
	w, err = surveyCall(t, h, "user:default/grace", http.MethodPost, "/surveys/srv_open/close", url.Values{})
	if err != nil || w.Code != http.StatusSeeOther || d.name != "close-survey" || d.input != `{"survey":"srv_open"}` {
		t.Errorf("grace closes: %d, %v, %s %s", w.Code, err, d.name, d.input)
	}
}
