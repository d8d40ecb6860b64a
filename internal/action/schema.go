package action

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/waymark-portal/waymark/internal/fault"
)

// schema is a compiled JSON Schema (2020-12).
type schema struct {
	compiled *jsonschema.Schema
	doc      any // the schema itself, for what it says of its patterns
}

func compile(name string, raw json.RawMessage) (*schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseLoader(sealed{})
	address := "https://waymark.invalid/actions/" + name // references within the schema are resolved against it
	if err := c.AddResource(address, doc); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	s, err := c.Compile(address)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return &schema{s, doc}, nil
}

// sealed loads nothing: schemas come from files of others, and a reference in
// one must not make the server read a file or call a host.
type sealed struct{}

func (sealed) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: a schema may refer to parts of itself only", url)
}

// validate checks one input. It returns fault Invalid with every fault found.
func (s *schema) validate(in json.RawMessage) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(in))
	if err != nil {
		return fault.InvalidField("", "json", "The body is not JSON: "+err.Error()).Because(err)
	}
	if faults := controls(v, "", nil); len(faults) > 0 {
		return fault.InvalidFields(faults...)
	}
	return s.asFault(s.compiled.Validate(v))
}

// ValidateValue checks value against raw, a JSON Schema that comes from a file
// (a template's or a blueprint's parameters). Field names get prefix, such as
// "parameters.". A schema that does not compile is an error, not a fault.
func ValidateValue(raw json.RawMessage, prefix string, value any) error {
	s, err := compile("value", raw)
	if err != nil {
		return err
	}
	in, err := json.Marshal(value)
	if err != nil {
		return err
	}
	err = s.validate(in)
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	for i := range f.Fields {
		f.Fields[i].Field = strings.TrimSuffix(prefix+f.Fields[i].Field, ".")
	}
	return f
}

func (s *schema) asFault(err error) error {
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return err
	}
	return fault.InvalidFields(s.leaves(ve, nil)...)
}

// leaves flattens the error's tree into the faults at its ends.
func (s *schema) leaves(e *jsonschema.ValidationError, out []fault.Field) []fault.Field {
	for _, c := range e.Causes {
		out = s.leaves(c, out)
	}
	if len(e.Causes) > 0 {
		return out
	}
	at := strings.Join(e.InstanceLocation, ".")
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			out = append(out, fault.Field{Field: join(at, name), Code: "required", Message: "This is needed."})
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			out = append(out, fault.Field{Field: join(at, name), Code: "unknown", Message: "There is no such field."})
		}
	default:
		message := sentence(e.ErrorKind)
		if own := s.patternMessage(e); own != "" {
			message = own
		}
		out = append(out, fault.Field{Field: at, Code: code(e.ErrorKind), Message: message})
	}
	return out
}

// patternMessage is what the schema says beside a broken pattern, under
// "patternMessage"; people cannot be expected to read the pattern itself.
func (s *schema) patternMessage(e *jsonschema.ValidationError) string {
	if _, ok := e.ErrorKind.(*kind.Pattern); !ok {
		return ""
	}
	_, pointer, _ := strings.Cut(e.SchemaURL, "#")
	at := s.doc
	for _, name := range strings.Split(strings.Trim(pointer, "/"), "/") {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	m, _ := at.(map[string]any) // a schema that is true or false has no message
	text, _ := m["patternMessage"].(string)
	return text
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// code is the schema keyword that was broken.
func code(k jsonschema.ErrorKind) string {
	if p := k.KeywordPath(); len(p) > 0 {
		return p[len(p)-1]
	}
	return "invalid"
}

var printer = message.NewPrinter(language.English)

// sentence says what would be right.
func sentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Pattern:
		return "This must match " + k.Want + "."
	case *kind.MinLength:
		if k.Want == 1 {
			return "This is needed."
		}
		return fmt.Sprintf("This must have at least %d characters.", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("This may have at most %d characters.", k.Want)
	case *kind.Minimum:
		return "This must be at least " + k.Want.RatString() + "."
	case *kind.Maximum:
		return "This may be at most " + k.Want.RatString() + "."
	case *kind.Enum:
		return fmt.Sprintf("This must be one of %s.", list(k.Want))
	case *kind.Type:
		return "This must be " + strings.Join(k.Want, " or ") + ", not " + k.Got + "."
	}
	s := k.LocalizedString(printer)
	if s == "" {
		return "This is not valid."
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func list(values []any) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return strings.Join(out, ", ")
}
