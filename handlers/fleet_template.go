package handlers

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/fleetview"
)

// versionWarnings say why one may not want to use a template: it is
// deprecated, or its file was changed under a version that is in use.
func versionWarnings(t *scaffold.Template) []string {
	var out []string
	if d := t.Deprecated(); !d.IsZero() {
		said := "Deprecated. " + d.Message
		if d.Withdrawn {
			said = "Withdrawn: nothing new is made with it. " + d.Message
		}
		if d.Replacement != "" {
			said += " Use " + strings.TrimPrefix(d.Replacement, "template:default/") + " instead."
		}
		out = append(out, said)
	}
	if t.Problem != "" {
		out = append(out, t.Problem)
	}
	return out
}

// templatePanel tells on a template's own page which version it is at and how
// what was made from it stands.
func (h *Fleet) templatePanel(ctx context.Context, v access.Viewer, ref catalog.Ref) (templ.Component, error) {
	heads, err := h.Versions.TemplateHeads(ctx, v)
	if err != nil {
		return nil, err
	}
	head, ok := heads[ref.String()]
	if !ok {
		return nil, nil // it was not read yet
	}
	counts, err := h.Reader.FleetCounts(ctx, v, fleet.Query{Template: ref.String()})
	if err != nil {
		return nil, err
	}
	var n fleet.Count
	for _, c := range counts {
		n = n.Add(c)
	}
	return fleetview.TemplatePanel(fleetview.NewTemplatePanel(ref, head, n)), nil
}
