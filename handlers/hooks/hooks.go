// Package hooks takes in webhooks: it proves who sent a message, reads it and
// hands what it says to delivery. A source without a secret is off.
package hooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Recorder is what webhooks need of the delivery engine.
type Recorder interface {
	Ingest(ctx context.Context, inbox delivery.Inbox, b delivery.Batch) (delivery.Outcome, error)
	// ServiceOf is the service whose source a repository (owner/name) is.
	ServiceOf(ctx context.Context, repository string) (string, error)
}

// Hooks serves POST /hooks/{source}.
type Hooks struct {
	Recorder Recorder
	Inbox    delivery.Inbox
	// Secret returns a source's secret; false when the source is off.
	Secret func(source string) (string, bool)
	// Pushed is told of repositories that have changed, once the sender has
	// proved itself; nil when nobody wants to know. Being told twice does no harm.
	Pushed func(ctx context.Context, p Push) error
}

// message is a webhook's body with what its headers say.
type message struct {
	header  http.Header
	body    []byte
	service func(repository string) (string, error)
}

// source is how one kind of sender proves itself and is read.
type source struct {
	proves func(h http.Header, body []byte, secret string) bool
	read   func(m message) (delivery.Batch, error)
}

var sources = map[string]source{
	"github":       {provesGitHub, readGitHub},
	"gitea":        {provesGitea, readGitHub},
	"gitlab":       {provesGitLab, readGitLab},
	"cdevents":     {provesBearer, readCDEvents},
	"alertmanager": {provesBearer, readAlertmanager},
	"waymark":      {provesBearer, readWaymark},
}

var (
	errOff     = fault.New(fault.NotFound, "There is no such webhook, or it has no secret yet.")
	errProof   = fault.New(fault.Unauthenticated, "The message is not signed with the secret of this webhook.")
	errMessage = fault.InvalidField("", "json", "The message is not the JSON that this webhook reads.")
)

// Register adds the route to g, which is /hooks.
func (h *Hooks) Register(g *echo.Group) { g.POST("/:source", h.receive) }

func (h *Hooks) receive(c echo.Context) error {
	name := c.Param("source")
	s, known := sources[name]
	secret, on := h.Secret(name)
	if !known || !on || secret == "" {
		return errOff
	}
	r := c.Request()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if !s.proves(r.Header, raw, secret) {
		return errProof
	}
	if push, ok := pushOf(r.Header, payload(r.Header, raw)); ok && h.Pushed != nil {
		if err := h.Pushed(r.Context(), push); err != nil {
			return err
		}
	}
	b, err := s.read(message{r.Header, payload(r.Header, raw), func(repo string) (string, error) { return h.Recorder.ServiceOf(r.Context(), repo) }})
	if err != nil {
		return err
	}
	b.Source, b.Hash = name, hash(raw)
	if b.Delivery == "" || len(b.Delivery) > 255 {
		b.Delivery = b.Hash
	}
	out, err := h.Recorder.Ingest(r.Context(), h.Inbox, b)
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusAccepted, out)
}

// payload is the JSON of a message, also of one that GitHub sends as a form.
func payload(h http.Header, raw []byte) []byte {
	if t, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return raw
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil || !form.Has("payload") {
		return raw // JSON whose sender forgot to say so
	}
	return []byte(form.Get("payload"))
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
