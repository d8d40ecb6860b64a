package handlers

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/ui"
)

// output is what templates say of what they made.
type output struct {
	RemoteURL string `json:"remoteUrl"`
	EntityRef string `json:"entityRef"`
	Links     []struct {
		URL       string `json:"url"`
		EntityRef string `json:"entityRef"`
		Title     string `json:"title"`
	} `json:"links"`
	Text []struct {
		Title   string `json:"title"`
		Content string `json:"content"`
	} `json:"text"`
}

// Result draws what a run has made, for the run's page; nil while there is
// nothing to show.
func (h *Create) Result(ctx context.Context, v access.Viewer, r run.Run) (templ.Component, error) {
	if r.State != run.Succeeded {
		return nil, nil
	}
	s, err := h.Store.Scaffold(ctx, v, string(r.ID))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return createview.Result(resultProps(s)), nil
}

func resultProps(s scaffold.Scaffold) createview.ResultProps {
	var o output
	if json.Unmarshal(s.Output, &o) != nil {
		o = output{} // another template's output has other shapes
	}
	p := createview.ResultProps{Entity: entityLink(o.EntityRef), Clone: o.RemoteURL}
	if owner, name, ok := strings.Cut(s.Repository, "/"); ok {
		p.Repository = ui.Link{Label: s.Repository, URL: createview.RepoURL(owner, name)}
	}
	for _, l := range o.Links {
		link := entityLink(l.EntityRef)
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") || strings.HasPrefix(l.URL, "/") {
			link = ui.Link{Label: l.Title, URL: l.URL}
		}
		if link.URL != "" && link.URL != p.Entity.URL {
			p.Links = append(p.Links, link)
		}
	}
	for _, t := range o.Text {
		p.Text = append(p.Text, createview.Paragraph{Title: t.Title, Text: strings.ReplaceAll(strings.TrimSpace(t.Content), "`", "")})
	}
	return p
}

func entityLink(ref string) ui.Link {
	r, err := catalog.ParseRef(ref, "component", "")
	if ref == "" || err != nil {
		return ui.Link{}
	}
	return ui.Link{Label: "Open " + r.Name, URL: r.Path()}
}

// RepoPanel is the repository of an entity whose file is on the embedded
// forge, for the entity's page; nil for others.
func (h *Git) RepoPanel(_ context.Context, _ access.Viewer, e catalog.Entity) (templ.Component, error) {
	t, err := forge.ParseTarget(strings.TrimPrefix(e.Source.Location, "url:"))
	if err != nil {
		return nil, nil // it is elsewhere
	}
	return createview.RepoPanel(createview.RepoProps{Owner: t.Owner, Name: t.Name, Clone: h.Forge.CloneURL(t.Owner, t.Name)}), nil
}

// ScaffoldKind is the kind of run that Result draws.
const ScaffoldKind = scaffold.KindName
