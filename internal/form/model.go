package form

import "context"

// Kind is the control that a field is shown with.
type Kind string

// The controls.
const (
	Text       Kind = "text"
	TextArea   Kind = "textarea"
	Number     Kind = "number"
	Select     Kind = "select"
	Radio      Kind = "radio"
	Checkbox   Kind = "checkbox"   // one box: yes or no
	Checkboxes Kind = "checkboxes" // several of a list
	Lines      Kind = "lines"      // a list of free text, one a line
	Combo      Kind = "combo"      // text with suggestions
	Password   Kind = "password"
	Hidden     Kind = "hidden"
	JSON       Kind = "json" // a value too deep for controls
	Group      Kind = "group"
)

// Form is what a page shows.
type Form struct {
	Title       string
	Description string
	Fields      []Field
	Faults      []Fault // all of them, in the order of the fields
}

// Fault is one refusal, for the summary. ID is that of its control, "" when
// there is none.
type Fault struct {
	ID, Label, Message string
}

// Field is one control with its words.
type Field struct {
	Name        string // of the control: a dotted path
	ID          string
	Kind        Kind
	Input       string // type of the input element: text, email, url, date…
	Label       string
	Help        string
	Placeholder string
	Required    bool
	ReadOnly    bool
	Autofocus   bool
	Value       string   // as typed
	Values      []string // of Checkboxes
	Checked     bool     // of Checkbox
	Options     []Option
	Min, Max    string
	Step        string
	MinLength   string
	MaxLength   string
	Pattern     string
	Rows        int
	Message     string // the fault, "" when there is none
	When        []When // shown only while these hold
	Shown       bool   // they hold for the values now
	Fields      []Field
}

// Option is one choice.
type Option struct {
	Value    string
	Label    string
	Help     string // a second line, for radio cards
	Selected bool
}

// Pick asks for the choices of a picker.
type Pick struct {
	Field   string         // ui:field: OwnerPicker, EntityPicker…
	Name    string         // of the form's field
	Options map[string]any // ui:options
	Value   string         // what is chosen now
}

// Resolver knows the choices of pickers. Options returns false for a picker it
// does not know: the field becomes a text field.
type Resolver interface {
	Options(ctx context.Context, p Pick) ([]Option, bool, error)
}
