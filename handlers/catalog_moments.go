package handlers

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/ui"
)

// EntityMoments is something that happened to an entity, newest first.
type EntityMoments func(ctx context.Context, v access.Viewer, e catalog.Entity, limit int) ([]ui.Moment, error)

// DeploymentLister lists deployments.
type DeploymentLister interface {
	Deployments(ctx context.Context, v access.Viewer, s delivery.Scope, f delivery.Filter) ([]delivery.Deployment, *delivery.Cursor, error)
}

// DeploymentMoments tells of the deployments of a component.
func DeploymentMoments(r DeploymentLister) EntityMoments {
	return func(ctx context.Context, v access.Viewer, e catalog.Entity, limit int) ([]ui.Moment, error) {
		if e.Ref.Kind != "component" {
			return nil, nil
		}
		s, _ := entityScope(e)
		list, _, err := r.Deployments(ctx, v, s, delivery.Filter{Limit: limit})
		out := make([]ui.Moment, len(list))
		for i, d := range list {
			out[i] = deploymentMoment(d)
		}
		return out, err
	}
}

func deploymentMoment(d delivery.Deployment) ui.Moment {
	m := ui.Moment{Time: d.Finished, Tone: ui.Good, Word: "Deployed", Title: strings.TrimSpace(d.Version + " to " + d.Environment)}
	switch {
	case d.RollsBack != "":
		m.Tone, m.Word = ui.Warn, "Rolled back"
	case d.Result == delivery.Failure:
		m.Tone, m.Word = ui.Neutral, "Did not finish"
	case d.Failed:
		m.Tone, m.Word = ui.Bad, "Failed"
	}
	var said []string
	if d.Actor != "" {
		said = append(said, "by "+d.Actor)
	}
	if d.Changes > 0 {
		said = append(said, ui.Plural(int(d.Changes), "change", "changes"))
	}
	if d.Failed && d.Failure != "" {
		said = append(said, d.Failure)
	}
	m.Sub = strings.Join(said, " · ")
	return m
}

// EventLister lists events that a viewer may read.
type EventLister interface {
	Events(ctx context.Context, v access.Viewer, f event.Filter) (event.Page, error)
}

// ActionMoments tells of the actions whose subject was the entity.
func ActionMoments(r EventLister, reg *action.Registry) EntityMoments {
	return func(ctx context.Context, v access.Viewer, e catalog.Entity, limit int) ([]ui.Moment, error) {
		page, err := r.Events(ctx, v, event.Filter{Type: "action.done", Subject: e.Ref.String(), Limit: limit})
		if err != nil {
			return nil, err
		}
		var out []ui.Moment
		for _, ev := range page.Items {
			m := ui.Moment{Time: ev.At, Tone: ui.Info, Word: ev.Action, Sub: "by " + actorName(ev.Actor)}
			if d, err := reg.Lookup(ev.Action); err == nil {
				m.Word = d.Title
			}
			out = append(out, m)
		}
		return out, nil
	}
}

// actorName is the name in an actor's reference.
func actorName(id string) string {
	if r, err := catalog.ParseRef(id, "", ""); err == nil {
		return r.Name
	}
	return id
}

// UseTemplate is the button of a template's page.
func UseTemplate(c echo.Context, e catalog.Entity) (ui.ButtonProps, bool) {
	if !scaffold.IsMaker(e.Ref.Kind) || !respond.May(c, "create-from-template", respond.Viewer(c).Team) {
		return ui.ButtonProps{}, false
	}
	return ui.ButtonProps{Label: "Create from this", Icon: "plus", URL: "/create/" + e.Ref.Namespace + "/" + e.Ref.Name}, true
}
