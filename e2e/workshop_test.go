package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// brokenCase is a template whose recorded case does not hold any more.
const brokenCase = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: noted, title: Noted, description: A note., annotations: {backstage.io/time-saved: PT2H}}
spec:
  owner: platform-team
  type: service
  strict: true
  parameters: {title: Note, required: [word], properties: {word: {type: string, title: Word}}}
  steps:
    - {id: note, action: "fetch:template", input: {url: ./skeleton, values: {word: "${{ parameters.word }}"}}}
`

// notedTemplate serves a template of a folder with a case.
func notedTemplate(t *testing.T) *server {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"template.yaml": brokenCase, "skeleton/note.md": "said: ${{ values.word }}\n",
		"tests/old.txt": "values: {word: hello}\n-- note.md --\nwritten: hello\n"} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source}})
	s.loaded()
	eventually(t, 20*time.Second, "the template is in the catalog", func() error {
		if res, _ := s.as("ada").get("/create/default/noted"); res.StatusCode == http.StatusOK {
			return nil
		}
		return errf("not yet")
	})
	return s
}

// A platform engineer opens a template in the workshop, breaks and mends it,
// sees each error at its line and what changed, and records a case; those who
// used it rate it.
func TestWorkshop(t *testing.T) {
	s := notedTemplate(t)
	if res, _ := s.as("ada").get("/create/workshop"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a developer without a template is answered %d, want 403", res.StatusCode)
	}
	b := open(t, s)
	b.signIn("grace")
	b.goTo("/create")
	b.click(`a[href="/create/workshop"]`)
	b.waitText("h1", "Workshop", 5*time.Second)
	b.goTo("/create/workshop?template=default%2Fnoted")
	typeIn(b, `[name="values.word"]`, "hello")
	try(b)
	b.waitText("#result", "It works", 10*time.Second)
	b.waitText("#result", "said: hello", time.Second)
	b.axe("a try in the workshop")
	eval[bool](b, `document.querySelector('#w-files').value = document.querySelector('#w-files').value.replace('values.word', 'values.wrod'), true`)
	try(b)
	b.waitText("#result", "does not work yet", 10*time.Second)
	b.waitText(".workshop-flaw", "skeleton/note.md:1", time.Second)
	b.waitText(".workshop-flaw", "Did you mean `word`?", time.Second)
	b.waitText(".workshop-flaw mark", "values.wrod", time.Second)
	look(t, b, "workshop")
	eval[bool](b, `document.querySelector('#w-files').value = document.querySelector('#w-files').value.replace('said: ${{ values.wrod', 'told: ${{ values.word'), true`)
	try(b)
	b.waitText("#result", "It works", 10*time.Second)
	b.waitText(".workshop-diff", "+told: hello", time.Second)
	b.forget() // the answer to what does not work is a 422
	if text := recorded(t, s); !strings.Contains(text, "word: hello") || !strings.Contains(text, "-- note.md --\nsaid: hello") {
		t.Errorf("the recorded case is\n%s", text)
	}

	b.goTo("/catalog/default/template/noted")
	b.waitText("#cases", "1 case fails", 5*time.Second)
	b.waitText("#cases", "+said: hello", time.Second)
	b.waitText("#usage", "2 hours each time", time.Second)
	look(t, b, "template-page")
	rated(t, s)
	b.goTo("/catalog/default/template/noted")
	b.waitText("#feedback", "More words, please.", 5*time.Second)
	b.waitText("#usage", "4.0 of 5, 1 rating", time.Second)
}

func try(b *browser) {
	b.do("try it", chromedp.Click(chromedp.CSS(`.form-acts button[name="_go"][value="try"]`)))
	time.Sleep(300 * time.Millisecond) // the page before says "It works" too
}

// recorded asks for a case without JavaScript.
func recorded(t *testing.T, s *server) string {
	t.Helper()
	res, body := s.as("grace").form("/create/workshop", url.Values{"_go": {"record"}, "case": {"hello"}, "text": {brokenCase},
		"files": {"-- skeleton/note.md --\nsaid: ${{ values.word }}\n"}, "values.word": {"hello"}})
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Disposition") != `attachment; filename="hello.txt"` {
		t.Fatalf("recording: %d, %v", res.StatusCode, res.Header)
	}
	return body
}

// rated uses the template as ada and rates it; ben, who has not, may not.
func rated(t *testing.T, s *server) {
	t.Helper()
	const words = `{"template":"template:default/noted","rating":4,"text":"More words, please."}`
	if res, body := s.as("ada").json("/api/v1/actions/rate-template", words); res.StatusCode != http.StatusForbidden {
		t.Errorf("a rating of who never used it: %d %s, want 403", res.StatusCode, body)
	}
	res, body := s.as("ada").json("/api/v1/actions/create-from-template", `{"template":"template:default/noted","values":{"word":"hello"}}`)
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("use the template: %d %s", res.StatusCode, body)
	}
	eventually(t, 30*time.Second, "the use is counted", func() error {
		_, body := s.as("ada").get("/api/v1/templates/default/noted/usage")
		var u struct {
			Made    int
			Success *float64
			Saved   float64 `json:"savedHours"`
		}
		if err := json.Unmarshal([]byte(body), &u); err != nil || u.Made != 1 || u.Success == nil || *u.Success != 1 || u.Saved != 2 {
			return errf("%s", body)
		}
		return nil
	})
	if res, body := s.as("ada").json("/api/v1/actions/rate-template", words); res.StatusCode != http.StatusOK {
		t.Errorf("a rating: %d %s", res.StatusCode, body)
	}
	if _, page := s.as("ada").get("/catalog/default/template/noted"); !strings.Contains(page, "You gave it 4 of 5") || strings.Contains(page, "id=\"feedback\"") {
		t.Error("ada does not see her rating, or sees what is for the owners")
	}
	if _, trail := s.as("grace").get("/api/v1/events?type=rate-template"); strings.Contains(trail, "More words") {
		t.Error("the words of a rating stand in the audit trail")
	}
}
