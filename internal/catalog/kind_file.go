package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// Kind is a kind of entity that a file describes. No code is needed for it.
type Kind struct {
	Kind        string         `yaml:"kind"`        // as it is written in entities
	APIVersions []string       `yaml:"apiVersions"` // all of one group
	Title       string         `yaml:"title"`       // what people call one of them
	Plural      string         `yaml:"plural"`
	Icon        string         `yaml:"icon"` // name of an icon, such as layers
	Description string         `yaml:"description"`
	Schema      map[string]any `yaml:"schema"` // JSON Schema of spec
	Relations   []KindRelation `yaml:"relations"`

	compiled *jsonschema.Schema
}

// KindRelation says which relation follows from a field of spec, which holds a
// reference or a list of them.
type KindRelation struct {
	Field       string `yaml:"field"` // inside spec, with dots for fields of fields
	Relation    string `yaml:"relation"`
	Inverse     string `yaml:"inverse"`     // may be left out for a relation that is known
	DefaultKind string `yaml:"defaultKind"` // empty: references must name the kind
}

// KindFolder is a folder of kind files, by the name that problems show.
type KindFolder struct {
	Name string
	FS   fs.FS
}

// LoadKinds reads the kind files (.yaml, .yml, .json) of folders. A kind of a
// later folder takes the place of one with the same name and group. A file
// that cannot be used is a problem; the others count.
func LoadKinds(folders ...KindFolder) *Kinds {
	k := &Kinds{byName: map[string][]*Kind{}, inverses: map[string]string{}}
	hash := newPrint()
	for _, folder := range folders {
		err := fs.WalkDir(folder.FS, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(p)) {
				return err
			}
			data, err := readFile(folder.FS, p)
			if err == nil {
				hash.add(p, data)
				err = k.load(data)
			}
			if err != nil {
				k.refuse(folder.Name+"/"+p, err)
			}
			return nil
		})
		if err != nil {
			k.refuse(folder.Name, &fieldError{message: "The folder cannot be read: " + Reason(err) + "."})
		}
	}
	k.print = hash.sum()
	return k
}

func (k *Kinds) refuse(file string, err error) {
	p := Problem{Severity: Error, Code: "kind", Source: KindSource, File: file, Message: err.Error(),
		Fix: "Correct the kind file; until then its entities are kept without being checked."}
	var fe *fieldError
	if errors.As(err, &fe) {
		p.Line, p.Field, p.Document = fe.line, fieldName(fe.path), 1
	}
	k.problems = append(k.problems, p.identified())
}

func (k *Kinds) load(data []byte) error {
	root, _, _, err := decodeDocument(data)
	if err != nil {
		return err
	}
	if root == nil {
		return &fieldError{message: "The file is empty."}
	}
	n := &Kind{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(n); err != nil {
		return &fieldError{message: "The file is no kind: " + strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n  "), "\n  ", "; ") + "."}
	}
	if fe := k.check(n); fe != nil {
		fe.line = lineOf(root, fe.path)
		return fe
	}
	name := strings.ToLower(n.Kind)
	group := groupOf(n.APIVersions[0])
	k.byName[name] = append(slices.DeleteFunc(k.byName[name], func(o *Kind) bool { return groupOf(o.APIVersions[0]) == group }), n)
	for _, r := range n.Relations {
		if inverse[r.Relation] == "" {
			k.inverses[r.Relation], k.inverses[r.Inverse] = r.Inverse, r.Relation
		}
	}
	return nil
}

var relationName = regexp.MustCompile(`^[A-Za-z]\w{0,62}$`)

// check judges a kind file and compiles its schema.
func (k *Kinds) check(n *Kind) *fieldError {
	bad := func(message string, path ...string) *fieldError { return &fieldError{path: path, message: message} }
	switch {
	case !isKind(n.Kind):
		return bad("kind must be a name such as Gadget: letters and digits, at most 63.", "kind")
	case len(n.APIVersions) == 0:
		return bad("apiVersions must name at least one, such as example.com/v1.", "apiVersions")
	}
	for i, v := range n.APIVersions {
		if !isAPIVersion(v) || groupOf(v) != groupOf(n.APIVersions[0]) {
			return bad(fmt.Sprintf("apiVersions holds %q; each must be of one group, such as example.com/v1.", v), "apiVersions", fmt.Sprint(i))
		}
		if r, ours := ruleOf(v, n.Kind); ours {
			return bad(fmt.Sprintf("%s is a kind of the format itself and cannot be described anew.", r.name), "kind")
		}
	}
	for i, r := range n.Relations {
		if fe := k.checkRelation(r, fmt.Sprint(i)); fe != nil {
			return fe
		}
	}
	if n.Schema == nil {
		return nil
	}
	compiled, err := compileSchema(n.Schema)
	if err != nil {
		return bad("The schema is no JSON Schema: "+err.Error()+".", "schema")
	}
	n.compiled = compiled
	return nil
}

func (k *Kinds) checkRelation(r KindRelation, i string) *fieldError {
	bad := func(message, field string) *fieldError {
		return &fieldError{path: []string{"relations", i, field}, message: message}
	}
	known, ours := inverse[r.Relation]
	if !ours {
		known = k.inverses[r.Relation]
	}
	switch {
	case r.Field == "" || strings.Contains("."+r.Field+".", ".."):
		return bad("field must name a field of spec, such as cluster or deploy.cluster.", "field")
	case !relationName.MatchString(r.Relation):
		return bad("relation must be a name such as runsOn.", "relation")
	case r.Inverse == "" && known == "":
		return bad("inverse is missing: how is "+r.Relation+" called from the other end?", "relation")
	case r.Inverse != "" && known != "" && r.Inverse != known:
		return bad(fmt.Sprintf("The inverse of %s is %s already.", r.Relation, known), "inverse")
	case r.Inverse != "" && !relationName.MatchString(r.Inverse):
		return bad("inverse must be a name such as hosts.", "inverse")
	case !ours && known == "" && (inverse[r.Inverse] != "" || k.inverses[r.Inverse] != ""):
		return bad(fmt.Sprintf("%s is the inverse of another relation already.", r.Inverse), "inverse")
	case r.DefaultKind != "" && !isKind(r.DefaultKind):
		return bad("defaultKind must be the name of a kind.", "defaultKind")
	}
	return nil
}

// noLoader keeps schemas from reading anything else.
type noLoader struct{}

// Load refuses every address.
func (noLoader) Load(address string) (any, error) {
	return nil, fmt.Errorf("it names %s; a schema may refer to itself only", address)
}

func compileSchema(schema map[string]any) (*jsonschema.Schema, error) {
	raw, err := json.Marshal(schema)
	if err != nil {
		return nil, errors.New("it holds values that JSON has not")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	c.AssertFormat()
	const address = "waymark:/kind"
	if err := c.AddResource(address, doc); err != nil {
		return nil, plainError(err)
	}
	compiled, err := c.Compile(address)
	return compiled, plainError(err)
}

// plainError puts a message of several lines on one.
func plainError(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimSuffix(strings.Join(strings.Fields(err.Error()), " "), "."))
}
