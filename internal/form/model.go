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
	Map        Kind = "map"        // pairs of free text, one a line
	Combo      Kind = "combo"      // text whose choices are searched
	Many       Kind = "many"       // several, each searched
	Password   Kind = "password"
	Hidden     Kind = "hidden"
	JSON       Kind = "json" // a value too deep for controls
	Group      Kind = "group"
	Rows       Kind = "rows" // a list, one group or field each
	Repo       Kind = "repo" // the parts of a repository's address
)

// Form is what a page shows.
type Form struct {
	Title       string
	Description string
	Fields      []Field
	Faults      []Fault  // all of them, in the order of the fields
	Unknown     []string // the ui:field and ui:widget that Waymark does not have
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
	Note        string // what this form cannot do for the field, "" when all is well
	Placeholder string
	Required    bool
	ReadOnly    bool
	Disabled    bool
	Autofocus   bool
	Value       string   // as typed
	Values      []string // of Checkboxes and Many
	Checked     bool     // of Checkbox
	Kept        bool     // of Password: a value was given before, and is not shown
	Options     []Option
	Search      bool // of Combo and Many: the server knows more choices
	Live        bool // other fields may depend on it
	Min, Max    string
	Step        string
	MinLength   string
	MaxLength   string
	Pattern     string
	Rows        int
	Message     string  // the fault, "" when there is none
	Fields      []Field // of Group, Repo and Rows
	Grows       bool    // of Rows: one may be added
	Shrinks     bool    // of Rows: one may be taken away
	Review      Review
}

// Review says how a page that repeats what was entered shows a field.
type Review struct {
	Hide bool
	Mask string // stands for the value
	Name string // stands for the label
}

// Option is one choice.
type Option struct {
	Value    string
	Label    string
	Help     string // a second line, for radio cards and searches
	Selected bool
}

// Pick asks for the choices of a picker.
type Pick struct {
	Field   string         // ui:field: OwnerPicker, EntityPicker…
	Part    string         // of a repository's address: host, owner, repo…
	Name    string         // of the form's field
	Options map[string]any // ui:options
	Value   string         // what is chosen now
	Text    string         // what to search for
	Limit   int
	Around  map[string]any // the values of the form
}

// Choices answer a Pick.
type Choices struct {
	Options []Option
	More    bool   // there are more than Options
	Free    bool   // other values are welcome too
	Note    string // why there are none, for people
}

// Resolver knows the choices of pickers. Choices returns false for a picker it
// does not know: the field becomes a text field.
type Resolver interface {
	Choices(ctx context.Context, p Pick) (Choices, bool, error)
}
