package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// rules returns how relations follow from an entity's fields; strict when its
// kind is known, so that a bad reference is an error.
func (k *Kinds) rules(e Entity) (rules []relationRule, strict bool) {
	if rules, ok := relationRules[e.Ref.Kind]; ok {
		_, strict = ruleOf(e.APIVersion, e.Kind)
		return rules, strict
	}
	n, ok := k.of(e.APIVersion, e.Kind)
	if !ok || len(n.Relations) == 0 {
		return otherRules, ok
	}
	rules = make([]relationRule, 0, len(n.Relations)+1)
	own := false
	for _, r := range n.Relations {
		rules = append(rules, relationRule{r.Field, r.DefaultKind, r.Relation})
		own = own || r.Field == ownerRule.field
	}
	if !own {
		rules = append(rules, ownerRule)
	}
	return rules, true
}

// custom checks the spec of a custom kind.
func (f *faults) custom(n *Kind, apiVersion string, spec any) {
	if !slices.Contains(n.APIVersions, apiVersion) {
		f.add("envelope", fmt.Sprintf("There is no version %q of %s.", apiVersion, n.Kind), "Use "+strings.Join(n.APIVersions, " or ")+".", "apiVersion")
	}
	m, isMap := spec.(map[string]any)
	if spec != nil && !isMap {
		f.add("field", "spec must be an object.", "Write keys and values under spec.", "spec")
		return
	}
	if n.compiled == nil {
		return
	}
	if m == nil {
		m = map[string]any{}
	}
	var ve *jsonschema.ValidationError
	if errors.As(n.compiled.Validate(m), &ve) {
		f.leaves(n.Kind, ve)
	}
}

var english = message.NewPrinter(language.English)

// leaves tells the innermost causes, which name the field.
func (f *faults) leaves(name string, ve *jsonschema.ValidationError) {
	if len(f.list) > maxProblems {
		return
	}
	for _, c := range ve.Causes {
		f.leaves(name, c)
	}
	if len(ve.Causes) > 0 {
		return
	}
	path := append([]string{"spec"}, ve.InstanceLocation...)
	fix := "See the kind " + name + " for what it takes."
	switch k := ve.ErrorKind.(type) {
	case *kind.Required:
		for _, missing := range k.Missing {
			at := append(slices.Clone(path), missing)
			f.add("field", fieldName(at)+" is missing.", fmt.Sprintf("Add %s; a %s needs it.", missing, name), at...)
		}
	case *kind.AdditionalProperties:
		for _, more := range k.Properties {
			at := append(slices.Clone(path), more)
			f.add("field", fmt.Sprintf("A %s has no field %s.", name, fieldName(at)), "Correct its name, or remove it.", at...)
		}
	case *kind.Type:
		f.add("field", fmt.Sprintf("%s must be %s, not %s.", fieldName(path), typeNames(k.Want), typeNames([]string{k.Got})), fix, path...)
	case *kind.Enum:
		f.add("field", fieldName(path)+" is none of the values that are allowed.", "Write one of: "+joined(k.Want)+".", path...)
	default:
		f.add("field", fieldName(path)+": "+ve.ErrorKind.LocalizedString(english)+".", fix, path...)
	}
}

// joined lists values, the first dozen of many.
func joined(values []any) string {
	const most = 12
	var out []string
	for _, v := range values[:min(len(values), most)] {
		out = append(out, fmt.Sprint(v))
	}
	if len(values) > most {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// fingerprint is a hash of files.
type fingerprint struct{ h hash.Hash }

func newPrint() fingerprint { return fingerprint{sha256.New()} }

func (p fingerprint) add(name string, data []byte) {
	fmt.Fprintf(p.h, "%s\x00%d\x00%s", name, len(data), data)
}

func (p fingerprint) sum() string { return hex.EncodeToString(p.h.Sum(nil)[:8]) }
