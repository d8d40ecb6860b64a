package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/static"
	"github.com/waymark-portal/waymark/views/layout"
	"github.com/waymark-portal/waymark/views/ui"
	"github.com/waymark-portal/waymark/web"
)

// people is an access store that knows one cookie and one token.
type people struct{ access.Store }

func (people) SessionByHash(_ context.Context, hash string) (access.Session, access.Account, error) {
	if hash != hashOf("good-cookie") {
		return access.Session{}, access.Account{}, access.ErrNoSession
	}
	return access.Session{ID: "ses_1", SeenAt: time.Now()}, access.Account{ID: "acc_1", Name: "Ada Moreau"}, nil
}

func (people) TokenByHash(_ context.Context, hash string) (access.Token, access.Account, error) {
	if hash != hashOf("good-token") {
		return access.Token{}, access.Account{}, access.ErrNoSession
	}
	return access.Token{UsedAt: time.Now()}, access.Account{ID: "acc_1", Name: "Ada Moreau"}, nil
}

type nobody struct{}

func (nobody) Authorize(context.Context, action.Actor, string, string) error { return nil }

type noDB struct{}

func (noDB) Write(context.Context, func(tx.Tx) error) error { return nil }

// newServer serves a page that says hello, and one per way to fail.
func newServer(t *testing.T) http.Handler {
	t.Helper()
	assets, err := asset.New(static.Files)
	if err != nil {
		t.Fatal(err)
	}
	frame := &web.Frame{Assets: assets}
	s, m, err := web.New(web.Options{
		Config: config.Config{URL: "https://portal.example.com", Listen: "127.0.0.1:8080", Timezone: "UTC"},
		Access: access.New(access.Options{Store: people{}, DB: noDB{}, Roles: &access.Roles{}}), Allow: nobody{}, Assets: assets,
		Shell: frame.Shell, Ready: func(context.Context) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	hello := func(c echo.Context) error {
		return respond.Part(c, respond.Meta{Title: "Hello"}, ui.Badge("whole", ui.Good), ui.Badge("part", ui.Good))
	}
	m.Pages.GET("/hello", hello)
	m.Pages.POST("/hello", hello)
	m.Public.GET("/open", func(c echo.Context) error { return respond.HTML(c, 200, layout.Bare(layout.BareProps{}), nil) })
	fail := func(err error) echo.HandlerFunc { return func(echo.Context) error { return err } }
	for path, err := range map[string]error{
		"missing": fault.New(fault.NotFound, "There is no such thing."), "broken": errors.New("secret detail: password=hunter2"),
		"quota": &fault.Error{Kind: fault.Quota, Public: "Quota exceeded.", Current: 3, Limit: 3},
		"bad":   fault.InvalidField("name", "required", "This is needed."), "gone": fault.New(fault.Gone, "It is gone."),
	} {
		m.Pages.GET("/"+path, fail(err))
		m.API.GET("/"+path, fail(err))
		m.Root.GET("/api/catalog/"+path, fail(err))
	}
	m.Pages.GET("/panic", func(echo.Context) error { panic("secret detail: hunter2") })
	m.Pages.GET("/half", func(c echo.Context) error {
		if err := c.String(http.StatusOK, strings.Repeat("ref,kind\n", 1000)); err != nil {
			return err
		}
		return errors.New("the database is gone")
	})
	m.Pages.POST("/body", func(c echo.Context) error { _, err := c.FormParams(); return err })
	m.Root.POST("/api/catalog/body", func(c echo.Context) error { _, err := io.ReadAll(c.Request().Body); return err })
	return s.Handler()
}

func request(method, path string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "https://portal.example.com"+path, nil)
	r.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: "good-cookie"})
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestSecurityHeaders(t *testing.T) {
	w := answer(newServer(t), request("GET", "/hello"))
	for name, want := range map[string]string{
		"Content-Security-Policy":   "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
		"Cache-Control":             "no-store",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(strings.Join(w.Header().Values("Vary"), ", "), "HX-Request-Type") {
		t.Errorf("Vary %q", w.Header().Values("Vary"))
	}
}

func TestWhoIsLetIn(t *testing.T) {
	h := newServer(t)
	for _, c := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"session", request("GET", "/hello"), 200},
		{"token on a page", request("GET", "/hello", "Cookie", "", "Authorization", "Bearer good-token"), 200},
		{"nobody on a page", request("GET", "/hello", "Cookie", ""), 303},
		{"nobody on the API", request("GET", "/api/v1/missing", "Cookie", ""), 401},
		{"wrong token", request("GET", "/api/v1/missing", "Cookie", "", "Authorization", "Bearer bad"), 401},
		{"wrong token beside a session", request("GET", "/api/v1/missing", "Authorization", "Bearer bad"), 401},
		{"old cookie", request("GET", "/hello", "Cookie", web.SessionCookie+"=old"), 303},
		{"a foreign page's post", request("POST", "/hello", "Sec-Fetch-Site", "cross-site"), 403},
		{"another site of the same domain", request("POST", "/hello", "Sec-Fetch-Site", "same-site"), 403},
		{"a foreign origin", request("POST", "/hello", "Origin", "https://evil.example"), 403},
		{"own post", request("POST", "/hello", "Sec-Fetch-Site", "same-origin"), 200},
		{"nobody on an open page", request("GET", "/open", "Cookie", ""), 200},
		{"health", request("GET", "/healthz", "Cookie", ""), 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := answer(h, c.r); w.Code != c.want {
				t.Errorf("status %d, want %d: %s", w.Code, c.want, w.Body)
			}
		})
	}
}

