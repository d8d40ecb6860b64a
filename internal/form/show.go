package form

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Input is what a form is shown with.
type Input struct {
	Prefix   string          // of every name: "parameters" makes parameters.size
	Sent     url.Values      // what was typed, nil before the first time
	Data     json.RawMessage // values to begin with; the schema's defaults fill the rest
	Faults   []fault.Field   // of the last try, named with the prefix
	Resolver Resolver        // nil: pickers are text fields
}

// Show makes the form. It fails only when the resolver or Data does.
func (s *Schema) Show(ctx context.Context, in Input) (Form, error) {
	values := in.Sent
	if values == nil {
		var err error
		if values, err = s.initial(in); err != nil {
			return Form{}, err
		}
	}
	b := builder{ctx: ctx, in: in, values: values}
	f := Form{Title: s.Title, Description: s.Description}
	for _, it := range s.items {
		field, err := b.field(it)
		if err != nil {
			return Form{}, err
		}
		f.Fields = append(f.Fields, field)
	}
	f.Faults = b.summary(f.Fields)
	return f, nil
}

// Field is the one field with a name (prefix included), for the check as one
// types; false when there is none.
func (f Form) Field(name string) (Field, bool) { return find(f.Fields, name) }

func find(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
		if inner, ok := find(f.Fields, name); ok {
			return inner, true
		}
	}
	return Field{}, false
}

type builder struct {
	ctx    context.Context
	in     Input
	values url.Values
}

func (b *builder) field(it item) (Field, error) {
	n := it.node
	f := Field{
		Name:        join(b.in.Prefix, it.path),
		Label:       first(n.UITitle, n.Title, words(it.path)),
		Help:        first(n.Help, n.UIDescription, n.Description),
		Placeholder: first(n.Placeholder, example(n)),
		Required:    it.required,
		ReadOnly:    n.ReadOnly || n.Disabled,
		Autofocus:   n.Autofocus,
		Pattern:     n.Pattern,
		Min:         number(n.Minimum), Max: number(n.Maximum), Step: number(n.MultipleOf),
		MinLength: whole(n.MinLength), MaxLength: whole(n.MaxLength),
		When:  b.prefixed(it.when),
		Shown: holds(it.when, b.values, b.in.Prefix),
	}
	f.ID = "f-" + strings.ReplaceAll(f.Name, ".", "-")
	f.Message = b.message(f.Name, len(it.items) > 0)
	if len(it.items) > 0 {
		f.Kind = Group
		for _, inner := range it.items {
			g, err := b.field(inner)
			if err != nil {
				return Field{}, err
			}
			f.Fields = append(f.Fields, g)
		}
		return f, nil
	}
	return f, b.control(&f, n)
}

// control chooses the control, its choices and its value.
func (b *builder) control(f *Field, n *node) error {
	sent := b.values[f.Name]
	if len(sent) > 0 {
		f.Value = sent[0]
	}
	f.Values = sent
	f.Kind, f.Input = n.kind()
	f.Options = n.choices()
	if n.Field != "" && len(f.Options) == 0 {
		if err := b.pick(f, n); err != nil {
			return err
		}
	}
	if f.Kind == Checkbox {
		f.Checked = f.Value == "true" || f.Value == "on"
	}
	if f.Kind == Hidden && len(n.Const) > 0 {
		f.Value = n.values()[0]
	}
	if f.Kind == Number && n.one() == "integer" && f.Step == "" {
		f.Step = "1"
	}
	f.Rows = rows(n)
	for i := range f.Options {
		f.Options[i].Selected = slices.Contains(sent, f.Options[i].Value)
	}
	return nil
}

// maxSelect is how many choices a list to choose from may have; more are
// suggested as one types.
const maxSelect = 60

func (b *builder) pick(f *Field, n *node) error {
	if b.in.Resolver == nil {
		return nil
	}
	options, known, err := b.in.Resolver.Options(b.ctx, Pick{Field: n.Field, Name: f.Name, Options: n.Options, Value: f.Value})
	if err != nil {
		return fmt.Errorf("choices of %s: %w", f.Name, err)
	}
	if !known {
		return nil
	}
	f.Options = options
	free, _ := n.Options["allowArbitraryValues"].(bool)
	f.Kind = Select
	if free || len(options) > maxSelect {
		f.Kind = Combo
	}
	return nil
}

func (b *builder) prefixed(when []When) []When {
	out := make([]When, 0, len(when))
	for _, w := range when {
		p := When{Not: w.Not}
		for _, e := range w.All {
			p.All = append(p.All, Equal{Field: join(b.in.Prefix, e.Field), Values: e.Values})
		}
		out = append(out, p)
	}
	return out
}

// message joins the faults of a field; those of an item of a list (tags.0) are
// the list's.
func (b *builder) message(name string, group bool) string {
	var out []string
	for _, f := range b.in.Faults {
		inner := !group && strings.HasPrefix(f.Field, name+".")
		if (f.Field == name || inner) && !slices.Contains(out, f.Message) {
			out = append(out, f.Message)
		}
	}
	return strings.Join(out, " ")
}

// summary lists every fault, also those of no field.
func (b *builder) summary(fields []Field) []Fault {
	out := summarize(fields)
	for _, f := range b.in.Faults {
		owner, known := nearest(fields, f.Field)
		if !known || owner.Message == "" {
			out = append(out, Fault{Label: f.Field, Message: f.Message})
		}
	}
	return out
}

func summarize(fields []Field) []Fault {
	var out []Fault
	for _, f := range fields {
		if f.Message != "" {
			out = append(out, Fault{ID: f.FocusID(), Label: f.Label, Message: f.Message})
		}
		out = append(out, summarize(f.Fields)...)
	}
	return out
}

// nearest is the field of a name, or the list that holds it.
func nearest(fields []Field, name string) (Field, bool) {
	for name != "" {
		if f, ok := find(fields, name); ok {
			return f, true
		}
		i := strings.LastIndexByte(name, '.')
		name = name[:max(i, 0)]
	}
	return Field{}, false
}

// FocusID is the id of the element that a link to the field leads to.
func (f Field) FocusID() string {
	if (f.Kind == Radio || f.Kind == Checkboxes) && len(f.Options) > 0 {
		return f.ID + "-0"
	}
	return f.ID
}

func whole(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func number(n *json.Number) string {
	if n == nil {
		return ""
	}
	return n.String()
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
