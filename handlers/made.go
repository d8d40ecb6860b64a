package handlers

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/makeview"
	"github.com/waymark-portal/waymark/views/ui"
)

// MadeStore is what the pages of finished runs of templates need from storage.
type MadeStore interface {
	Scaffold(ctx context.Context, v access.Viewer, run string) (scaffold.Scaffold, error)
	Made(ctx context.Context, v access.Viewer, run string) ([]scaffold.Artefact, error)
	RunWarnings(ctx context.Context, v access.Viewer, id run.ID, limit int) ([]string, int, error)
}

// SecretsAsker knows which secrets a retry must be given again;
// *scaffold.Engine does.
type SecretsAsker interface {
	NeedsSecrets(ctx context.Context, r run.Run) ([]string, error)
}

// Made shows what runs of templates have made, and cleans up after those that
// came to nothing.
type Made struct {
	Store   MadeStore
	Engine  SecretsAsker
	Actions *action.Registry
}

// Register adds the routes to g.
func (h *Made) Register(g *echo.Group) { g.POST("/runs/:id/clean-up", h.cleanUp) }

func (h *Made) cleanUp(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, scaffold.CleanUpName, object("run", c.Param("id")))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

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

// maxWarnings is how many warnings a run's page shows above its log.
const maxWarnings = 5

// Result draws what a run has made or left, for the run's page; nil while
// there is nothing to show.
func (h *Made) Result(ctx context.Context, v access.Viewer, r run.Run) (templ.Component, error) {
	if !r.State.Over() {
		return nil, nil
	}
	s, err := h.Store.Scaffold(ctx, v, string(r.ID))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	warned, n, err := h.Store.RunWarnings(ctx, v, r.ID, maxWarnings)
	if err != nil {
		return nil, err
	}
	warnings := makeview.Warnings(makeview.WarningsProps{Count: n, Lines: warned})
	if r.State != run.Succeeded {
		left, err := h.left(ctx, v, r)
		if err != nil {
			return nil, err
		}
		return templ.Join(warnings, makeview.Left(left)), nil
	}
	p, err := resultProps(s)
	if err != nil {
		return nil, err
	}
	return templ.Join(makeview.Result(p), warnings), nil
}

// left is what a run that came to nothing has left.
func (h *Made) left(ctx context.Context, v access.Viewer, r run.Run) (makeview.LeftProps, error) {
	made, err := h.Store.Made(ctx, v, string(r.ID))
	if err != nil {
		return makeview.LeftProps{}, err
	}
	p := makeview.LeftProps{Run: string(r.ID), CanClean: h.Actions.May(ctx, v.Actor, scaffold.CleanUpName, r.Owner)}
	gone := false
	for _, a := range made {
		p.Things = append(p.Things, makeview.NewThing(a))
		gone = gone || a.State == scaffold.ArtefactRemoved
		if a.Left() {
			p.Cleanable++
		}
	}
	if gone || !h.Actions.May(ctx, v.Actor, "retry-run", r.Owner) || r.State == run.Refused {
		return p, nil
	}
	p.Secrets, err = h.Engine.NeedsSecrets(ctx, r)
	p.CanRetry = len(p.Secrets) > 0 || r.State == run.Cancelled
	return p, err
}

func resultProps(s scaffold.Scaffold) (makeview.ResultProps, error) {
	var o output
	if json.Unmarshal(s.Output, &o) != nil {
		o = output{} // another template's output has other shapes
	}
	p := makeview.ResultProps{Entity: entityLink(o.EntityRef), Clone: o.RemoteURL}
	if owner, name, ok := strings.Cut(s.Repository, "/"); ok {
		p.Repository = ui.Link{Label: s.Repository, URL: createview.RepoURL(owner, name)}
	}
	for _, l := range o.Links {
		link := entityLink(l.EntityRef)
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") || strings.HasPrefix(l.URL, "/") {
			link.URL = l.URL
		}
		if l.Title != "" {
			link.Label = l.Title
		}
		if link.Label == "" {
			link.Label = link.URL
		}
		if link.URL != "" && link.URL != p.Entity.URL {
			p.Links = append(p.Links, link)
		}
	}
	for _, t := range o.Text {
		r, err := docs.Render([]byte(t.Content), docs.Options{})
		if err != nil {
			return p, err
		}
		p.Text = append(p.Text, makeview.Paragraph{Title: t.Title, HTML: r.HTML})
	}
	return p, nil
}

func entityLink(ref string) ui.Link {
	r, err := catalog.ParseRef(ref, "component", "")
	if ref == "" || err != nil {
		return ui.Link{}
	}
	return ui.Link{Label: "Open " + r.Name, URL: r.Path()}
}
