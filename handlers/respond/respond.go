// Package respond is how handlers answer: pages in the shell, parts for htmx,
// forms that were refused, and JSON. It alone reads the HX- headers.
package respond

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/views/layout"
)

// Meta is what the shell needs to know of a page.
type Meta struct {
	Title  string
	Nav    string // address of the navigation entry that is current, such as /catalog
	Charts bool   // the page draws charts
	Query  string // what stands in the search field
	Status int    // 0: 200
}

// Shell makes the frame of a page for the request: navigation, user, theme.
type Shell func(c echo.Context, m Meta) (layout.PageProps, error)

const shellKey = "waymark.shell"

// WithShell gives the pages below it their frame.
func WithShell(s Shell) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(shellKey, s)
			return next(c)
		}
	}
}

// Page answers with body in the shell.
func Page(c echo.Context, m Meta, body templ.Component) error {
	s, ok := c.Get(shellKey).(Shell)
	if !ok {
		return HTML(c, m.status(), layout.Bare(layout.BareProps{Title: m.Title}), body)
	}
	p, err := s(c, m)
	if err != nil {
		return err
	}
	vary(c)
	return HTML(c, m.status(), layout.Page(p), body)
}

// Part answers with part when htmx asks for a part of the page, else with the
// whole page around body.
func Part(c echo.Context, m Meta, body, part templ.Component) error {
	if IsPart(c) {
		vary(c)
		return HTML(c, m.status(), part, nil)
	}
	return Page(c, m, body)
}

// Invalid answers 422 with the same form, filled with what was typed.
func Invalid(c echo.Context, m Meta, body templ.Component) error {
	m.Status = http.StatusUnprocessableEntity
	return Page(c, m, body)
}

// HTML renders outer around inner into a buffer first, so that a fault of a
// view never follows a 200. Inner may be nil.
func HTML(c echo.Context, status int, outer, inner templ.Component) error {
	ctx := c.Request().Context()
	if inner != nil {
		ctx = templ.WithChildren(ctx, inner)
	}
	var b bytes.Buffer
	if err := outer.Render(ctx, &b); err != nil {
		return err
	}
	return c.HTMLBlob(status, b.Bytes())
}

// JSON answers with v as JSON.
func JSON(c echo.Context, status int, v any) error { return c.JSON(status, v) }

// IsPart reports whether htmx asks for a part of a page: not for boosted
// navigation and not for history, which get whole pages.
func IsPart(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-Request-Type") == "partial"
}

// isHTMX reports whether htmx sent the request at all.
func isHTMX(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

func vary(c echo.Context) {
	c.Response().Header().Add("Vary", "HX-Request, HX-Request-Type, Cookie")
}

// WantsJSON reports whether the caller is a program: anything below /api and
// whoever asks for JSON before HTML.
func WantsJSON(c echo.Context) bool {
	r := c.Request()
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/hooks/") ||
		r.URL.Path == "/services" || r.URL.Path == "/databases" {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "html")
}

func (m Meta) status() int {
	if m.Status == 0 {
		return http.StatusOK
	}
	return m.Status
}
