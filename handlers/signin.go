// Package handlers serves the pages. Each file is one family: it binds the
// request, reads from the store or passes through the one door, builds props
// and renders.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/layout"
	"github.com/waymark-portal/waymark/views/signinview"
)

// SignIn serves the pages on which people sign in and out.
type SignIn struct {
	Access *access.Service
	OIDC   *access.OIDC // nil: none is configured
	First  *FirstCode   // nil: there is no one-time code
	Sample *SamplePeople
	Frame  func(c echo.Context, title string) layout.BareProps
	Cookie string // name of the session's cookie
	Secure bool   // the public address is https
}

// SamplePeople are those of the sample organisation as whom anyone may sign in.
type SamplePeople struct {
	Listen string // the server's own listener, which must be loopback
	List   func(ctx context.Context) ([]signinview.Person, error)
}

// stateCookie ties a sign-in to the browser that began it.
const stateCookie = "waymark_sign_in"

// Register adds the routes to g, which is open to everybody. guessing limits
// how often one address may try.
func (h *SignIn) Register(g *echo.Group, guessing echo.MiddlewareFunc) {
	g.GET("/sign-in", h.show)
	g.GET("/sign-in/oidc", h.begin)
	g.GET("/sign-in/callback", h.finish)
	g.GET("/sign-in/first", h.show)
	g.POST("/sign-in/first", h.first, guessing)
	g.POST("/sign-in/sample", h.sample, guessing)
	g.POST("/sign-out", h.signOut)
}

func (h *SignIn) show(c echo.Context) error {
	if respond.Viewer(c).SignedIn() {
		return respond.SeeOther(c, respond.ReturnTo(c, "/"))
	}
	return h.render(c, http.StatusOK, "")
}

func (h *SignIn) render(c echo.Context, status int, message string) error {
	p := signinview.Props{Message: message, ReturnTo: respond.ReturnTo(c, "/")}
	if h.OIDC != nil {
		p.OIDC = "/sign-in/oidc?return_to=" + url.QueryEscape(p.ReturnTo)
	}
	if h.First != nil && h.First.Open() {
		p.HasFirst, p.First = true, c.QueryParam("code")
	}
	if h.Sample != nil && sampleAllowed(c.Request(), h.Sample.Listen) {
		people, err := h.Sample.List(c.Request().Context())
		if err != nil {
			return err
		}
		p.People = people
	}
	return respond.HTML(c, status, layout.Bare(h.Frame(c, "Sign in")), signinview.SignIn(p))
}

func (h *SignIn) begin(c echo.Context) error {
	if h.OIDC == nil {
		return echo.ErrNotFound
	}
	address, state, err := h.OIDC.Begin(c.Request().Context(), respond.ReturnTo(c, "/"))
	if err != nil {
		return h.failed(c, err)
	}
	c.SetCookie(h.cookie(stateCookie, state, 10*time.Minute))
	return c.Redirect(http.StatusSeeOther, address)
}

func (h *SignIn) finish(c echo.Context) error {
	if h.OIDC == nil {
		return echo.ErrNotFound
	}
	var state string
	if k, err := c.Cookie(stateCookie); err == nil {
		state = k.Value
	}
	c.SetCookie(h.cookie(stateCookie, "", -1))
	if c.QueryParam("error") != "" {
		return h.failed(c, access.ErrRefused)
	}
	who, to, err := h.OIDC.Finish(c.Request().Context(), c.QueryParam("state"), c.QueryParam("code"), state)
	if err != nil {
		return h.failed(c, err)
	}
	return h.signIn(c, who, to)
}

// failed shows the sign-in page again with the reason; what is our fault goes
// the way of all errors.
func (h *SignIn) failed(c echo.Context, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	slog.Warn("sign-in failed", "error", err, "request", respond.RequestID(c))
	return h.render(c, http.StatusForbidden, f.Public)
}

func (h *SignIn) first(c echo.Context) error {
	if h.First == nil || !h.First.Take(c.FormValue("code")) {
		return h.render(c, http.StatusForbidden, "This code is not right, was used already, or is older than an hour. Restart the server for a new one.")
	}
	return h.signIn(c, access.Identity{Issuer: access.FirstIssuer, Subject: "administrator", Name: "First administrator"}, "/")
}

func (h *SignIn) sample(c echo.Context) error {
	if h.Sample == nil || !sampleAllowed(c.Request(), h.Sample.Listen) {
		return fault.New(fault.Forbidden, "The sample people can sign in on the server's own machine only, without a proxy in between.")
	}
	people, err := h.Sample.List(c.Request().Context())
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.Ref == c.FormValue("user") {
			return h.signIn(c, access.Identity{Issuer: access.SampleIssuer, Subject: p.Ref, User: p.Ref, Name: p.Name}, respond.ReturnTo(c, "/"))
		}
	}
	return h.render(c, http.StatusUnprocessableEntity, "There is no such person in the sample organisation. Choose one of these.")
}

func (h *SignIn) signIn(c echo.Context, who access.Identity, to string) error {
	secret, s, err := h.Access.SignIn(c.Request().Context(), who, c.Request().UserAgent(), c.RealIP())
	if err != nil {
		return err
	}
	if err := h.endEarlier(c); err != nil {
		return err
	}
	c.SetCookie(h.cookie(h.Cookie, secret, time.Until(s.ExpiresAt)))
	return respond.SeeOther(c, to)
}

// endEarlier ends the session that this browser had, if it had one.
func (h *SignIn) endEarlier(c echo.Context) error {
	k, err := c.Cookie(h.Cookie)
	if err != nil {
		return nil // no cookie, no session
	}
	return h.Access.SignOut(c.Request().Context(), k.Value)
}

func (h *SignIn) signOut(c echo.Context) error {
	if err := h.endEarlier(c); err != nil {
		return err
	}
	c.SetCookie(h.cookie(h.Cookie, "", -1))
	return respond.SeeOther(c, "/sign-in")
}

func (h *SignIn) cookie(name, value string, life time.Duration) *http.Cookie {
	age := int(life.Seconds())
	if life < 0 {
		age = -1
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteLaxMode}
}

// sampleAllowed reports whether a request may sign in as a sample person: it
// comes from this machine, to this machine, by its own name and port, and
// nobody has forwarded it.
func sampleAllowed(r *http.Request, listen string) bool {
	if forwarded(r.Header) {
		return false
	}
	_, ours, err := net.SplitHostPort(listen)
	host, port, err2 := net.SplitHostPort(r.Host)
	return err == nil && err2 == nil && port == ours && loopbackName(host) && loopbackAddr(listen) && loopbackAddr(r.RemoteAddr)
}

// forwarded reports whether a proxy has passed the request on: the standard's
// headers, and those of proxies and tunnels that have their own.
func forwarded(h http.Header) bool {
	for name := range h {
		switch name {
		case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host", "X-Original-Forwarded-For",
			"True-Client-Ip", "Fastly-Client-Ip", "Fly-Client-Ip", "Cf-Connecting-Ip", "Cf-Ray", "Cdn-Loop":
			return true
		}
		if strings.HasPrefix(name, "X-Forwarded") {
			return true
		}
	}
	return false
}

func loopbackName(host string) bool {
	return host == "127.0.0.1" || host == "localhost" || strings.Trim(host, "[]") == "::1"
}

func loopbackAddr(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
