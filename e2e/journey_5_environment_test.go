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

// environment is what the API says of one.
type environment struct {
	ID, Name, State, Reason, Owner, Entity string
	ExpiresAt                              time.Time
	Outputs                                []struct{ Name, Value, Secret string }
	Changes                                []json.RawMessage
	Runs                                   []struct{ ID, State, Kind string }
}

func (c *client) environment(id string) environment {
	c.s.t.Helper()
	res, body := c.get("/api/v1/environments/" + id)
	if res.StatusCode != http.StatusOK {
		c.s.t.Fatalf("environment %s: %d %s", id, res.StatusCode, body)
	}
	var e environment
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		c.s.t.Fatal(err)
	}
	return e
}

// becomes waits until an environment is in one of the states.
func (c *client) becomes(id string, d time.Duration, states ...string) environment {
	c.s.t.Helper()
	var e environment
	eventually(c.s.t, d, id+" becomes "+strings.Join(states, " or "), func() error {
		e = c.environment(id)
		for _, s := range states {
			if e.State == s {
				return nil
			}
		}
		return errf("it is %s: %s", e.State, e.Reason)
	})
	return e
}

// launch asks for a sandbox over the API and returns its id.
func (c *client) launch(name, parameters string) string {
	c.s.t.Helper()
	return c.launchFor("payments-team", name, parameters)
}

func (c *client) launchFor(team, name, parameters string) string {
	c.s.t.Helper()
	res, body := c.json("/api/v1/actions/launch-environment",
		`{"blueprint": "sandbox", "name": "`+name+`", "owner": "group:default/`+team+`", "parameters": `+parameters+`}`)
	var out struct{ Environment struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &out); err != nil || res.StatusCode != http.StatusAccepted {
		c.s.t.Fatalf("launch %s: %d %s", name, res.StatusCode, body)
	}
	return out.Environment.ID
}

func (c *client) destroy(id string) {
	c.s.t.Helper()
	if res, body := c.json("/api/v1/actions/destroy-environment", `{"environment": "`+id+`"}`); res.StatusCode != http.StatusAccepted {
		c.s.t.Fatalf("destroy %s: %d %s", id, res.StatusCode, body)
	}
}

