package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A person of the sample organisation signs in by a click, sees who they are,
// and signs out; the session is really gone.
func TestSignInAsASamplePerson(t *testing.T) {
	s := start(t, options{sample: true})
	b := open(t, s)
	b.goTo("/sign-in")
	b.axe("sign-in light")
	b.dark(true)
	b.axe("sign-in dark")
	b.dark(false)
	b.signIn("ada")
	b.goTo("/settings")
	b.waitText("main", "Ada Moreau", 5*time.Second)
	b.goTo("/settings/sessions")
	b.waitText("main", "this one", 5*time.Second)
	b.clean()
}

// Nobody gets past sign-in, by no way in.
func TestWithoutASession(t *testing.T) {
	s := start(t, options{sample: true})
	c := &client{&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, s}
	for _, path := range []string{"/", "/catalog", "/settings", "/settings/tokens", "/runs", "/environments", "/costs", "/dora", "/surveys", "/docs", "/search?q=x", "/audit", "/policies"} {
		res, _ := c.get(path)
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/sign-in") {
			t.Errorf("%s: %d to %q; want 303 to /sign-in", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/api/v1/me", "/api/v1/actions", "/api/v1/runs", "/api/v1/openapi.json", "/api/v1/events"} {
		if res, _ := c.get(path); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d; want 401", path, res.StatusCode)
		}
	}
	if res, _ := c.json("/api/v1/actions/create-token", `{"name":"x"}`); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("an action without a session: %d; want 401", res.StatusCode)
	}
}

// The sample sign-in works on this machine only, by its own name, with nobody
// in between.
func TestSampleSignInIsRefused(t *testing.T) {
	s := start(t, options{sample: true})
	for name, change := range map[string]func(*http.Request){
		"behind a proxy":        func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9") },
		"forwarded":             func(r *http.Request) { r.Header.Set("Forwarded", "for=203.0.113.9") },
		"a name that is not it": func(r *http.Request) { r.Host = "portal.example.com" },
		"another port":          func(r *http.Request) { r.Host = "127.0.0.1:1" },
	} {
		req, err := http.NewRequest(http.MethodPost, s.URL+"/sign-in/sample", strings.NewReader(url.Values{"user": {"user:default/ada"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(req)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode < 400 || len(res.Cookies()) > 0 {
			t.Errorf("%s: %d with cookies %v; want a refusal", name, res.StatusCode, res.Cookies())
		}
	}
}

// A second sign-in in the same browser ends the first session.
func TestSignInAgainEndsTheSessionBefore(t *testing.T) {
	s := start(t, options{sample: true})
	c := s.as("ada")
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	before := c.Jar.Cookies(base)
	if res, _ := c.form("/sign-in/sample", url.Values{"user": {"user:default/ben"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", res.StatusCode)
	}
	c.Jar.SetCookies(base, before)
	if res, _ := c.get("/api/v1/me"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the earlier cookie: %d, want 401", res.StatusCode)
	}
}
