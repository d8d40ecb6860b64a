package handlers

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/fleetview"
	"github.com/waymark-portal/waymark/views/ui"
)

// asked is the form of what the newest version asks for beside the answers of
// a service; nil when it asks for nothing, or its template cannot be read:
// then the upgrade says so.
func (h *Fleet) asked(c echo.Context, s fleet.Service) (*form.Schema, error) {
	ref, err := catalog.ParseRef(s.Template, "template", "")
	if err != nil {
		return nil, err
	}
	t, err := h.Templates.Offered(c.Request().Context(), respond.Viewer(c), ref)
	if err != nil {
		return nil, nil
	}
	answers := s.Answers
	if answers == nil { // the actor may upgrade, but not read: platform work through a role of its own
		full, err := h.Reader.Service(c.Request().Context(), access.System("fleet"), s.ID)
		if err != nil {
			return nil, err
		}
		answers = full.Answers
	}
	kept, err := scaffold.AnswersOf(answers)
	if err != nil {
		return nil, err
	}
	schema, err := t.Asks(kept)
	if err != nil || schema == nil {
		return nil, err
	}
	f, err := form.Parse(schema)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "What this version asks for cannot be shown as a form. Use the API: upgrade-service with values.").Because(err)
	}
	return f, nil
}

// asks is the form as the page shows it.
func (h *Fleet) asks(c echo.Context, s fleet.Service, sent url.Values, faults []fault.Field) (fleetview.Asking, error) {
	schema, err := h.asked(c, s)
	if err != nil || schema == nil {
		return fleetview.Asking{}, err
	}
	f, err := schema.Show(c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: sent, Faults: faults})
	if err != nil {
		return fleetview.Asking{}, err
	}
	out := fleetview.Asking{Fields: f.Fields}
	for _, x := range faults {
		if field, ok := f.Field(x.Field); ok {
			out.Faults = append(out.Faults, ui.FieldFault{ID: field.ID, Label: field.Label, Message: x.Message})
		}
	}
	return out, nil
}

// given are the answers of the form.
func (h *Fleet) given(c echo.Context, s fleet.Service, sent url.Values) (map[string]any, []fault.Field, error) {
	schema, err := h.asked(c, s)
	if err != nil || schema == nil {
		return nil, nil, err
	}
	raw, faults := schema.Decode(sent, valuesPrefix)
	values, err := scaffold.AnswersOf(raw)
	return values, faults, err
}