// local are the objects of an environment on the local platform.
func (s *server) local(id string) []string {
	found, err := filepath.Glob(filepath.Join(s.Data, "local", "*", id+"-*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// A developer launches a sandbox in the browser, watches it become ready,
// looks at plan, policy, price and outputs, reveals the password, extends it
// and takes it away; with every engine that is there.
func TestJourney5LaunchAnEnvironment(t *testing.T) {
	for _, engine := range engines(t) {
		t.Run(filepath.Base(engine), func(t *testing.T) {
			s := start(t, options{sample: true, env: []string{"WAYMARK_ENGINE=" + engine, "CANARY=canary-of-the-server"}})
			walkEnvironment(t, s)
		})
	}
}

func walkEnvironment(t *testing.T, s *server) {
	s.loaded()
	ada := s.as("ada")
	b := open(t, s)
	b.signIn("ada")
	b.goTo("/blueprints")
	b.axe("blueprints")
	b.click(`a[href="/blueprints/sandbox"]`)
	b.waitText("main", "What is promised", 5*time.Second)
	b.axe("blueprint")
	shotTo(b, "blueprint")
	b.click(`a[href="/environments/new?blueprint=sandbox"]`)
	b.waitText("h1", "Launch Sandbox", 5*time.Second)
	b.axe("launch form")
	shotTo(b, "launch")
	typeIn(b, `input[name="name"]`, "Not A Name")
	b.click(`#launch .form-acts button`)
	b.waitText(`[role="alert"], .error-summary, main`, "needs another look", 5*time.Second)
	if v := eval[string](b, `document.querySelector('input[name="name"]').value`); v != "Not A Name" {
		t.Errorf("the form forgot what was typed: %q", v)
	}
	typeIn(b, `input[name="name"]`, "fraud-load-test")
	typeIn(b, `input[name="ttl"]`, "2h")
	b.click(`#launch .form-acts button`)
	b.waitText("h1", "fraud-load-test", 10*time.Second)
	b.waitText(".steps", "Apply", 5*time.Second)
	b.waitText(".log", "Creation complete", 60*time.Second)
	b.waitText("#env-head .badge, #env-head h1", "ready", 60*time.Second)
	id := eval[string](b, `location.pathname.split("/").pop()`)
	for panel, text := range map[string]string{"#plan": "waymark_database.main[0]", "#policy": "encryption_required", "#cost": "Total", "#outputs": "Endpoint"} {
		b.waitText(panel, text, 5*time.Second)
	}
	b.axe("environment")
	b.dark(true)
	b.axe("environment, dark")
	shotTo(b, "environment-dark")
	b.dark(false)
	shotTo(b, "environment")
	b.size(360, 800)
	if wide := eval[bool](b, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("the page of an environment is wider than a phone")
	}
	shotTo(b, "environment-360")
	b.size(1440, 1000)

	e := ada.environment(id)
	if made := s.local(id); len(made) != 3 {
		t.Errorf("made %v, want a database, a bucket and an endpoint", made)
	}
	if res, _ := ada.get("/catalog/default/environment/payments-team-fraud-load-test"); res.StatusCode != http.StatusOK {
		t.Errorf("the environment is not in the catalog: %d", res.StatusCode)
	}
	revealOnce(t, b, s, ada, e)
	extend(t, ada, e)
	b.goTo("/environments/" + id)
	b.click(`button[commandfor="destroy"]`)
	b.click(`#destroy button[data-variant="destructive"]`)
	b.waitText("#env-head", "destroyed", 60*time.Second)
	b.waitText(".log", "no object left", 10*time.Second)
	if left := s.local(id); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if res, _ := ada.get("/catalog/default/environment/payments-team-fraud-load-test"); res.StatusCode != http.StatusGone {
		t.Errorf("the catalog entry answers %d, want 410", res.StatusCode)
	}
	b.forget() // the refused form is a 422
	t.Run("policy", func(t *testing.T) { refusedByPolicy(t, b.in(t), s, ada) })
	t.Run("others", func(t *testing.T) { hiddenFromOthers(t, s, ada) })
	b.clean()
}

// typeIn replaces what a field holds by typing.
func typeIn(b *browser, selector, text string) {
	b.t.Helper()
	eval[bool](b, `(e => { e.focus(); e.select(); return true })(document.querySelector('`+selector+`'))`)
	b.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// shotTo writes a picture where make shots wants one.
func shotTo(b *browser, name string) {
	if dir := os.Getenv("WAYMARK_SHOTS"); dir != "" {
		b.shot(filepath.Join(dir, name+".png"))
	}
}

// revealOnce shows the password, and looks for it where it must not be.
func revealOnce(t *testing.T, b *browser, s *server, ada *client, e environment) {
	t.Helper()
	b.click(`#outputs form button`)
	b.waitText("main", "It is shown once", 10*time.Second)
	var value string
	eventually(t, 10*time.Second, "the password is shown", func() error {
		value = eval[string](b, `(e => e ? e.innerText.trim() : "")(document.querySelector("#revealed"))`)
		if len(value) < 20 {
			return errf("it says %q", value)
		}
		return nil
	})
	for _, path := range []string{"/environments/" + e.ID, "/api/v1/environments/" + e.ID, "/runs/" + e.Runs[0].ID, "/api/v1/runs/" + e.Runs[0].ID + "/log"} {
		_, body := ada.get(path)
		if strings.Contains(body, value) {
			t.Errorf("%s holds the secret", path)
		}
		if strings.Contains(body, "canary-of-the-server") {
			t.Errorf("%s holds the server's environment", path)
		}
	}
	db, err := os.ReadFile(filepath.Join(s.Data, "waymark.db"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(db), value) {
		t.Error("the database holds the secret readable")
	}
}

func extend(t *testing.T, ada *client, e environment) {
	t.Helper()
	res, body := ada.form("/environments/"+e.ID+"/extend", url.Values{"ttl": {"500h"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "at most") {
		t.Errorf("extending beyond the maximum: %d", res.StatusCode)
	}
	if res, body := ada.form("/environments/"+e.ID+"/extend", url.Values{"ttl": {"24h"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("extending: %d %s", res.StatusCode, body)
	}
	if now := ada.environment(e.ID); now.ExpiresAt.Sub(e.ExpiresAt) < 20*time.Hour {
		t.Errorf("ends at %s, before at %s", now.ExpiresAt, e.ExpiresAt)
	}
}

func refusedByPolicy(t *testing.T, b *browser, s *server, ada *client) {
	for name, tt := range map[string]struct{ parameters, rule, resource string }{
		"no-encryption": {`{"slowness": 0, "encryption": false}`, "encryption_required", "waymark_database.main[0]"},
		"no-tag":        {`{"slowness": 0, "cost_center": ""}`, "required_tags", "waymark_bucket.files"},
	} {
		id := ada.launch(name, tt.parameters)
		e := ada.becomes(id, 60*time.Second, "refused")
		if !strings.Contains(e.Reason, tt.rule) || !strings.Contains(e.Reason, tt.resource) {
			t.Errorf("%s: reason %q", name, e.Reason)
		}
		if left := s.local(id); len(left) > 0 {
			t.Errorf("%s: made %v", name, left)
		}
		b.goTo("/environments/" + id)
		b.waitText("main", tt.rule, 5*time.Second)
		b.waitText("#policy", "What to change", 5*time.Second)
		b.axe("refused environment")
	}
	shotTo(b, "environment-refused")
}

// hiddenFromOthers: other teams see that an environment exists, nothing of
// what is in it, and cannot change it; a viewer cannot launch.
func hiddenFromOthers(t *testing.T, s *server, ada *client) {
	grace := s.as("grace")
	id := grace.launchFor("ledger-team", "private", `{"slowness": 0}`)
	e := grace.becomes(id, 60*time.Second, "ready")
	other := ada
	if _, body := other.get("/environments/" + id); strings.Contains(body, "waymark_database") || strings.Contains(body, "database_password") {
		t.Error("another team sees plan or outputs")
	}
	if got := other.environment(id); len(got.Outputs) > 0 || len(got.Changes) > 0 || len(got.Runs) > 0 {
		t.Errorf("another team's API answer: %+v", got)
	}
	for _, path := range []string{"/runs/" + e.Runs[0].ID + "/log", "/api/v1/runs/" + e.Runs[0].ID + "/log", "/environments/" + id + "/log?run=" + e.Runs[0].ID} {
		if res, _ := other.get(path); res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusForbidden {
			t.Errorf("another team reads %s: %d", path, res.StatusCode)
		}
	}
	for _, action := range []string{"destroy", "extend", "reveal"} {
		res, _ := other.form("/environments/"+id+"/"+action, url.Values{"ttl": {"1h"}, "output": {"database_password"}})
		if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusNotFound {
			t.Errorf("another team may %s: %d", action, res.StatusCode)
		}
	}
	if res, body := grace.json("/api/v1/actions/launch-environment", `{"blueprint": "sandbox", "name": "private", "owner": "group:default/ledger-team"}`); res.StatusCode != http.StatusConflict {
		t.Errorf("the same name twice: %d %s", res.StatusCode, body)
	}
	for _, refused := range []string{`"owner": "group:default/ledger-team"`, `"owner": "group:default/payments-team", "kind": "production"`} {
		if res, body := ada.json("/api/v1/actions/launch-environment", `{"blueprint": "sandbox", "name": "other", `+refused+`}`); res.StatusCode != http.StatusForbidden {
			t.Errorf("a developer launches with %s: %d %s", refused, res.StatusCode, body)
		}
	}
	grace.destroy(id)
	grace.becomes(id, 60*time.Second, "destroyed")
}