func TestAForeignHostIsMisdirected(t *testing.T) {
	r := request("GET", "/hello")
	r.Host = "evil.example"
	if w := answer(newServer(t), r); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("status %d, want 421", w.Code)
	}
}

func TestErrorsBecomeAnswers(t *testing.T) {
	h := newServer(t)
	for path, want := range map[string][2]int{"missing": {404, 404}, "broken": {500, 500}, "quota": {403, 403}, "bad": {422, 400}, "gone": {410, 410}} {
		page, api := answer(h, request("GET", "/"+path)), answer(h, request("GET", "/api/v1/"+path))
		if page.Code != want[0] || api.Code != want[1] {
			t.Errorf("%s: page %d, API %d; want %v", path, page.Code, api.Code, want)
		}
		if strings.Contains(page.Body.String()+api.Body.String(), "hunter2") {
			t.Errorf("%s shows an internal detail", path)
		}
		var p struct {
			Title, Detail, Instance string
			Status                  int
			Current, Limit          *int64
			Errors                  []fault.Field
		}
		if err := json.Unmarshal(api.Body.Bytes(), &p); err != nil || p.Status != want[1] || p.Instance == "" {
			t.Errorf("%s: problem %+v (%v)", path, p, err)
		}
		if ct := api.Header().Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("%s: content type %q", path, ct)
		}
		if path == "quota" && (p.Current == nil || *p.Current != 3 || p.Limit == nil) {
			t.Errorf("quota without current and limit: %s", api.Body)
		}
		if path == "bad" && (len(p.Errors) != 1 || p.Errors[0].Field != "name") {
			t.Errorf("bad without the field: %s", api.Body)
		}
	}
}

