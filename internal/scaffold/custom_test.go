package scaffold

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/webhook"
)

const customKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// machine is another machine that does actions; answer is called with every
// message that it believes.
func machine(t *testing.T, key string, answer func(n int32, w http.ResponseWriter, r *http.Request)) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	k, err := webhook.Key(key)
	if err != nil {
		t.Fatal(err)
	}
	n := &atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || webhook.Verify(r.Header, k, time.Now(), body) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"the signature is wrong"}`)
			return
		}
		answer(n.Add(1), w, r)
	}))
	t.Cleanup(s.Close)
	return s, n
}

func customCallTo(t *testing.T, s *httptest.Server, change func(*Custom)) *call {
	t.Helper()
	c := onDesk(t, &desk{})
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := fetch.New(fetch.Options{Key: "scaffolder", Hosts: []fetch.Host{{Name: u.Host, HTTP: true}}, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	a := Custom{ID: "acme:budget:open", Description: "Opens a budget.", URL: s.URL + "/do", Secret: customKey, Client: client, Pauses: []time.Duration{time.Millisecond, time.Millisecond},
		Input: []byte(`{"type":"object","required":["amount"],"properties":{"amount":{"type":"number"}}}`), Output: []byte(`{"type":"object","required":["id"]}`)}
	if change != nil {
		change(&a)
	}
	o := c.engine.o
	o.Custom = []Custom{a}
	c.engine = New(o)
	if err := c.engine.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAsksOtherMachinesSigned(t *testing.T) {
	t.Parallel()
	var keys []string
	s, n := machine(t, customKey, func(n int32, w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if n == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, `{"output":{"id":"b-1"},"log":["opened with hunter2-hunter2"]}`)
	})
	c := customCallTo(t, s, nil)
	c.secrets["pw"] = "hunter2-hunter2"
	var log strings.Builder
	c.execution.log = func(_, text string) { log.WriteString(text + "\n") }
	if err := use(t, c, "acme:budget:open", "amount: 5"); err != nil {
		t.Fatal(err)
	}
	if c.output["id"] != "b-1" || n.Load() != 2 || len(keys) != 2 || keys[0] != keys[1] || !strings.HasPrefix(keys[0], "run_1/step/") {
		t.Errorf("output %v after %d calls with the keys %v", c.output, n.Load(), keys)
	}
	if strings.Contains(log.String(), "hunter2") || !strings.Contains(log.String(), "opened with ***") {
		t.Errorf("log: %s", log.String())
	}
}

func TestSaysWhatOtherMachinesDoWrong(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) func(int32, http.ResponseWriter, *http.Request) {
		return func(_ int32, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, k := range map[string]struct {
		key    string
		answer func(int32, http.ResponseWriter, *http.Request)
		change func(*Custom)
		input  string
		says   string
		calls  int32
	}{
		"another key":      {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", answer(200, `{}`), nil, "amount: 1", "answers 401: the signature is wrong", 0},
		"bad input":        {customKey, answer(200, `{}`), nil, "amount: much", "amount", 0},
		"refused":          {customKey, answer(409, `{"error":"no money left"}`), nil, "amount: 1", "no money left", 1},
		"an error at 200":  {customKey, answer(200, `{"error":"no"}`), nil, "amount: 1", "answers 200: no", 1},
		"always down":      {customKey, answer(503, `{}`), nil, "amount: 1", "answers 503", 3},
		"no JSON":          {customKey, answer(200, `<html>`), nil, "amount: 1", "not JSON", 1},
		"another output":   {customKey, answer(200, `{"output":{}}`), nil, "amount: 1", "not what its schema says", 1},
		"oversized":        {customKey, answer(200, strings.Repeat(" ", maxAnswer+10)), nil, "amount: 1", "1024 KB", 1},
		"leads elsewhere":  {customKey, func(_ int32, w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) }, nil, "amount: 1", "answers 302", 1},
		"answers too late": {customKey, func(int32, http.ResponseWriter, *http.Request) { time.Sleep(700 * time.Millisecond) }, func(c *Custom) { c.Timeout = 300 * time.Millisecond; c.Pauses = []time.Duration{} }, "amount: 1", "did not answer in time", 1},
		"tells the secret": {customKey, answer(400, `{"error":"you sent `+customKey+`"}`), nil, "amount: 1", "you sent ***", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, n := machine(t, k.key, k.answer)
			c := customCallTo(t, s, k.change)
			err := use(t, c, "acme:budget:open", k.input)
			if err == nil || !strings.Contains(err.Error(), k.says) || strings.Contains(err.Error(), "MfKQ9r8") {
				t.Errorf("got %v, want %q", err, k.says)
			}
			if n.Load() != k.calls {
				t.Errorf("asked %d times, want %d", n.Load(), k.calls)
			}
		})
	}
}

func TestOtherMachinesAreGuarded(t *testing.T) {
	t.Parallel()
	s, n := machine(t, customKey, func(int32, http.ResponseWriter, *http.Request) {})
	u, _ := url.Parse(s.URL)
	closed, err := fetch.New(fetch.Options{Key: "scaffolder", Hosts: []fetch.Host{{Name: u.Host, HTTP: true}}})
	if err != nil {
		t.Fatal(err)
	}
	c := customCallTo(t, s, func(a *Custom) { a.Client = closed; a.Pauses = []time.Duration{} })
	if err := use(t, c, "acme:budget:open", "amount: 1"); err == nil || !strings.Contains(err.Error(), "scaffolder.allow_private") || n.Load() != 0 {
		t.Errorf("a private address: %v after %d calls", err, n.Load())
	}
	c.dry = true
	if err := use(t, c, "acme:budget:open", "amount: 1"); err != nil || n.Load() != 0 {
		t.Errorf("a dry run: %v after %d calls", err, n.Load())
	}
}

func TestActionsCanBeSwitchedOffAndLimited(t *testing.T) {
	t.Parallel()
	e := New(Options{Limits: Limits{Off: []string{"debug:wait"}, Roles: map[string][]string{"notify": {"lead"}}}})
	if got := e.lacking([]Step{{Action: "debug:wait"}, {Action: "debug:log"}, {Action: "no:such"}}); strings.Join(got, " ") != "debug:wait no:such" {
		t.Errorf("lacking: %v", got)
	}
	steps := []Step{{Name: "Tell", Action: "notify"}}
	if err := e.mayUse(action.Actor{}, steps); err == nil || !strings.Contains(err.Error(), "only for the role lead") {
		t.Errorf("nobody's roles: %v", err)
	}
	if err := e.mayUse(action.Actor{Grants: []action.Grant{{Role: "lead"}}}, steps); err != nil {
		t.Errorf("a lead: %v", err)
	}
	for _, a := range e.StepActions() {
		if a.ID == "debug:wait" {
			t.Error("what is switched off is listed")
		}
	}
	for _, bad := range []Custom{{ID: "debug:log", Client: there{}, Secret: customKey}, {ID: "a:b", Client: there{}, Secret: "short"}, {ID: "a:b", Secret: customKey},
		{ID: "a:b", Client: there{}, Secret: customKey, Input: []byte(`{"type":7}`)}} {
		if New(Options{Custom: []Custom{bad}}).Err() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

// A secret shows in no log, output or message of an action, in none of its
// shapes.
func TestSecretsShowNowhere(t *testing.T) {
	t.Parallel()
	const secret = `p@ss "w/rd+1`
	x := &execution{engine: New(Options{}), secrets: map[string]any{"pw": secret}}
	for name, text := range map[string]string{
		"as it is": "a " + secret + " b", "in an address": "https://h/?q=" + url.QueryEscape(secret), "in a path": "https://h/" + url.PathEscape(secret),
		"base 64": base64.StdEncoding.EncodeToString([]byte(secret)), "as JSON": `{"a":"p@ss \"w/rd+1"}`, "as a user's": base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		got, _ := x.hide(text).(string)
		if !strings.Contains(got, "***") || strings.Contains(got, "w/rd") || strings.Contains(got, "w%2Frd") {
			t.Errorf("%s: %q shows as %q", name, text, got)
		}
	}
}

