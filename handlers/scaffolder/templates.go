package scaffolder

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// formStep is one page of a form.
type formStep struct {
	Title       string          `json:"title"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema"`
}

// parameterSchema answers a template's form.
func (h *Handler) parameterSchema(c echo.Context) error {
	ref := catalog.Ref{Kind: c.Param("kind"), Namespace: c.Param("namespace"), Name: c.Param("name")}.Canonical()
	if !scaffold.IsMaker(ref.Kind) {
		return fault.Newf(fault.NotFound, "Template %s not found", ref)
	}
	t, err := h.Templates.Template(c.Request().Context(), respond.Viewer(c), ref)
	if err != nil {
		return err
	}
	doc := t.Document()
	meta, spec := part(doc, "metadata"), part(doc, "spec")
	out := object{"title": t.Title, "description": t.Description}
	for to, from := range map[string]object{"presentation": spec, "formDecorators": spec, "EXPERIMENTAL_formDecorators": spec, "ui:options": meta} {
		if v, ok := from[to]; ok {
			out[to] = v
		}
	}
	steps := []formStep{}
	for _, p := range t.Pages {
		title := p.Title
		if title == "" {
			title = "Please enter the following information"
		}
		steps = append(steps, formStep{Title: title, Description: p.Description, Schema: p.Schema})
	}
	out["steps"] = steps
	return c.JSON(http.StatusOK, out)
}

func part(doc object, key string) object {
	m, _ := doc[key].(object)
	return m
}

// shownAction is one action of steps.
type shownAction struct {
	ID          string          `json:"id"`
	Description string          `json:"description"`
	Examples    []shownExample  `json:"examples,omitempty"`
	Schema      json.RawMessage `json:"schema"`
}

type shownExample struct {
	Description string `json:"description"`
	Example     string `json:"example"`
}

// actions lists what steps can do.
func (h *Handler) actions(c echo.Context) error {
	out := []shownAction{}
	for _, a := range h.Trier.StepActions() {
		schema := map[string]json.RawMessage{"input": a.Input}
		if len(a.Output) > 0 {
			schema["output"] = a.Output
		}
		b, err := json.Marshal(schema)
		if err != nil {
			return err
		}
		shown := shownAction{ID: a.ID, Description: a.Summary, Schema: b}
		for _, e := range a.Examples {
			shown.Examples = append(shown.Examples, shownExample{e.Description, asStep(a.ID, e.Input)})
		}
		out = append(out, shown)
	}
	return c.JSON(http.StatusOK, out)
}

// asStep writes an example's input as the step of a template.
func asStep(id, input string) string {
	return "steps:\n  - id: example\n    action: " + id + "\n    input:\n      " +
		strings.ReplaceAll(strings.TrimSpace(input), "\n", "\n      ") + "\n"
}

// extensions lists what templates can call.
func (h *Handler) extensions(c echo.Context) error {
	filters, functions := object{}, object{}
	for _, name := range expr.Filters() {
		filters[name] = object{}
	}
	for _, name := range expr.Functions() {
		functions[name] = object{}
	}
	return c.JSON(http.StatusOK, object{"filters": filters, "globals": object{"functions": functions, "values": object{}}})
}

// completion is one value for a field.
type completion struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
}

// autocomplete answers values for fields of forms: of the embedded forge, for
// which nobody needs a token of their own.
func (h *Handler) autocomplete(c echo.Context) error {
	var in struct{ Context map[string]string }
	if err := bind(c, &in); err != nil {
		return err
	}
	if c.Param("provider") != "waymark" {
		return invalid("Unsupported provider: %s", c.Param("provider"))
	}
	repos, err := h.Tasks.Repositories(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	out, seen := []completion{}, map[string]bool{}
	for _, r := range repos {
		var id string
		switch {
		case c.Param("resource") == "owners":
			id = r.Owner
		case c.Param("resource") != "repositories":
			return invalid("Unsupported resource: %s", c.Param("resource"))
		case in.Context["owner"] == "" || in.Context["owner"] == r.Owner:
			id = r.Name
		}
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, completion{ID: id})
		}
	}
	return c.JSON(http.StatusOK, object{"results": out})
}
