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
	Around   map[string]any  // values of other pages, on which conditions may stand
	Faults   []fault.Field   // of the last try, named with the prefix
	Resolver Resolver        // nil: pickers are text fields
}

// Show makes the form. It fails only when the resolver or Data does.
func (s *Schema) Show(ctx context.Context, in Input) (Form, error) {
	if in.Sent == nil {
		var err error
		if in.Sent, err = s.initial(in); err != nil {
			return Form{}, err
		}
	}
	r, tree := s.read(in.Sent, in.Prefix, in.Around)
	b := builder{ctx: ctx, in: in, values: r.Values, live: s.triggers()}
	f := Form{Title: s.Title, Description: s.Description}
	var err error
	if f.Fields, err = b.fields(tree, false); err != nil {
		return Form{}, err
	}
	f.Faults, f.Unknown = b.summary(f.Fields), b.unknown
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
	ctx     context.Context
	in      Input
	values  map[string]any
	live    map[string]bool
	unknown []string
}

// fields are those of a group; live ones are asked for by a condition above.
func (b *builder) fields(p part, live bool) ([]Field, error) {
	var out []Field
	if p.choice != nil {
		out = append(out, b.option(p))
	}
	for _, q := range p.parts {
		f, err := b.field(q, live || b.live[q.name])
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// option is the field with which one of several branches is chosen.
func (b *builder) option(p part) Field {
	f := Field{Name: join(join(b.in.Prefix, p.path), optionName), Kind: Select, Label: "Which one", Required: true, Live: true, Value: strconv.Itoa(p.choice.at)}
	if p.path != "" {
		f.Label = first(p.node.Title, words(p.path))
	}
	f.ID = id(f.Name)
	for i, title := range p.choice.titles {
		f.Options = append(f.Options, Option{Value: strconv.Itoa(i), Label: title, Selected: i == p.choice.at})
	}
	return f
}

func id(name string) string { return "f-" + strings.NewReplacer(".", "-", " ", "-").Replace(name) }

func (b *builder) field(p part, live bool) (Field, error) {
	n := p.node
	f := Field{
		Name:        join(b.in.Prefix, p.path),
		Kind:        p.kind,
		Input:       p.input,
		Label:       first(n.ui("title"), n.Title, words(p.path)),
		Help:        first(n.ui("help"), n.ui("description"), n.Description),
		Placeholder: first(n.ui("placeholder"), example(n)),
		Required:    p.required,
		ReadOnly:    n.uiTrue("readonly"),
		Disabled:    n.uiTrue("disabled"),
		Autofocus:   n.uiTrue("autofocus"),
		Pattern:     n.Pattern,
		Min:         number(n, "minimum"), Max: number(n, "maximum"), Step: number(n, "multipleOf"),
		MinLength: number(n, "minLength"), MaxLength: number(n, "maxLength"),
		Live:   live,
		Review: review(n),
	}
	f.ID = id(f.Name)
	f.Message = b.message(f.Name, p.kind == Group || p.kind == Rows || p.kind == Repo)
	b.unsupported(&f, n)
	switch p.kind {
	case Group:
		var err error
		f.Fields, err = b.fields(p, live)
		return f, err
	case Rows:
		return f, b.rows(&f, p, live)
	case Repo:
		return f, b.repo(&f, n, live)
	}
	return f, b.control(&f, n)
}

// unsupported names the parts of Backstage forms that are drawn as text here.
func (b *builder) unsupported(f *Field, n *node) {
	tell := func(kind, name string) {
		f.Note = fmt.Sprintf("The template asks for the %s “%s”, which Waymark does not have. Write the value as the steps expect it.", kind, name)
		if word := kind + " " + name; !slices.Contains(b.unknown, word) {
			b.unknown = append(b.unknown, word)
		}
	}
	if field := n.ui("field"); !known(field) {
		tell("field", field)
	} else if widget := n.ui("widget"); !contains(widgets, widget) {
		tell("widget", widget)
	} else if t := n.ui("ObjectFieldTemplate"); t != "" {
		tell("layout", t)
		f.Note = "" // the fields are all there, one below the other
	}
}

func review(n *node) Review {
	m, _ := n.UI["backstage"].(map[string]any)
	m, _ = m["review"].(map[string]any)
	var r Review
	if show, ok := m["show"].(bool); ok {
		r.Hide = !show
	}
	r.Mask, _ = m["mask"].(string)
	r.Name, _ = m["name"].(string)
	return r
}

func (b *builder) rows(f *Field, p part, live bool) error {
	f.Grows, f.Shrinks = len(p.parts) < maxRows, true
	if m, err := strconv.Atoi(number(p.node, "maxItems")); err == nil && len(p.parts) >= m {
		f.Grows = false
	}
	if m, err := strconv.Atoi(number(p.node, "minItems")); err == nil && len(p.parts) <= m {
		f.Shrinks = false
	}
	if n := p.node; n.UI["addable"] == false {
		f.Grows = false
	} else if n.UI["removable"] == false {
		f.Shrinks = false
	}
	for i, q := range p.parts {
		g, err := b.field(q, live)
		if err != nil {
			return err
		}
		g.Label = first(q.node.Title, f.Label) + " " + strconv.Itoa(i+1)
		f.Fields = append(f.Fields, g)
	}
	return nil
}

// control chooses the choices and the value of a control.
func (b *builder) control(f *Field, n *node) error {
	sent := b.in.Sent[f.Name]
	if len(sent) > 0 {
		f.Value = sent[len(sent)-1]
	}
	for _, v := range sent {
		if v != "" && !slices.Contains(f.Values, v) {
			f.Values = append(f.Values, v)
		}
	}
	f.Options = n.choices()
	if f.Kind == Combo && len(f.Options) > maxSelect { // what the schema lists is searched as one types
		f.Search, f.Options = true, matching(f.Options, f.Value, maxSelect)
	} else if n.ui("field") != "" && len(f.Options) == 0 {
		if err := b.pick(f, n); err != nil {
			return err
		}
	}
	switch {
	case f.Kind == Checkbox:
		f.Checked = f.Value == "true" || f.Value == "on"
	case f.Kind == Password:
		f.Kept, f.Value, f.Values = f.Value != "", "", nil
	case f.Kind == Hidden && len(n.Const) > 0:
		f.Value = n.values()[0]
	case f.Kind == Number && n.one() == "integer" && f.Step == "":
		f.Step = "1"
	}
	f.Rows, f.Live = rows(n), f.Live || f.Kind == Many
	for i := range f.Options {
		f.Options[i].Selected = slices.Contains(sent, f.Options[i].Value)
	}
	return nil
}

// matching are the choices that have text as a part of value or label.
func matching(options []Option, text string, limit int) []Option {
	text = strings.ToLower(text)
	var out []Option
	for _, o := range options {
		if len(out) < limit && (strings.Contains(strings.ToLower(o.Label), text) || strings.Contains(strings.ToLower(o.Value), text)) {
			out = append(out, o)
		}
	}
	return out
}

func (b *builder) pick(f *Field, n *node) error {
	if b.in.Resolver == nil {
		return nil
	}
	c, known, err := b.choices(f, n, "")
	if err != nil || !known {
		return err
	}
	f.Options, f.Note = c.Options, first(f.Note, c.Note)
	switch {
	case f.Kind == Many:
		f.Search = true
	case c.Free || c.More || len(c.Options) > maxSelect:
		f.Kind, f.Search = Combo, true
	default:
		f.Kind = Select
	}
	if f.Kind == Select && f.Value != "" && !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == f.Value }) {
		f.Kind, f.Search = Combo, true // what is there stays to be seen
	}
	if len(f.Options) > maxSelect {
		f.Options = f.Options[:maxSelect]
	}
	return nil
}

func (b *builder) choices(f *Field, n *node, part string) (Choices, bool, error) {
	p := Pick{Field: n.ui("field"), Part: part, Name: f.Name, Options: n.Options, Value: f.Value, Limit: maxSelect + 1, Around: b.around()}
	c, known, err := b.in.Resolver.Choices(b.ctx, p)
	if err != nil {
		err = fmt.Errorf("choices of %s: %w", f.Name, err)
	}
	return c, known, err
}

func (b *builder) around() map[string]any {
	out := map[string]any{}
	for k, v := range b.in.Around {
		out[k] = v
	}
	for k, v := range b.values {
		out[k] = v
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
	switch {
	case (f.Kind == Radio || f.Kind == Checkboxes) && len(f.Options) > 0:
		return f.ID + "-0"
	case f.Kind == Repo && len(f.Fields) > 0:
		return f.Fields[len(f.Fields)-1].ID
	}
	return f.ID
}

// number is a number that the schema says under a word, as it wrote it.
func number(n *node, word string) string { return string(n.words[word]) }

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
