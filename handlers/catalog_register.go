package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
	"github.com/waymark-portal/waymark/views/ui"
)

// CatalogAnalyser looks at an address before it is registered.
type CatalogAnalyser interface {
	Analyse(ctx context.Context, v access.Viewer, target string) (register.Analysis, error)
	// Check says why an address cannot be read; it asks nobody.
	Check(target string) error
}

// CatalogRegister serves the wizard that registers what exists already.
type CatalogRegister struct {
	Analyser CatalogAnalyser
	Actions  *action.Registry
}

// Register adds the routes to g.
func (h *CatalogRegister) Register(g *echo.Group) {
	g.GET("/catalog/register", h.new)
	g.POST("/catalog/register", h.create)
	g.POST("/catalog/register/check", h.check)
	g.POST("/catalog/register/commit", h.commit)
}

// new shows the form and, when an address is named and was sent off, what is
// found there. Who may not register does not look either: the portal reads
// with credentials of its own.
func (h *CatalogRegister) new(c echo.Context) error {
	p := catalogview.RegisterProps{Target: strings.TrimSpace(c.QueryParam("target")), Key: rand.Text()}
	if c.QueryParam("step") != "look" {
		return registerPage(c, p)
	}
	v := respond.Viewer(c)
	if err := respond.Require(c, "register-location", v.Team); err != nil {
		return err
	}
	found, err := h.Analyser.Analyse(c.Request().Context(), v, p.Target)
	if fault.Is(err, fault.Invalid) {
		p.Fault = catalog.Reason(err) + "."
		return respond.Invalid(c, catalogMeta("Register existing"), catalogview.Register(p))
	}
	if err != nil {
		return err
	}
	p.Found = catalogview.NewFound(found)
	return registerPage(c, p)
}

func registerPage(c echo.Context, p catalogview.RegisterProps) error {
	return respond.Page(c, catalogMeta("Register existing"), catalogview.Register(p))
}

func (h *CatalogRegister) create(c echo.Context) error {
	p := catalogview.RegisterProps{Target: c.FormValue("target"), Key: rand.Text()}
	preview := c.FormValue("preview") != ""
	out, err := h.register(c, p.Target, preview)
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		p.Fault = catalog.Reason(err) + "."
		return respond.Invalid(c, catalogMeta("Register existing"), catalogview.Register(p))
	case err != nil:
		return err
	case !preview:
		return respond.Done(c, out)
	}
	p.Previews = true
	answer, _ := out.Body.(map[string]any) // what a dry run answers
	if found, ok := answer["preview"].(register.Registered); ok {
		for _, e := range found.Entities {
			p.Entities = append(p.Entities, ui.Link{Label: e})
		}
		p.Problems = catalogview.ProblemRows(found.Problems, nil)
	}
	return registerPage(c, p)
}

func (h *CatalogRegister) register(c echo.Context, target string, preview bool) (out action.Output, err error) {
	if preview {
		q := c.Request().URL.Query()
		q.Set("dryRun", "true")
		c.Request().URL.RawQuery = q.Encode()
	}
	return respond.Do(c, h.Actions, "register-location", object("target", target))
}

// check judges an address, or the text of a proposed file, while one types.
// Without a script it shows the page again with the verdict.
func (h *CatalogRegister) check(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return fault.InvalidField("", "type", "The form cannot be read.").Because(err)
	}
	if !form.Has("text") {
		tone, text := h.address(form.Get("target"))
		return respond.HTML(c, http.StatusOK, ui.FieldMessage("f-target-msg", tone, text), nil)
	}
	text := form.Get("text")
	tone, verdict := catalogview.Verdict(register.ParseProposal(form.Get("target"), text))
	if form.Get("step") != "check" || respond.IsPart(c) {
		return respond.HTML(c, http.StatusOK, ui.FieldMessage("f-text-msg", tone, verdict), nil)
	}
	return registerPage(c, proposalTyped(form.Get("target"), text, tone, verdict))
}

// proposalTyped is the page with a text as somebody left it.
func proposalTyped(target, text string, tone ui.Tone, verdict string) catalogview.RegisterProps {
	p := catalogview.RegisterProps{Target: target, Key: rand.Text()}
	p.Found = catalogview.NewFound(register.Analysis{Target: target, File: target, Text: text})
	p.Found.Proposal.Tone, p.Found.Proposal.Verdict = tone, verdict
	return p
}

// commit adds the file to a repository of the embedded forge and registers it.
func (h *CatalogRegister) commit(c echo.Context) error {
	target, text := c.FormValue("target"), strings.ReplaceAll(c.FormValue("text"), "\r\n", "\n")
	out, err := respond.Do(c, h.Actions, "add-catalog-file", objectOf("target", target, "text", text))
	if fault.Is(err, fault.Invalid) {
		return respond.Invalid(c, catalogMeta("Register existing"), catalogview.Register(proposalTyped(target, text, ui.Bad, catalog.Reason(err)+".")))
	}
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *CatalogRegister) address(target string) (ui.Tone, string) {
	target = strings.TrimSpace(target)
	if u, err := url.Parse(target); target == "" || err != nil || (u.Host == "" && len(target) < 9) {
		return ui.Neutral, ""
	}
	if err := h.Analyser.Check(target); err != nil {
		return ui.Bad, catalog.Reason(err) + "."
	}
	return ui.Good, "This host can be read."
}
