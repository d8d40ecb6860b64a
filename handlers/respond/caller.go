package respond

import (
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

const (
	viewerKey = "waymark.viewer"
	viaKey    = "waymark.via"
	accessKey = "waymark.access"
)

// SetViewer says who is asking and through which face: page, api, cli or hook.
func SetViewer(c echo.Context, v access.Viewer, via string) {
	c.Set(viewerKey, v)
	c.Set(viaKey, via)
}

// Viewer is who is asking; nobody without a session or token.
func Viewer(c echo.Context) access.Viewer {
	v, _ := c.Get(viewerKey).(access.Viewer) // the zero viewer sees nothing
	return v
}

// Actor is who is asking, for action.Do.
func Actor(c echo.Context) action.Actor {
	a := Viewer(c).Actor
	a.Via, _ = c.Get(viaKey).(string)
	a.Request = RequestID(c)
	return a
}

// RequestID is the id under which this request is logged.
func RequestID(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}

// WithAccess gives Require what decides.
func WithAccess(z action.Access) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(accessKey, z)
			return next(c)
		}
	}
}

// Require refuses unless the caller holds permission on what owner owns;
// owner may be empty.
func Require(c echo.Context, permission, owner string) error {
	z, ok := c.Get(accessKey).(action.Access)
	if !ok {
		return fault.New(fault.Forbidden, "You may not see this.")
	}
	return z.Authorize(c.Request().Context(), Actor(c), permission, owner)
}

// May is Require as a question.
func May(c echo.Context, permission, owner string) bool {
	return Require(c, permission, owner) == nil
}
