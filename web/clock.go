package web

import (
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/memo"
	"github.com/waymark-portal/waymark/views/ui"
)

// clock makes the times on pages and parts stand in the person's zone.
func (s *Server) clock(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		zone := respond.Viewer(c).Zone
		if zone == "" {
			zone = s.Config.Timezone
		}
		r := c.Request()
		c.SetRequest(r.WithContext(ui.WithClock(memo.With(r.Context()), ui.Clock{Now: time.Now(), Zone: location(zone)})))
		return next(c)
	}
}

var locations sync.Map // zone name to *time.Location; there are a few hundred names

// location loads a zone once; one that the machine does not know is UTC.
func location(name string) *time.Location {
	if l, ok := locations.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	locations.Store(name, l)
	return l
}
