package respond

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Bind fills q from path, query and form. A value of the wrong type is fault
// Invalid; too large a body keeps its own status.
func Bind(c echo.Context, q any) error {
	err := c.Bind(q)
	var he *echo.HTTPError
	if errors.As(err, &he) && he.Code == http.StatusBadRequest {
		var be *echo.BindingError
		if errors.As(err, &be) {
			return fault.InvalidField(be.Field, "type", "This value has the wrong type.").Because(err)
		}
		return fault.InvalidField("", "type", "The request cannot be read: one of its values has the wrong type.").Because(err)
	}
	return err
}

// Do passes an input through the one door. Idempotency-Key (or the hidden
// field _key) and dryRun=true count.
func Do(c echo.Context, reg *action.Registry, name string, in json.RawMessage) (action.Output, error) {
	key := c.Request().Header.Get("Idempotency-Key")
	if key == "" && c.Request().Form != nil {
		key = c.Request().Form.Get("_key")
	}
	if len(key) > 255 {
		return action.Output{}, fault.InvalidField("Idempotency-Key", "maxLength", "An Idempotency-Key may have at most 255 characters.")
	}
	opts := []action.Option{action.WithKey(key)}
	if c.QueryParam("dryRun") == "true" {
		opts = append(opts, action.DryRun())
	}
	return reg.Do(c.Request().Context(), Actor(c), name, in, opts...)
}

// Done sends a page on after an action: 303, or for htmx 204 with
// HX-Redirect, since fetch would follow a 303 unseen. The output's message
// becomes a toast on the next page.
func Done(c echo.Context, out action.Output) error {
	if out.Message != "" {
		SetFlash(c, Flash{Tone: "good", Title: out.Message})
	}
	return SeeOther(c, out.Location)
}

// SeeOther sends a page on to another address of this server.
func SeeOther(c echo.Context, to string) error {
	if !local(to) {
		to = "/"
	}
	if isHTMX(c) {
		c.Response().Header().Set("HX-Redirect", to)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// local reports whether an address stays on this server. Browsers read a
// backslash as a slash and leave out tabs and line ends, so that "/\t/host"
// is another server.
func local(to string) bool {
	elsewhere := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }
	return strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsFunc(to, elsewhere)
}

// ReturnTo is the address to go back to that a form carries in its field
// return_to; fallback when there is none or it leaves this server.
func ReturnTo(c echo.Context, fallback string) string {
	if to := c.FormValue("return_to"); local(to) {
		return to
	}
	return fallback
}

// Flash is a message that outlives one redirect.
type Flash struct {
	Tone  string `json:"tone"` // good, warn, bad or info
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
}

const flashCookie = "waymark_flash"

// SetFlash keeps f for the next page.
func SetFlash(c echo.Context, f Flash) {
	b, err := json.Marshal(f)
	if err != nil {
		return // a struct of strings always marshals
	}
	c.SetCookie(&http.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(b), Path: "/",
		MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.Scheme() == "https"})
}

// TakeFlash returns the kept message and drops it; nil when there is none.
func TakeFlash(c echo.Context) *Flash {
	k, err := c.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	c.SetCookie(&http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	b, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return nil
	}
	var f Flash
	if json.Unmarshal(b, &f) != nil || f.Title == "" {
		return nil
	}
	return &f
}
