// Package ui holds the parts that pages are made of. It knows nothing of the
// domain: props come in formatted, links come in as addresses.
package ui

import (
	"context"
	"strconv"
	"time"
)

// iconsHash is asset.Hash of static/icons.svg; a test keeps it right.
const iconsHash = "4254f9492211"

const iconsURL = "/assets/icons." + iconsHash + ".svg"

func iconHref(name string) string { return iconsURL + "#" + name }

// Tone is the meaning of a colour; a word always stands beside it.
type Tone string

// The tones. Accent is for what is new or chosen, Outline for what is quiet.
const (
	Neutral Tone = ""
	Good    Tone = "good"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
	Info    Tone = "info"
	Accent  Tone = "accent"
	Outline Tone = "outline"
)

// toneIcon is the shape that goes with a tone.
func toneIcon(t Tone) string {
	switch t {
	case Good:
		return "circle-check"
	case Warn:
		return "triangle-alert"
	case Bad:
		return "circle-x"
	default:
		return "info"
	}
}

// Link is a label that leads somewhere; without URL it is plain text.
type Link struct {
	Label string
	URL   string
}

// Clock is what times are shown against.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

type clockKey struct{}

// WithClock sets the clock of everything rendered with the context: the
// request's time and the person's zone.
func WithClock(ctx context.Context, c Clock) context.Context {
	return context.WithValue(ctx, clockKey{}, c)
}

// ClockOf is the clock of the context; the machine's time in UTC without one.
func ClockOf(ctx context.Context) Clock {
	c, _ := ctx.Value(clockKey{}).(Clock)
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	return c
}

func count(n int) string { return strconv.Itoa(n) }