// Errors below /api/catalog have the shape of Backstage, whoever refuses.
func TestErrorsOfTheCatalogAPI(t *testing.T) {
	h := newServer(t)
	for path, want := range map[string]string{"missing?a=b": "404 NotFoundError", "broken": "500 Error", "quota": "403 NotAllowedError", "bad": "400 InputError",
		"gone": "404 NotFoundError", "nowhere": "404 NotFoundError"} {
		w := answer(h, request("GET", "/api/catalog/"+path))
		if got := backstageError(t, w, "GET", "/api/catalog/"+path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	w := answer(h, request("GET", "/api/catalog/missing", "Cookie", ""))
	if got := backstageError(t, w, "GET", "/api/catalog/missing"); got != "401 AuthenticationError" || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("signed out: %s %v", got, w.Header())
	}
	w = answer(h, request("GET", "/api/catalog/missing", "Cookie", "", "Authorization", "Bearer wrong"))
	if got := backstageError(t, w, "GET", "/api/catalog/missing"); got != "401 AuthenticationError" {
		t.Errorf("a wrong token: %s", got)
	}
	w = answer(h, request("POST", "/api/catalog/missing", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"))
	if got := backstageError(t, w, "POST", "/api/catalog/missing"); got != "403 NotAllowedError" && got != "405 Error" {
		t.Errorf("from another site: %s", got)
	}
}

func TestTooLargeABodyForTheCatalogAPI(t *testing.T) {
	r := request("POST", "/api/catalog/body", "Content-Type", "application/json")
	r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", 3<<20)))
	if got := backstageError(t, answer(newServer(t), r), "POST", "/api/catalog/body"); got != "413 PayloadTooLargeError" {
		t.Errorf("got %s", got)
	}
}

func backstageError(t *testing.T, w *httptest.ResponseRecorder, method, url string) string {
	t.Helper()
	var b struct {
		Error    struct{ Name, Message string }
		Request  struct{ Method, URL string }
		Response struct{ StatusCode int }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil {
		t.Errorf("%s: %v: %s", url, err, w.Body)
	}
	if b.Error.Message == "" || strings.Contains(b.Error.Message, "hunter2") || b.Request.Method != method || b.Request.URL != url || b.Response.StatusCode != w.Code {
		t.Errorf("%s: status %d, body %s", url, w.Code, w.Body)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Errorf("%s: content type %q", url, ct)
	}
	return strconv.Itoa(w.Code) + " " + b.Error.Name
}

func TestAPanicIsAPage(t *testing.T) {
	w := answer(newServer(t), request("GET", "/panic"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "hunter2") || !strings.Contains(w.Body.String(), "req_") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// An answer that breaks off has no end: nobody takes it for the whole.
func TestAnAnswerThatBreaksOffHasNoEnd(t *testing.T) {
	s := httptest.NewServer(newServer(t))
	defer s.Close()
	for _, encoding := range []string{"identity", "gzip"} {
		r := request("GET", "/half", "Accept-Encoding", encoding)
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", s.Listener.Addr().String(), ""
		res, err := s.Client().Do(r)
		if err != nil {
			continue // broken before its head was sent
		}
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil {
			t.Errorf("%s: the answer looks whole", encoding)
		}
	}
}

func TestAPartIsAPart(t *testing.T) {
	h := newServer(t)
	for _, c := range []struct {
		kind, want string
	}{{"partial", "part"}, {"full", "whole"}, {"", "whole"}} {
		header := []string{"HX-Request", "true", "HX-Request-Type", c.kind}
		if c.kind == "" {
			header = nil
		}
		body := answer(h, request("GET", "/hello", header...)).Body.String()
		if !strings.Contains(body, c.want) || strings.Contains(body, "<html") != (c.want == "whole") {
			t.Errorf("type %q: %.200s", c.kind, body)
		}
	}
}

func TestTooLargeABody(t *testing.T) {
	r := httptest.NewRequest("POST", "https://portal.example.com/body", strings.NewReader("x="+strings.Repeat("y", 3<<20)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: "good-cookie"})
	if w := answer(newServer(t), r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", w.Code)
	}
}

func TestGuessingTokensIsSlowedDown(t *testing.T) {
	h := newServer(t)
	var last int
	for range 30 {
		last = answer(h, request("GET", "/api/v1/missing", "Authorization", "Bearer guess")).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the thirtieth guess: %d, want 429", last)
	}
	if w := answer(h, request("GET", "/api/v1/missing", "Authorization", "Bearer good-token")); w.Code != 404 {
		t.Errorf("a right token after that: %d, want to be let in", w.Code)
	}
}

// Nobody fills the memory with series that metrics keep for good.
func TestMetricsCountMadeUpMethodsAsOne(t *testing.T) {
	h := newServer(t)
	for _, m := range []string{"AAAA", "BBBB", "CCCC"} {
		answer(h, request(m, "/hello"))
	}
	body := answer(h, request(http.MethodGet, "/metrics")).Body.String()
	if strings.Contains(body, `method="AAAA"`) || !strings.Contains(body, `method="other"`) {
		t.Error("each made-up method is a series of its own")
	}
}
