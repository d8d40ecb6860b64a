package web

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/handlers/scaffolder"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/layout"
	"github.com/waymark-portal/waymark/views/ui"
)

var errForeign = fault.New(fault.Forbidden, "This request came from another site, so it was refused. Nothing was changed.")

// statusOf is the one map from kinds of fault to statuses.
var statusOf = map[fault.Kind]int{
	fault.NotFound:        http.StatusNotFound,
	fault.Gone:            http.StatusGone,
	fault.Invalid:         http.StatusUnprocessableEntity, // an API answers 400
	fault.Conflict:        http.StatusConflict,
	fault.Forbidden:       http.StatusForbidden,
	fault.Policy:          http.StatusForbidden,
	fault.NeedsWaiver:     http.StatusUnprocessableEntity,
	fault.Quota:           http.StatusForbidden,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

// ours is what people read when the fault is ours.
const ours = "Something went wrong on our side. It is logged under the request's number."

// classify turns an error into a status and a sentence that anybody may read.
func classify(err error) (int, *fault.Error) {
	var f *fault.Error
	var he *echo.HTTPError
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge, fault.New(fault.TooLarge, "This is too large. Nothing was changed.")
	case errors.As(err, &f):
		if f.Kind == fault.Internal {
			return http.StatusInternalServerError, fault.New(fault.Internal, ours)
		}
		return statusOf[f.Kind], f
	case errors.As(err, &he):
		return he.Code, fault.New(kindOf(he.Code), sentenceOf(he.Code))
	default:
		return http.StatusInternalServerError, fault.New(fault.Internal, ours)
	}
}

func kindOf(status int) fault.Kind {
	for k, s := range statusOf {
		if s == status && k != fault.Policy && k != fault.Quota && k != fault.NeedsWaiver {
			return k
		}
	}
	return fault.Internal
}

func sentenceOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is no such page."
	case http.StatusMethodNotAllowed:
		return "This address does not take that method."
	case http.StatusRequestEntityTooLarge:
		return "This is too large. Nothing was changed."
	case http.StatusUnsupportedMediaType:
		return "This content type is not understood. Nothing was changed."
	}
	if status >= 500 {
		return ours
	}
	return http.StatusText(status) + "."
}

// handleError is the only place that turns an error into an answer, and the
// only one that logs it.
func (s *Server) handleError(err error, c echo.Context) {
	status, f := classify(err)
	if c.Request().Context().Err() != nil && status >= 500 {
		status = 499 // the client has gone; there is nobody to answer
	}
	logError(c, status, err)
	if c.Response().Committed {
		if status >= 500 {
			panic(http.ErrAbortHandler) // without its end nobody takes a part for the whole
		}
		return
	}
	if f.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if answer := s.answer(c, status, f); answer != nil {
		slog.Error("error page failed", "error", answer, "request", respond.RequestID(c))
		c.Blob(http.StatusInternalServerError, "text/plain; charset=utf-8", []byte(ours)) // the last resort; its own failure has no reader
	}
}

func logError(c echo.Context, status int, err error) {
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	slog.Log(c.Request().Context(), level, "refused", "status", status, "error", err.Error(),
		"method", c.Request().Method, "path", c.Request().URL.Path, "request", respond.RequestID(c))
}

func (s *Server) answer(c echo.Context, status int, f *fault.Error) error {
	if status == http.StatusUnauthorized && !respond.WantsJSON(c) {
		return s.toSignIn(c)
	}
	if path := c.Request().URL.Path; backstage.Mine(path) || scaffolder.Mine(path) {
		return backstage.WriteError(c, status, f)
	}
	if respond.WantsJSON(c) {
		return problem(c, status, f)
	}
	if respond.IsPart(c) {
		return respond.HTML(c, status, ui.Callout(ui.CalloutProps{Tone: ui.Bad, Title: f.Public}), nil)
	}
	page := layout.ErrorPage(errorProps(c, status, f))
	m := respond.Meta{Title: http.StatusText(status), Status: status}
	if !respond.Viewer(c).SignedIn() {
		return respond.HTML(c, status, layout.Bare(s.Bare(c, m.Title)), page)
	}
	return respond.Page(c, m, page)
}

func errorProps(c echo.Context, status int, f *fault.Error) layout.ErrorProps {
	p := layout.ErrorProps{Status: status, Title: f.Public, RequestID: respond.RequestID(c)}
	for _, v := range f.Violations {
		p.Todo = append(p.Todo, ui.Link{Label: v.Rule + ": " + v.Message + " " + v.Fix})
	}
	for _, x := range f.Fields {
		p.Todo = append(p.Todo, ui.Link{Label: x.Field + ": " + x.Message})
	}
	if c.Request().Method != http.MethodGet && status >= 500 {
		p.NotChanged = "What you sent was not saved unless a page says so."
	}
	p.Todo = append(p.Todo, ui.Link{Label: "Go to the start page", URL: "/"})
	return p
}

// problemBody is RFC 9457 with our members.
type problemBody struct {
	Type       string            `json:"type"`
	Title      string            `json:"title"`
	Status     int               `json:"status"`
	Detail     string            `json:"detail"`
	Instance   string            `json:"instance"`
	Kind       string            `json:"kind"`
	Errors     []fault.Field     `json:"errors,omitempty"`
	Violations []fault.Violation `json:"violations,omitempty"`
	Current    *int64            `json:"current,omitempty"`
	Limit      *int64            `json:"limit,omitempty"`
}

func problem(c echo.Context, status int, f *fault.Error) error {
	if f.Kind == fault.Invalid {
		status = http.StatusBadRequest
	}
	b := problemBody{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: f.Public,
		Instance: respond.RequestID(c), Kind: f.Kind.String(), Errors: f.Fields, Violations: f.Violations}
	if f.Kind == fault.Quota {
		b.Current, b.Limit = &f.Current, &f.Limit
	}
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	if status == http.StatusUnauthorized {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="waymark"`)
	}
	return c.JSON(status, b)
}
