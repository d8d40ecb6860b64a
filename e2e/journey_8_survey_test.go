package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// surveyList is what GET /surveys answers.
type surveyList struct {
	Items []struct {
		ID, Survey, Period, State string
		Invited, Answered         int
		AnsweredByMe              bool
	}
}

// surveyResults is what GET /surveys/{id}/results answers.
type surveyResults struct {
	Invited, Answered int
	ResponseRate      float64
	Questions         []struct {
		ID     string
		N      *int
		TooFew bool
		Mean   *float64
		NPS    *struct {
			Score, Margin                   float64
			Promoters, Passives, Detractors int
		}
		Texts []string
	}
}

func apiGet[T any](t *testing.T, c *client, path string) T {
	t.Helper()
	res, body := c.get("/api/v1" + path)
	var out T
	if err := json.Unmarshal([]byte(body), &out); res.StatusCode != http.StatusOK || err != nil {
		t.Fatalf("GET %s: %d, %v: %s", path, res.StatusCode, err, body)
	}
	return out
}

// survey finds a survey by file and state.
func (l surveyList) survey(t *testing.T, file, state string) string {
	t.Helper()
	for _, s := range l.Items {
		if s.Survey == file && s.State == state {
			return s.ID
		}
	}
	t.Fatalf("no %s survey of %s: %+v", state, file, l.Items)
	return ""
}

