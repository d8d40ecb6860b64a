package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// pagePolicy is the Content-Security-Policy of every page. A test holds it
// literally; pages that need another (docs, the diagram frame) set their own.
const pagePolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// secure sets the headers that every answer carries.
func secure(https bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", pagePolicy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
			if https {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			if !strings.HasPrefix(c.Request().URL.Path, "/assets/") {
				h.Set("Cache-Control", "no-store")
			}
			return next(c)
		}
	}
}

// sameOrigin refuses unsafe requests that a foreign page made a browser send.
func sameOrigin() echo.MiddlewareFunc {
	cop := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := cop.Check(c.Request()); err != nil {
				return errForeign.Because(err)
			}
			return next(c)
		}
	}
}
