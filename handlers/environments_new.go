package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/quota"
	"github.com/waymark-portal/waymark/views/envview"
	"github.com/waymark-portal/waymark/views/formview"
)

// QuotaReader knows what teams have.
type QuotaReader interface {
	Quotas(ctx context.Context, v access.Viewer) ([]quota.Usage, error)
}

// pickers offers owners one may launch for, and services.
func (h *Environments) pickers(c echo.Context) pickers {
	return pickers{c: c, store: h.Pickers, permission: "launch-environment", strict: true}
}

// launchSchema is the form for a blueprint: what the action takes, with the
// blueprint's own parameters inside.
func launchSchema(b provision.Blueprint) (*form.Schema, error) {
	kinds, err := json.Marshal(b.Kinds)
	if err != nil {
		return nil, err
	}
	return form.Parse([]byte(fmt.Sprintf(`{"type": "object", "required": ["name", "owner"], "properties": {
		"name": {"type": "string", "title": "Name", "description": "Lower-case letters, digits and hyphens; unique for its owner.", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", "maxLength": 40, "ui:autofocus": true},
		"owner": {"type": "string", "title": "Owner", "description": "The group that owns it and pays for it.", "ui:field": "OwnerPicker", "ui:options": {"catalogFilter": {"kind": "Group"}}},
		"kind": {"type": "string", "title": "Kind", "enum": %s, "default": %q, "description": "Staging and production need a lead or the platform team."},
		"service": {"type": "string", "title": "For service", "description": "If it is for one.", "ui:field": "EntityPicker", "ui:options": {"catalogFilter": {"kind": "Component"}}},
		"ttl": {"type": "string", "title": "Time to live", "ui:placeholder": %q, "description": "How long it lives once it is ready, such as 30m or 8h; at most %s."},
		"parameters": %s}}`, kinds, b.Kinds[0], hourly(b.TTL.Default), hourly(b.TTL.Max), titled(b.Parameters))))
}

func hourly(d interface{ String() string }) string {
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

// titled gives the group of parameters its title.
func titled(schema json.RawMessage) string {
	return `{"title": "Parameters", ` + strings.TrimPrefix(strings.TrimSpace(string(schema)), "{")
}

func (h *Environments) new(c echo.Context) error {
	b, err := h.Library.Offered(c.QueryParam("blueprint"))
	if err != nil {
		return err
	}
	raw, err := h.beginning(c, b)
	if err != nil {
		return err
	}
	p, err := h.newForm(c, b, form.Input{Data: raw})
	if err != nil {
		return err
	}
	return respond.Page(c, blueprintMeta("Launch "+b.Title), envview.New(p))
}

// beginning is what the form begins with: the caller's group, the service that
// it was opened for, or what an earlier environment was asked for.
func (h *Environments) beginning(c echo.Context, b provision.Blueprint) (json.RawMessage, error) {
	v, data := respond.Viewer(c), map[string]any{}
	if len(v.Groups) > 0 {
		data["owner"] = v.Groups[0]
	}
	if s := c.QueryParam("service"); s != "" {
		data["service"] = s
	}
	if from := c.QueryParam("from"); from != "" {
		env, err := h.Reader.Environment(c.Request().Context(), v, from)
		if err != nil {
			return nil, err
		}
		if v.MayRead(env.Owner) && env.Blueprint == b.Name {
			data["name"], data["owner"], data["kind"], data["parameters"] = env.Name, env.Owner, env.Kind, env.Parameters
			if env.Service != "" {
				data["service"] = env.Service
			}
		}
	}
	return json.Marshal(data)
}

func blueprintMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/blueprints"} }

func (h *Environments) newForm(c echo.Context, b provision.Blueprint, in form.Input) (envview.NewProps, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	schema, err := launchSchema(b)
	if err != nil {
		return envview.NewProps{}, err
	}
	in.Resolver = h.pickers(c)
	f, err := schema.Show(ctx, in)
	if err != nil {
		return envview.NewProps{}, err
	}
	p := envview.NewProps{Blueprint: b, Engine: h.engine(ctx), Form: formview.Props{ID: "launch", Key: newKey(), Form: f,
		Action: "/environments/new?blueprint=" + b.Name, Check: "/environments/new/check?blueprint=" + b.Name, Options: "/environments/new/options?blueprint=" + b.Name,
		Submit: "Launch", Cancel: envview.BlueprintURL(b.Name)}}
	p.Quota, err = h.quota(ctx, v)
	return p, err
}

// quota says what the viewer's groups have.
func (h *Environments) quota(ctx context.Context, v access.Viewer) (string, error) {
	all, err := h.Quotas.Quotas(ctx, v)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, g := range v.Groups {
		used, limit := int64(0), quota.Default(provision.QuotaEnvironments)
		for _, u := range all {
			if u.Owner == g && u.Quota == provision.QuotaEnvironments {
				used, limit = u.Used, u.Allowed
			}
		}
		parts = append(parts, fmt.Sprintf("%s has %d of %d environments.", g[strings.LastIndex(g, "/")+1:], used, limit))
	}
	return strings.Join(parts, " "), nil
}

func (h *Environments) launch(c echo.Context) error {
	b, err := h.Library.Offered(c.QueryParam("blueprint"))
	if err != nil {
		return err
	}
	sent, in, unread, err := h.sent(c, b)
	if err != nil {
		return err
	}
	if order := sent.Get("_go"); order == "refresh" || form.Edit(sent, order) {
		p, err := h.newForm(c, b, form.Input{Sent: sent})
		if err != nil {
			return err
		}
		return respond.Page(c, blueprintMeta("Launch "+b.Title), envview.New(p))
	}
	if len(unread) > 0 {
		return h.refused(c, b, sent, fault.InvalidFields(unread...))
	}
	out, err := respond.Do(c, h.Actions, "launch-environment", in)
	if err != nil {
		return h.refused(c, b, sent, err)
	}
	return respond.Done(c, out)
}

// sent reads the form; unread are values that are not of their type.
func (h *Environments) sent(c echo.Context, b provision.Blueprint) (sent url.Values, in json.RawMessage, unread []fault.Field, err error) {
	if sent, err = c.FormParams(); err != nil {
		return nil, nil, nil, fault.InvalidField("", "form", "The form cannot be read.").Because(err)
	}
	schema, err := launchSchema(b)
	if err != nil {
		return nil, nil, nil, err
	}
	raw, unread := schema.Decode(sent, "")
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return nil, nil, nil, err
	}
	values["blueprint"], err = json.Marshal(b.Name)
	if err != nil {
		return nil, nil, nil, err
	}
	in, err = json.Marshal(values)
	return sent, in, unread, err
}