func TestRequestsOnlyWhereAllowed(t *testing.T) {
	t.Parallel()
	for input, says := range map[string]string{
		"method: GET\nurl: https://elsewhere.example/":                              "not allowed",
		"method: GET\nurl: nonsense":                                                "no address",
		"method: TRACE\nurl: https://api.example.com/":                              "method",
		"method: GET\nurl: https://api.example.com/\nheaders: {\"a b\": c}":         "cannot be sent",
		"method: GET\nurl: https://api.example.com/\nheaders: {a: \"b\\r\\nc: d\"}": "cannot be sent",
	} {
		if err := use(t, onDesk(t, &desk{}), "http:request", input); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", input, err, says)
		}
	}
	c := onDesk(t, &desk{})
	c.dry = true
	if err := use(t, c, "http:request", "method: POST\nurl: https://api.example.com/x"); err != nil || c.output["code"] != 200 {
		t.Errorf("a dry run: %v %v", err, c.output)
	}
	if err := use(t, onDesk(t, &desk{}), "http:backstage:request", "method: POST\npath: /api/proxy/x"); err == nil {
		t.Error("another path is sent somewhere")
	}
	if c.engine.o.Requester = nil; use(t, c, "http:request", "method: GET\nurl: https://api.example.com/") == nil {
		t.Error("without hosts it is on")
	}
}
