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
	if f.Note != "" {
		by = f.ID + "-note " + by
	}
	if f.Help != "" {
		by = f.ID + "-help " + by
	}
	return templ.Attributes{
		"aria-describedby": by,
		"aria-invalid":     pick(f.Message != "", "true", "false"),
		"required":         f.Required && f.Kind != form.Checkbox,
		"readonly":         isFixed(f),
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

// At says where a form asks the server while one fills it in; empty addresses
// ask for nothing.
type At struct {
	Check   string // checks a field: it answers Message, or Part for a live one
	Options string // searches the choices of a picker: it answers Found
}

// PartID is the id of the part that is drawn anew when a live field changes.
const PartID = "form-fields"

// checkAttrs make a field ask the server while one types. Of most fields only
// the message is replaced; of those on which others depend, all fields are. The
// whole form is sent, since one field may depend on another.
func checkAttrs(f form.Field, at At) templ.Attributes {
	switch {
	case at.Check == "" || f.Kind == form.Password:
		return nil
	case f.Live:
		return live(at, "change", map[string]string{"_field": f.Name})
	}
	return templ.Attributes{
		"hx-post":    at.Check,
		"hx-trigger": "input changed delay:400ms, change",
		"hx-target":  "#" + f.ID + "-msg",
		"hx-swap":    "outerHTML",
		"hx-sync":    "this:replace",
		"hx-include": "closest form",
		"hx-vals":    vals(map[string]string{"_field": f.Name}),
	}
}

// live draws all fields anew on an event.
func live(at At, trigger string, more map[string]string) templ.Attributes {
	more["_refresh"] = "1"
	return templ.Attributes{
		"hx-post":    at.Check,
		"hx-trigger": trigger,
		"hx-target":  "#" + PartID,
		"hx-swap":    "innerMorph",
		"hx-sync":    "closest form:replace",
		"hx-include": "closest form",
		"hx-vals":    vals(more),
	}
}

func vals(m map[string]string) string {
	b, err := json.Marshal(m)
	if err != nil {
		return "{}" // texts; cannot fail
	}
	return string(b)
}

// rowAttrs make the button of a list work without a whole new page.
func rowAttrs(at At, order string) templ.Attributes {
	if at.Check == "" {
		return nil
	}
	return live(at, "click", map[string]string{"_go": order})
}

// comboAttrs are those of a text whose choices are searched.
func comboAttrs(f form.Field, at At) templ.Attributes {
	a := attrs(f)
	if !f.Search || at.Options == "" {
		return a
	}
	a["role"] = "combobox"
	a["aria-autocomplete"] = "list"
	a["aria-expanded"] = "false"
	a["aria-controls"] = f.ID + "-box"
	a["hx-post"] = at.Options
	a["hx-trigger"] = "input changed delay:120ms, combo:open"
	a["hx-target"] = "#" + f.ID + "-pop"
	a["hx-swap"] = "innerHTML"
	a["hx-sync"] = "this:replace"
	a["hx-include"] = "closest form"
	a["hx-vals"] = vals(map[string]string{"_field": f.Name})
	return a
}

// adder is the empty text with which one more value is picked.
func adder(f form.Field) form.Field {
	f.Value, f.Required = "", f.Required && len(f.Values) == 0
	return f
}

// anyLive reports whether other fields depend on one of these.
func anyLive(fields []form.Field) bool {
	for _, f := range fields {
		if f.Live || f.Kind == form.Rows || anyLive(f.Fields) {
			return true
		}
	}
	return false
}

func isFixed(f form.Field) bool { return f.ReadOnly || f.Disabled }

func nth(f form.Field, i int) string { return f.Name + "." + strconv.Itoa(i) }

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

func optionID(id string, i int) string { return id + "-o" + strconv.Itoa(i) }
