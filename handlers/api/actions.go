// Package api serves the REST API: the actions, and the reads, one file per
// family. Errors go the way of all errors and become problem+json.
package api

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Actions serves POST /actions/{name} and the list of actions.
type Actions struct {
	Registry *action.Registry
}

// Register adds the routes to g, which is /api/v1.
func (h *Actions) Register(g *echo.Group) {
	g.GET("/actions", h.list)
	g.GET("/actions/:name", h.show)
	g.POST("/actions/:name", h.do)
}

// actionBody is an action as the API shows it.
type actionBody struct {
	Name       string          `json:"name"`
	Title      string          `json:"title"`
	Summary    string          `json:"summary"`
	Permission string          `json:"permission"`
	Schema     json.RawMessage `json:"schema"`
	action.Traits
}

func bodyOf(d action.Def) actionBody {
	return actionBody{d.Name, d.Title, d.Summary, d.Permission, d.Schema, d.Traits}
}

func (h *Actions) list(c echo.Context) error {
	all := h.Registry.All()
	items := make([]actionBody, len(all))
	for i, d := range all {
		items[i] = bodyOf(d)
	}
	return respond.JSON(c, http.StatusOK, List[actionBody]{Items: items, Total: len(items)})
}

func (h *Actions) show(c echo.Context) error {
	d, err := h.Registry.Lookup(c.Param("name"))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, bodyOf(d))
}

// do passes the body through the one door: 202 when it started a run.
func (h *Actions) do(c echo.Context) error { return h.doNamed(c, c.Param("name")) }

// doNamed is do for a route of one action.
func (h *Actions) doNamed(c echo.Context, name string) error {
	if _, err := h.Registry.Lookup(name); err != nil {
		return err
	}
	in, err := body(c)
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Registry, name, in)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if out.Started {
		status = http.StatusAccepted
	}
	if out.Body == nil {
		out.Body = struct{}{}
	}
	return respond.JSON(c, status, out.Body)
}

var errNotJSON = fault.InvalidField("", "contentType", "Send the input as JSON, with Content-Type: application/json.")

// body reads a JSON body; none is the empty object.
func body(c echo.Context) (json.RawMessage, error) {
	in, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return nil, err
	}
	if len(in) == 0 {
		return json.RawMessage("{}"), nil
	}
	t, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || t != echo.MIMEApplicationJSON {
		return nil, errNotJSON
	}
	return in, nil
}
