package backstage

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Mine reports whether a path belongs to this API, so that its errors have
// this API's shape.
func Mine(path string) bool { return path == Prefix || strings.HasPrefix(path, Prefix+"/") }

// names are the errors that Backstage's clients tell apart, by status.
var names = map[int]string{
	http.StatusBadRequest:            "InputError",
	http.StatusUnauthorized:          "AuthenticationError",
	http.StatusForbidden:             "NotAllowedError",
	http.StatusNotFound:              "NotFoundError",
	http.StatusConflict:              "ConflictError",
	http.StatusRequestEntityTooLarge: "PayloadTooLargeError",
	http.StatusNotImplemented:        "NotImplementedError",
	http.StatusServiceUnavailable:    "ServiceUnavailableError",
}

// errorBody is Backstage's error, in the order of its members.
type errorBody struct {
	Error struct {
		Name    string `json:"name"`
		Message string `json:"message"`
	} `json:"error"`
	Request struct {
		Method string `json:"method"`
		URL    string `json:"url"`
	} `json:"request"`
	Response struct {
		StatusCode int `json:"statusCode"`
	} `json:"response"`
}

// WriteError answers with f in the shape that Backstage's clients read.
// Status is what other parts of the portal would answer; here what is gone is
// not found, and what is invalid is 400.
func WriteError(c echo.Context, status int, f *fault.Error) error {
	switch f.Kind {
	case fault.Gone:
		status = http.StatusNotFound
	case fault.Invalid:
		status = http.StatusBadRequest
	case fault.NeedsWaiver:
		status = http.StatusForbidden
	}
	var b errorBody
	b.Error.Name, b.Error.Message = names[status], sentence(f)
	if b.Error.Name == "" {
		b.Error.Name = "Error"
	}
	b.Request.Method, b.Request.URL, b.Response.StatusCode = c.Request().Method, c.Request().URL.RequestURI(), status
	if status == http.StatusUnauthorized {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="waymark"`)
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return c.Blob(status, contentType, text)
}

// sentence is everything that f has to say, in one text.
func sentence(f *fault.Error) string {
	var parts []string
	for _, x := range f.Fields {
		text := x.Message
		if x.Field != "" && len(f.Fields) > 1 {
			text = x.Field + ": " + text
		}
		parts = append(parts, text)
	}
	for _, v := range f.Violations {
		parts = append(parts, v.Rule+": "+v.Message)
	}
	if len(parts) == 0 || len(f.Fields) == 1 {
		return f.Public
	}
	return strings.Join(parts, "; ")
}

// invalid refuses a request with a text that a client shows.
func invalid(format string, args ...any) error { return fault.Newf(fault.Invalid, format, args...) }

// notFound says that there is no such thing, or none that the caller may see.
func notFound(format string, args ...any) error { return fault.Newf(fault.NotFound, format, args...) }
