package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// TemplateReader is what the template routes need.
type TemplateReader interface {
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
}

// TemplateFinder reads a template from its file.
type TemplateFinder interface {
	Template(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error)
}

// Templates serves golden paths to programs.
type Templates struct {
	Reader  TemplateReader
	Library TemplateFinder
}

// Register adds the routes to g, the group of the API.
func (h *Templates) Register(g *echo.Group) {
	g.GET("/templates", h.list)
	g.GET("/templates/:namespace/:name", h.show)
}

// Template is a golden path in the API.
type Template struct {
	Ref         string         `json:"ref"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Version     string         `json:"version,omitempty"`
	Type        string         `json:"type,omitempty"`
	Owner       string         `json:"owner,omitempty"`
	Tags        []string       `json:"tags"`
	Gets        []string       `json:"gets,omitempty"`
	Strict      bool           `json:"strict,omitempty"`
	Unsupported []string       `json:"unsupported,omitempty"` // actions that Waymark does not have
	Pages       []TemplatePage `json:"parameters,omitempty"`
	Steps       []TemplateStep `json:"steps,omitempty"`
	Problem     string         `json:"problem,omitempty"` // why its file cannot be used
}

// TemplatePage is one page of a template's form.
type TemplatePage struct {
	Title       string          `json:"title"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema"`
}

// TemplateStep is one step of a template.
type TemplateStep struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Action string `json:"action"`
}

// templatesPage is how many templates an answer holds at most.
const templatesPage = 100

func (h *Templates) list(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	page, err := h.Reader.Entities(ctx, v, catalog.Filter{Kinds: scaffold.Makers, Limit: templatesPage, After: c.QueryParam("cursor")})
	if err != nil {
		return err
	}
	items := []Template{}
	for _, s := range page.Items {
		t, err := h.Library.Template(ctx, access.System("api"), s.Ref)
		if err != nil {
			items = append(items, Template{Ref: s.Ref.String(), Title: s.Title, Description: s.Description, Type: s.Type, Owner: s.Owner.String(), Tags: tags(s.Tags), Problem: "Its file cannot be used; see its page."})
			continue
		}
		items = append(items, summaryOf(t))
	}
	return respond.JSON(c, http.StatusOK, List[Template]{Items: items, Total: page.Total, Next: page.Next})
}

func tags(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}

func summaryOf(t *scaffold.Template) Template {
	out := Template{Ref: t.Ref.String(), Title: t.Title, Description: t.Description, Version: t.Version, Type: t.Type, Tags: tags(t.Tags), Gets: t.Gets,
		Strict: t.Strict, Unsupported: t.Unsupported}
	if ref, err := catalog.ParseRef(t.Owner, "group", t.Ref.Namespace); err == nil {
		out.Owner = ref.String()
	}
	return out
}

func (h *Templates) show(c echo.Context) error {
	t, err := h.Library.Template(c.Request().Context(), respond.Viewer(c), catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")})
	if err != nil {
		return err
	}
	out := summaryOf(t)
	for _, p := range t.Pages {
		out.Pages = append(out.Pages, TemplatePage{Title: p.Title, Description: p.Description, Schema: p.Schema})
	}
	for _, s := range t.Steps {
		out.Steps = append(out.Steps, TemplateStep{ID: s.ID, Name: s.Name, Action: s.Action})
	}
	return respond.JSON(c, http.StatusOK, out)
}
