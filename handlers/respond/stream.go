package respond

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
)

// StreamFor is how long one connection of a stream lasts. The reader comes
// back where it was, and whether it may read is asked again.
const StreamFor = 55 * time.Second

// WantsStream reports whether the caller asks for server-sent events.
func WantsStream(c echo.Context) bool {
	return strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/event-stream")
}

// Position is after which line a reader goes on: that of Last-Event-ID when
// the browser reconnects, else of the address.
func Position(c echo.Context) (int64, error) {
	text := c.Request().Header.Get("Last-Event-ID")
	if text == "" {
		text = c.QueryParam("after")
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.InvalidField("after", "type", "This is not the number of a line.")
	}
	return n, nil
}

// ReadLines reads up to limit lines of a run's log after a line.
type ReadLines func(ctx context.Context, v access.Viewer, id run.ID, after int64, limit int) ([]run.Line, error)

// Log answers a run's whole log, or what comes after a line, as text.
func Log(c echo.Context, id run.ID, read ReadLines) error {
	after, err := Position(c)
	if err != nil {
		return err
	}
	v, started := Viewer(c), false
	for {
		lines, err := read(c.Request().Context(), v, id, after, 2000)
		if err != nil {
			return err
		}
		if !started {
			c.Response().Header().Set(echo.HeaderContentType, "text/plain; charset=utf-8")
			c.Response().WriteHeader(http.StatusOK)
			started = true
		}
		var b strings.Builder
		for _, l := range lines {
			fmt.Fprintf(&b, "%s %-5s %s\n", l.At.Format("2006-01-02T15:04:05.000Z"), l.Level, l.Text)
			after = l.N
		}
		if _, err := c.Response().Write([]byte(b.String())); err != nil || len(lines) == 0 {
			return nil //nolint:nilerr // the reader is gone
		}
	}
}

// Stream is an answer of server-sent events.
type Stream struct {
	c echo.Context
	b bytes.Buffer
}

// NewStream begins the answer.
func NewStream(c echo.Context) *Stream {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold it back
	c.Response().WriteHeader(http.StatusOK)
	s := &Stream{c: c}
	s.b.WriteString("retry: 500\n\n")
	return s
}

// Send writes one message and all that were added before it.
func (s *Stream) Send(id int64, data string) error {
	s.Add(id, data)
	return s.flush()
}

// Add writes one message to be sent with the next ones. An id of 0 leaves the
// reader's position as it is, and a message without data only keeps the
// connection.
func (s *Stream) Add(id int64, data string) {
	switch {
	case data == "":
		s.b.WriteString(":\n\n")
	default:
		if id > 0 {
			fmt.Fprintf(&s.b, "id: %d\n", id)
		}
		for line := range strings.SplitSeq(data, "\n") {
			s.b.WriteString("data: " + line + "\n")
		}
		s.b.WriteString("\n")
	}
}

// End closes the stream for good when all was sent (err is nil), and lets the
// reader come back otherwise.
func (s *Stream) End(err error) error {
	if err == nil {
		s.b.WriteString("event: done\ndata: done\n\n")
		return s.flush()
	}
	if errors.Is(err, run.ErrHandOver) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	// The answer has begun, so the error can only end it; web logs it.
	return err
}

func (s *Stream) flush() error {
	_, err := s.c.Response().Write(s.b.Bytes())
	s.b.Reset()
	if err == nil {
		s.c.Response().Flush()
	}
	return err
}