// A developer answers the quarterly survey from home with one click, completes
// and changes the answers; the platform engineer closes it, and everybody sees
// score, margin and response rate, and nothing where too few answered.
func TestJourney8AnswerASurvey(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	ada, grace := s.as("ada"), s.as("grace")
	list := apiGet[surveyList](t, ada, "/surveys")
	asked, past, few := list.survey(t, "platform-quarterly", "open"), list.survey(t, "platform-quarterly", "closed"), list.survey(t, "ledger-on-call", "closed")
	before := apiGet[surveyResults](t, ada, "/surveys/"+asked+"/results")

	b := open(t, s)
	b.signIn("ada")
	b.waitText("h1", "Ada", 5*time.Second)
	b.waitText("main", "A survey waits for your opinion.", 5*time.Second)
	b.click(`main form[action="/surveys/` + asked + `"] button[value="9"]`)
	b.waitText("h1", "Thank you", 5*time.Second)
	b.axe("thanks")
	b.click(`main a[href="/surveys/` + asked + `"]`)
	b.waitText("main", "anonymous after", 5*time.Second)
	if !eval[bool](b, `document.querySelector('input[name="answers.recommend"][value="9"]').checked`) {
		t.Error("the score that was clicked on home is not chosen in the form")
	}
	b.axe("survey form")
	b.dark(true)
	b.axe("survey form, dark")
	b.dark(false)
	b.click(`input[name="answers.ease"][value="4"]`)
	b.click(`input[name="answers.value"][value="Self-service"]`)
	b.do("say what to improve", chromedp.SendKeys(chromedp.CSS(`textarea[name="answers.improve"]`), "Show what a preview costs <b>before</b> I launch it."))
	b.click(`main form button:not([type="button"])`)
	b.waitText("main", "Change my answers", 5*time.Second)
	b.goTo("/")
	b.waitText("main", "No survey waits for you.", 5*time.Second)
	b.axe("home")

	after := apiGet[surveyResults](t, ada, "/surveys/"+asked+"/results")
	if after.Answered != before.Answered+1 || after.Questions[0].NPS != nil || after.Questions[0].N != nil {
		t.Errorf("while open: %d answered before, %+v now; want one more and no figures", before.Answered, after)
	}
	t.Run("refused", func(t *testing.T) { refusedAnswers(t, ada, asked) })
	t.Run("who may close", func(t *testing.T) {
		if res, _ := ada.form("/surveys/"+asked+"/close", url.Values{}); res.StatusCode != http.StatusForbidden {
			t.Errorf("a developer closes the survey: %d; want 403", res.StatusCode)
		}
	})

	b = open(t, s)
	b.signIn("grace")
	b.goTo("/surveys")
	b.axe("surveys")
	b.click(`button[commandfor="close-` + asked + `"]`)
	b.waitText("dialog[open]", "cannot be undone", 5*time.Second)
	b.click(`dialog[open] button[data-variant="destructive"]`)
	b.waitText("main", "Net promoter score", 5*time.Second)
	b.waitText("main", "±", 5*time.Second)
	b.waitText("main", "Show what a preview costs <b>before</b> I launch it.", 5*time.Second)
	b.axe("results")
	b.dark(true)
	b.axe("results, dark")

	t.Run("figures", func(t *testing.T) {
		r := apiGet[surveyResults](t, grace, "/surveys/"+asked+"/results")
		q := r.Questions[0]
		if q.NPS == nil || q.N == nil || q.NPS.Promoters+q.NPS.Passives+q.NPS.Detractors != *q.N || *q.N != after.Answered {
			t.Fatalf("the score of the closed survey: %+v of %d", q.NPS, after.Answered)
		}
		if want := 100 * float64(q.NPS.Promoters-q.NPS.Detractors) / float64(*q.N); q.NPS.Score != want || q.NPS.Margin <= 0 {
			t.Errorf("score %v ± %v; want %v", q.NPS.Score, q.NPS.Margin, want)
		}
		if want := float64(r.Answered) / float64(r.Invited); r.ResponseRate != want {
			t.Errorf("response rate %v; want %v", r.ResponseRate, want)
		}
		if old := apiGet[surveyResults](t, ada, "/surveys/"+past+"/results"); old.Questions[0].NPS == nil || old.Questions[3].Texts != nil {
			t.Errorf("last quarter for somebody outside the team that asked: %+v", old.Questions)
		}
	})
	t.Run("too few", func(t *testing.T) {
		r := apiGet[surveyResults](t, grace, "/surveys/"+few+"/results")
		for _, q := range r.Questions {
			if !q.TooFew || q.N != nil || q.NPS != nil || q.Mean != nil || q.Texts != nil {
				t.Errorf("three answers tell something: %+v", q)
			}
		}
		if _, body := grace.get("/surveys/" + few + "/results"); !strings.Contains(body, "Fewer than 5 people answered") || strings.Contains(body, "mend themselves") {
			t.Error("the page of three answers does not say why it is empty, or is not")
		}
	})
	t.Run("no edit after close", func(t *testing.T) {
		res, body := ada.json("/api/v1/actions/answer-survey", `{"survey":"`+asked+`","answers":{"recommend":1}}`)
		if res.StatusCode != http.StatusConflict {
			t.Errorf("an edit after close: %d %s; want 409", res.StatusCode, body)
		}
		if _, body := ada.get("/surveys/" + asked); !strings.Contains(body, "This survey is closed") {
			t.Error("the page of a closed survey does not say so")
		}
	})
}

// refusedAnswers sends what nobody may answer.
func refusedAnswers(t *testing.T, ada *client, survey string) {
	for _, bad := range []string{`{"recommend":11}`, `{"recommend":-1}`, `{"recommend":"9"}`, `{"recommend":9.5}`, `{}`, `{"recommend":9,"unknown":1}`,
		`{"recommend":9,"value":"Beer"}`, fmt.Sprintf(`{"recommend":9,"improve":%q}`, strings.Repeat("x", 2001)), `[]`, `{"recommend":{"a":1}}`} {
		res, body := ada.json("/api/v1/actions/answer-survey", `{"survey":"`+survey+`","answers":`+bad+`}`)
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"field"`) {
			t.Errorf("answers %.60s: %d %s; want 400 with the field", bad, res.StatusCode, body)
		}
	}
	res, body := ada.form("/surveys/"+survey, url.Values{"answers.recommend": {"<script>"}, "answers.improve": {"kept & shown"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "kept &amp; shown") || strings.Contains(body, "<script>") {
		t.Errorf("a refused form: %d; want 422 with what was typed", res.StatusCode)
	}
}
