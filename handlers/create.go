package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/formview"
	"github.com/waymark-portal/waymark/views/ui"
)

// TemplateStore is what the pages of golden paths need from storage.
type TemplateStore interface {
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
	ScaffoldCounts(ctx context.Context, v access.Viewer) (map[string]int, error)
	Scaffold(ctx context.Context, v access.Viewer, run string) (scaffold.Scaffold, error)
}

// Templates finds templates; *scaffold.Library does.
type Templates interface {
	Template(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error)
}

// ValueChecker checks what was entered; *scaffold.Engine does.
type ValueChecker interface {
	Check(ctx context.Context, v access.Viewer, t *scaffold.Template, values map[string]any) ([]fault.Field, error)
	// KeepSecrets seals secrets between the pages of a form; KeptSecrets opens
	// them for the same person and template.
	KeepSecrets(who, template string, secrets map[string]string) (string, error)
	KeptSecrets(who, template, sealed string) map[string]string
}

// DraftReader finds what people have begun.
type DraftReader interface {
	Draft(ctx context.Context, v access.Viewer, template string) (scaffold.Draft, error)
	Drafts(ctx context.Context, v access.Viewer) ([]scaffold.Draft, error)
}

// StarReader knows what people have starred.
type StarReader interface {
	Stars(ctx context.Context, v access.Viewer) ([]string, error)
}

// Create serves the pages on which people make things from golden paths.
type Create struct {
	Store     TemplateStore
	Pickers   PickerStore
	Drafts    DraftReader
	Stars     StarReader
	Templates Templates
	Checker   ValueChecker
	Actions   *action.Registry
	Usage     UsageStore // nil: cards do not tell how templates fare
}

// Register adds the pages to g.
func (h *Create) Register(g *echo.Group) {
	g.GET("/create", h.list)
	g.GET("/create/:namespace/:name", h.show)
	g.POST("/create/:namespace/:name", h.step)
	g.POST("/create/:namespace/:name/check", h.check)
	g.POST("/create/:namespace/:name/options", h.options)
	g.POST("/create/:namespace/:name/drop-draft", h.dropDraft)
}

func createMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/create"} }

// gains are what a template says one gets, each a word and what it means.
func gains(t *scaffold.Template) []createview.Gain {
	var out []createview.Gain
	for _, g := range t.Gets {
		word, text, _ := strings.Cut(g, ":")
		out = append(out, createview.Gain{Word: strings.TrimSpace(word), Text: strings.TrimSpace(text)})
	}
	return out
}

// saves says in words what backstage.io/time-saved holds, such as P2D or PT4H.
func saves(duration string) string {
	var n int
	for format, unit := range map[string]string{"P%dD": "day", "PT%dH": "hour", "PT%dM": "minute", "P%dW": "week"} {
		if _, err := fmt.Sscanf(duration+" ", format+" ", &n); err == nil && n > 0 && fmt.Sprintf(format, n) == duration {
			return "saves about " + ui.Plural(n, unit, unit+"s")
		}
	}
	return ""
}

func (h *Create) template(c echo.Context) (*scaffold.Template, error) {
	ref := catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")}
	t, err := h.Templates.Template(c.Request().Context(), respond.Viewer(c), ref)
	if fault.Is(err, fault.Invalid) {
		return nil, fault.New(fault.Unavailable, "The file of this template is at fault. "+publicText(err)).Because(err)
	}
	return t, err
}

func publicText(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Public
	}
	return ""
}

// show is the first page of the form. Values may be given in the address:
// formData as JSON, as Backstage does, or one by one.
func (h *Create) show(c echo.Context) error {
	w, err := h.wizard(c, nil)
	if err != nil {
		return err
	}
	if c.QueryParam("draft") != "" {
		return w.resume()
	}
	w.begin(c.QueryParams())
	return w.page(http.StatusOK, 0, nil, nil)
}

// step takes one page of the form and shows the next one, or makes it all.
func (h *Create) step(c echo.Context) error {
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	w, err := h.wizard(c, sent)
	if err != nil {
		return err
	}
	at := w.number("_step", len(w.schemas))
	switch order := sent.Get("_go"); {
	case order == "back":
		return w.page(http.StatusOK, max(0, at-1), nil, nil)
	case order == "create":
		return w.create()
	case order == "draft":
		return w.save(at)
	case order == "next", order == "":
		return w.next(at)
	case order == "refresh", form.Edit(sent, order):
		return w.page(http.StatusOK, at, nil, nil)
	default:
		return w.page(http.StatusOK, pageNumber(order, len(w.schemas)-1), nil, nil)
	}
}

func badForm(err error) error {
	var he *echo.HTTPError
	if errors.As(err, &he) || fault.KindOf(err) != fault.Internal {
		return err
	}
	return fault.InvalidField("", "form", "The form cannot be read.").Because(err)
}

var errNoField = fault.InvalidField("_field", "unknown", "There is no such field.")

// check answers for one field as it is typed, or with all fields when others
// depend on it.
func (h *Create) check(c echo.Context) error {
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	w, err := h.wizard(c, sent)
	if err != nil {
		return err
	}
	if refresh(sent) {
		return w.fields()
	}
	values, faults, err := w.judged()
	if err != nil {
		return err
	}
	name := sent.Get("_field")
	for _, s := range w.schemas {
		f, err := s.Show(c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: sent, Around: values, Faults: faults})
		if err != nil {
			return err
		}
		field, ok := f.Field(name)
		if !ok {
			continue
		}
		if field.Message == "" && field.Value != "" && name == valuesPrefix+"."+w.t.NameParam() {
			return respond.HTML(c, http.StatusOK, formview.Fine(field, "free in the catalog and on the forge"), nil)
		}
		return respond.HTML(c, http.StatusOK, formview.Message(field), nil)
	}
	return errNoField
}

// options searches the choices of a picker.
func (h *Create) options(c echo.Context) error {
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	w, err := h.wizard(c, sent)
	if err != nil {
		return err
	}
	values, _, _, err := w.values()
	if err != nil {
		return err
	}
	return searchForm(c, w.schemas, form.Input{Prefix: valuesPrefix, Sent: sent, Around: values, Resolver: w.pickers()})
}
