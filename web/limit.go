package web

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// limiter bounds how often one address may guess: 20 at once, then one each
// three seconds. It keeps at most maxAddresses addresses and forgets them all
// when there are more.
type limiter struct {
	mu   sync.Mutex
	seen map[string]*rate.Limiter
}

const (
	maxAddresses = 10_000
	guesses      = 20
)

func newLimiter() *limiter { return &limiter{seen: map[string]*rate.Limiter{}} }

func (l *limiter) of(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) > maxAddresses {
		clear(l.seen)
	}
	r := l.seen[key]
	if r == nil {
		r = rate.NewLimiter(rate.Every(3*time.Second), guesses)
		l.seen[key] = r
	}
	return r
}

func (l *limiter) allow(key string) bool { return l.of(key).Allow() }

// guessing refuses an address that tries too often.
func (l *limiter) guessing(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodPost && !l.allow("sign-in:"+c.RealIP()) {
			return errTooMany
		}
		return next(c)
	}
}

// limitBody bounds a request's body in bytes; beyond it reading fails with
// *http.MaxBytesError, which becomes 413.
func limitBody(n int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			r.Body = http.MaxBytesReader(c.Response(), r.Body, n)
			return next(c)
		}
	}
}

// limitUpload allows files in multipart forms to be large, anything else not.
func limitUpload(next echo.HandlerFunc) echo.HandlerFunc {
	small, large := limitBody(bodyLimit)(next), limitBody(uploadLimit)(next)
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Request().Header.Get("Content-Type"), "multipart/form-data") {
			return large(c)
		}
		return small(c)
	}
}
