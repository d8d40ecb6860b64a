package web

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
)

// SessionCookie is the name of the session's cookie.
const SessionCookie = "waymark_session"

// identify finds out who is asking: a bearer token, a Git client's password,
// or the session cookie. A token that is wrong is refused, never ignored;
// a session that has ended makes the caller nobody.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		v, via, err := s.caller(c)
		if err != nil {
			return err
		}
		respond.SetViewer(c, v, via)
		return next(c)
	}
}

func (s *Server) caller(c echo.Context) (access.Viewer, string, error) {
	r := c.Request()
	via := "page"
	if respond.WantsJSON(c) {
		via = "api"
	}
	if strings.HasPrefix(r.UserAgent(), "platformctl/") {
		via = "cli"
	}
	if token := bearer(r); token != "" {
		v, err := s.Access.ByToken(r.Context(), token)
		if errors.Is(err, access.ErrNoSession) && !s.limits.allow("token:"+c.RealIP()) {
			err = errTooMany
		}
		return v, via, err
	}
	k, err := c.Cookie(SessionCookie)
	if err != nil {
		return access.Viewer{}, via, nil
	}
	v, err := s.Access.BySession(r.Context(), k.Value)
	if errors.Is(err, access.ErrNoSession) {
		return access.Viewer{}, via, nil
	}
	return v, via, err
}

// bearer is the API token of a request: a Bearer token, or the password of
// Basic authentication, which is what Git sends.
func bearer(r *http.Request) string {
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(t)
	}
	if _, password, ok := r.BasicAuth(); ok && strings.HasPrefix(r.URL.Path, "/git/") {
		return password
	}
	return ""
}

// signedIn refuses nobody.
func signedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !respond.Viewer(c).SignedIn() {
			return access.ErrNoSession
		}
		return next(c)
	}
}

// toSignIn sends a page to sign-in, and from there back.
func (s *Server) toSignIn(c echo.Context) error {
	to := "/sign-in"
	if r := c.Request(); r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?return_to=" + url.QueryEscape(r.URL.RequestURI())
	}
	return respond.SeeOther(c, to)
}

// errUnknownHost answers a Host that this server does not go by; it keeps a
// name that is made to point here from reaching the portal in a browser.
var errUnknownHost = echo.NewHTTPError(http.StatusMisdirectedRequest)

// knownHost refuses requests for another host than loopback and the public
// address.
func (s *Server) knownHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if host := c.Request().Host; host == s.origin.Host || isLoopback(host) {
			return next(c)
		}
		return errUnknownHost
	}
}

func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

var errTooMany = &fault.Error{Kind: fault.TooMany, Public: "Too many attempts. Wait a minute and try again.", RetryAfter: 60e9}
