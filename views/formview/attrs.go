package formview

import (
	"encoding/json"
	"strconv"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/views/ui"
)

func faults(in []form.Fault) []ui.FieldFault {
	out := make([]ui.FieldFault, len(in))
	for i, f := range in {
		out[i] = ui.FieldFault{ID: f.ID, Label: f.Label, Message: f.Message}
	}
	return out
}

// attrs are what every control has: its id and how it hangs together with its
// help and fault.
func attrs(f form.Field) templ.Attributes {
	a := described(f)
	a["id"] = f.ID
	if f.MaxLength != "" {
		a["maxlength"] = f.MaxLength
	}
	return a
}

func optionAttrs(f form.Field, i int) templ.Attributes {
	a := described(f)
	a["id"] = f.ID + "-" + strconv.Itoa(i)
	delete(a, "required") // of a group of boxes, not of each
	return a
}

func described(f form.Field) templ.Attributes {
	by := f.ID + "-msg"
	if f.Help != "" {
		by = f.ID + "-help " + by
	}
	return templ.Attributes{
		"aria-describedby": by,
		"aria-invalid":     pick(f.Message != "", "true", "false"),
		"required":         f.Required && f.Kind != form.Checkbox,
		"readonly":         f.ReadOnly,
		"autofocus":        f.Autofocus && f.Message == "",
	}
}

func limits(f form.Field) templ.Attributes {
	a := templ.Attributes{"step": pick(f.Step == "", "any", f.Step)}
	if f.Min != "" {
		a["min"] = f.Min
	}
	if f.Max != "" {
		a["max"] = f.Max
	}
	return a
}

// whenAttrs carry the conditions of a field to static/js/when.js.
func whenAttrs(f form.Field) templ.Attributes {
	if len(f.When) == 0 {
		return nil
	}
	b, err := json.Marshal(f.When)
	if err != nil {
		return nil // structs of strings; cannot fail
	}
	return templ.Attributes{"data-when": string(b)}
}

// checkAttrs make a field ask the server while one types; only its message is
// replaced, and the whole form is sent, since one field may depend on another.
func checkAttrs(f form.Field, url string) templ.Attributes {
	if url == "" || f.Kind == form.Password {
		return nil
	}
	return templ.Attributes{
		"hx-post":    url,
		"hx-trigger": "input changed delay:400ms, change",
		"hx-target":  "#" + f.ID + "-msg",
		"hx-swap":    "outerHTML",
		"hx-sync":    "this:replace",
		"hx-include": "closest form",
		"hx-vals":    `{"_field":` + strconv.Quote(f.Name) + `}`,
	}
}

func cards(f form.Field) bool {
	for _, o := range f.Options {
		if o.Help != "" {
			return true
		}
	}
	return len(f.Options) > 0 && len(f.Options) <= 4
}

func chosen(f form.Field) bool {
	for _, o := range f.Options {
		if o.Selected {
			return true
		}
	}
	return false
}

func none(f form.Field) string {
	if f.Placeholder != "" {
		return f.Placeholder
	}
	return pick(f.Required, "Choose…", "None")
}

func rows(f form.Field) string { return strconv.Itoa(max(f.Rows, 2)) }

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
