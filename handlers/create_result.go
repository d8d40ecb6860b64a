package handlers

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
)

// RepoPanel is the repository of an entity whose file is on the embedded
// forge, for the entity's page; nil for others.
func (h *Git) RepoPanel(_ context.Context, _ access.Viewer, e catalog.Entity) (templ.Component, error) {
	t, err := forge.ParseTarget(strings.TrimPrefix(e.Source.Location, "url:"))
	if err != nil {
		return nil, nil // it is elsewhere
	}
	return createview.RepoPanel(createview.RepoProps{Owner: t.Owner, Name: t.Name, Clone: h.Forge.CloneURL(t.Owner, t.Name)}), nil
}

// ScaffoldKind is the kind of run that Made draws.
const ScaffoldKind = scaffold.KindName
