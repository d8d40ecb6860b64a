package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/settingsview"
)

// Accounts is what the settings pages need from storage.
type Accounts interface {
	AccountByActor(ctx context.Context, actor string) (access.Account, error)
	Sessions(ctx context.Context, account string) ([]access.Session, error)
	Tokens(ctx context.Context, account string) ([]access.Token, error)
}

// Settings serves a person's own settings, tokens and sessions.
type Settings struct {
	Accounts Accounts
	Actions  *action.Registry
	Roles    *access.Roles
	Theme    string // name of the theme's cookie
}

// Register adds the pages to g; the theme may be chosen by anybody, on public.
func (h *Settings) Register(g, public *echo.Group) {
	g.GET("/settings", h.show)
	g.POST("/settings/timezone", h.timezone)
	g.GET("/settings/tokens", h.tokens)
	g.POST("/settings/tokens", h.createToken)
	g.POST("/settings/tokens/:id/revoke", h.revokeToken)
	g.GET("/settings/sessions", h.sessions)
	g.POST("/settings/sessions/:id/end", h.endSession)
	public.POST("/settings/theme", h.theme)
}

func (h *Settings) show(c echo.Context) error { return h.settings(c, http.StatusOK, "", "") }

func (h *Settings) settings(c echo.Context, status int, zone, problem string) error {
	v := respond.Viewer(c)
	if zone == "" {
		zone = v.Zone
	}
	p := settingsview.Props{Name: v.Name, Ref: v.ID, Email: v.Email, Groups: v.Groups, Roles: h.roles(v), Zone: zone, Problem: problem, Theme: themeOf(c, h.Theme)}
	return respond.Page(c, respond.Meta{Title: "Settings", Nav: "/settings", Status: status}, settingsview.Settings(p))
}

// roles are a person's roles in words.
func (h *Settings) roles(v access.Viewer) []settingsview.Role {
	var out []settingsview.Role
	for _, g := range v.Grants {
		r := settingsview.Role{Title: h.Roles.Roles[g.Role].Title, Summary: h.Roles.Roles[g.Role].Summary, For: "everywhere"}
		if g.Group != "" {
			r.For = g.Group
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

func (h *Settings) timezone(c echo.Context) error {
	zone := c.FormValue("timezone")
	_, err := respond.Do(c, h.Actions, "set-timezone", object("timezone", zone))
	if f, ok := invalid(err); ok {
		return h.settings(c, http.StatusUnprocessableEntity, zone, f.Fields[0].Message)
	}
	if err != nil {
		return err
	}
	return respond.Done(c, action.Output{Location: "/settings", Message: "Times now stand in " + zone + "."})
}

func (h *Settings) tokens(c echo.Context) error {
	return h.tokenPage(c, http.StatusOK, settingsview.TokenForm{Expires: "720h"}, "")
}

func (h *Settings) tokenPage(c echo.Context, status int, form settingsview.TokenForm, secret string) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	p := settingsview.TokensProps{Form: form, Secret: secret}
	account, err := h.Accounts.AccountByActor(ctx, v.ID)
	if err == nil {
		p.Tokens, err = h.Accounts.Tokens(ctx, account.ID)
	}
	if err != nil && !errors.Is(err, access.ErrNoSession) {
		return err
	}
	for _, g := range v.Grants {
		p.Form.AddRole(g.Role, h.Roles.Roles[g.Role].Title)
	}
	for _, d := range h.Actions.All() {
		p.Form.Actions = append(p.Form.Actions, settingsview.Choice{Value: d.Name, Label: d.Title})
	}
	return respond.Page(c, respond.Meta{Title: "API tokens", Nav: "/settings/tokens", Status: status}, settingsview.Tokens(p))
}

func (h *Settings) createToken(c echo.Context) error {
	values, err := c.FormParams()
	if err != nil {
		return err
	}
	form := settingsview.TokenForm{Name: values.Get("name"), Role: values.Get("role"), Expires: values.Get("expires"), Scopes: values["scopes"]}
	in := map[string]any{"name": strings.TrimSpace(form.Name), "role": form.Role, "expires": form.Expires}
	if len(form.Scopes) > 0 {
		in["scopes"] = form.Scopes
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, "create-token", raw)
	if f, ok := invalid(err); ok {
		form.Faults = f.Fields
		return h.tokenPage(c, http.StatusUnprocessableEntity, form, "")
	}
	if err != nil {
		return err
	}
	body, _ := out.Body.(map[string]any) // a repeated call has no body: the token is shown once
	secret, _ := body["token"].(string)
	return h.tokenPage(c, http.StatusOK, settingsview.TokenForm{Expires: "720h"}, secret)
}

func (h *Settings) revokeToken(c echo.Context) error {
	if _, err := respond.Do(c, h.Actions, "revoke-token", object("token", c.Param("id"))); err != nil {
		return err
	}
	return respond.Done(c, action.Output{Location: "/settings/tokens", Message: "The token is revoked."})
}

func (h *Settings) sessions(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	account, err := h.Accounts.AccountByActor(ctx, v.ID)
	if err != nil {
		return err
	}
	list, err := h.Accounts.Sessions(ctx, account.ID)
	if err != nil {
		return err
	}
	return respond.Page(c, respond.Meta{Title: "Sessions", Nav: "/settings/sessions"}, settingsview.Sessions(list, v.Session))
}

func (h *Settings) endSession(c echo.Context) error {
	if _, err := respond.Do(c, h.Actions, "end-session", object("session", c.Param("id"))); err != nil {
		return err
	}
	return respond.Done(c, action.Output{Location: "/settings/sessions", Message: "The session is ended."})
}

// theme remembers light, dark or the system's in a cookie; it is nobody's
// record, so it is no action.
func (h *Settings) theme(c echo.Context) error {
	k := &http.Cookie{Name: h.Theme, Path: "/", SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600, Value: c.FormValue("theme")}
	if k.Value != "light" && k.Value != "dark" {
		k.Value, k.MaxAge = "", -1
	}
	c.SetCookie(k)
	return respond.SeeOther(c, c.FormValue("back"))
}

func themeOf(c echo.Context, name string) string {
	k, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return k.Value
}

// object is a JSON object with one text.
func object(key, value string) json.RawMessage {
	b, err := json.Marshal(map[string]string{key: value})
	if err != nil { // texts always marshal
		return nil
	}
	return b
}

// invalid returns the fault of a refused input that has fields to show.
func invalid(err error) (*fault.Error, bool) {
	var f *fault.Error
	ok := errors.As(err, &f) && f.Kind == fault.Invalid && len(f.Fields) > 0
	return f, ok
}