// refused shows the form again with why; faults that are none of the form's
// are for the error page.
func (h *Environments) refused(c echo.Context, b provision.Blueprint, sent url.Values, why error) error {
	var f *fault.Error
	if !errors.As(why, &f) {
		return why
	}
	in := form.Input{Sent: sent, Faults: f.Fields}
	var refusal *envview.Refusal
	switch f.Kind {
	case fault.Invalid:
	case fault.Conflict, fault.Policy, fault.NeedsWaiver, fault.Quota:
		refusal = envview.NewRefusal(f)
	case fault.Forbidden:
		in.Faults = []fault.Field{{Field: "kind", Code: "forbidden", Message: f.Public}}
	default:
		return why
	}
	p, err := h.newForm(c, b, in)
	if err != nil {
		return err
	}
	if f.Kind != fault.Conflict {
		p.Refused = refusal
	}
	return respond.Invalid(c, blueprintMeta("Launch "+b.Title), envview.New(p))
}

// check answers for one field as it is typed.
func (h *Environments) check(c echo.Context) error {
	b, err := h.Library.Offered(c.QueryParam("blueprint"))
	if err != nil {
		return err
	}
	sent, in, faults, err := h.sent(c, b)
	if err != nil {
		return err
	}
	if refresh(sent) {
		p, err := h.newForm(c, b, form.Input{Sent: sent})
		if err != nil {
			return err
		}
		return respond.HTML(c, 200, formview.Inside(p.Form.Form, formview.At{Check: p.Form.Check, Options: p.Form.Options}), nil)
	}
	if len(faults) == 0 {
		_, err := h.Actions.Do(c.Request().Context(), respond.Actor(c), "launch-environment", in, dryRun)
		var f *fault.Error
		if errors.As(err, &f) {
			faults = f.Fields
		}
	}
	name := sent.Get("_field")
	schema, err := launchSchema(b)
	if err != nil {
		return err
	}
	shown, err := schema.Show(c.Request().Context(), form.Input{Sent: sent, Faults: faults})
	if err != nil {
		return err
	}
	field, ok := shown.Field(name)
	if !ok {
		return fault.InvalidField("_field", "unknown", "There is no such field.")
	}
	return respond.HTML(c, 200, formview.Message(field), nil)
}

// options searches the choices of a picker.
func (h *Environments) options(c echo.Context) error {
	b, err := h.Library.Offered(c.QueryParam("blueprint"))
	if err != nil {
		return err
	}
	schema, err := launchSchema(b)
	if err != nil {
		return err
	}
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	return searchForm(c, []*form.Schema{schema}, form.Input{Sent: sent, Resolver: h.pickers(c)})
}
