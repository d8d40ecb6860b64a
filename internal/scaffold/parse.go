package scaffold

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
)

// APIVersion is what template files begin with.
const APIVersion = "scaffolder.backstage.io/v1beta3"

// Parse reads a template file. file is its name in files, the folder with
// what its steps fetch. What is wrong is fault Invalid with field and line.
func Parse(text []byte, file string, files fs.FS) (*Template, error) {
	return parse(text, file, files, "")
}

// parse reads the template of that name from a file with several documents;
// without a name the first template.
func parse(text []byte, file string, files fs.FS, name string) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, bad(file, 0, "", "The file is larger than 2 MB.")
	}
	dec := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return nil, bad(file, 0, "", "The file holds no such template.")
		case err != nil:
			return nil, bad(file, 0, "", "This is not valid YAML: "+strings.TrimPrefix(err.Error(), "yaml: ")+".")
		case len(doc.Content) == 0:
			continue
		}
		root := doc.Content[0]
		if n := child(child(root, "metadata"), "name"); name != "" && (n == nil || !strings.EqualFold(n.Value, name)) {
			continue
		}
		return read(root, file, files)
	}
}

func read(root *yaml.Node, file string, files fs.FS) (*Template, error) {
	if t, ok, err := readKind(root, file, files); ok {
		return t, err
	}
	r := &reader{places: map[string]expr.Place{}}
	v, err := r.value(root, "", 0)
	if err != nil {
		return nil, bad(file, 0, "", err.Error())
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, bad(file, root.Line, "", "A template is an object with apiVersion, kind, metadata and spec.")
	}
	t := &Template{doc: body, file: file, files: files, places: r.places, Source: file}
	if err := t.envelope(); err != nil {
		return nil, err
	}
	if t.Pages, err = readPages(file, child(child(root, "spec"), "parameters")); err != nil {
		return nil, err
	}
	return t, t.readSteps()
}

func bad(file string, line int, field, message string) error {
	where := file
	if line > 0 {
		where = fmt.Sprintf("%s:%d", file, line)
	}
	return fault.InvalidField(field, "template", fmt.Sprintf("%s: %s", where, message))
}

func (t *Template) bad(path, message string) error {
	return bad(t.file, t.places[path].Line, path, message)
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

func object(m map[string]any, key string) map[string]any {
	o, _ := m[key].(map[string]any)
	return o
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// envelope reads everything but pages and steps.
func (t *Template) envelope() error {
	meta, spec := object(t.doc, "metadata"), object(t.doc, "spec")
	switch {
	case text(t.doc, "apiVersion") != APIVersion:
		return t.bad("apiVersion", "A template's apiVersion is "+APIVersion+".")
	case text(t.doc, "kind") != "Template":
		return t.bad("kind", "A template's kind is Template.")
	case text(meta, "name") == "":
		return t.bad("metadata.name", "A template needs metadata.name.")
	case spec == nil:
		return t.bad("spec", "A template needs spec.")
	}
	ns := text(meta, "namespace")
	if ns == "" {
		ns = catalog.DefaultNamespace
	}
	t.Ref = catalog.Ref{Kind: "template", Namespace: ns, Name: text(meta, "name")}.Canonical()
	t.Title, t.Description, t.Tags = text(meta, "title"), strings.TrimSpace(text(meta, "description")), texts(meta["tags"])
	if t.Title == "" {
		t.Title = text(meta, "name")
	}
	t.Owner, t.Type, t.Lifecycle, t.Version = text(spec, "owner"), text(spec, "type"), text(spec, "lifecycle"), text(spec, "version")
	if t.Version == "" {
		t.Version = "1"
	}
	t.Strict, _ = spec["strict"].(bool)
	t.Gets = texts(spec["gets"])
	t.TimeSaved = text(object(meta, "annotations"), "backstage.io/time-saved")
	t.Create = text(object(object(spec, "presentation"), "buttonLabels"), "createButtonText")
	t.Output = object(spec, "output")
	return nil
}

func (t *Template) readSteps() error {
	list, ok := object(t.doc, "spec")["steps"].([]any)
	if !ok || len(list) == 0 {
		return t.bad("spec.steps", "A template needs steps.")
	}
	seen := map[string]bool{}
	for i, x := range list {
		path := fmt.Sprintf("spec.steps[%d]", i)
		m, ok := x.(map[string]any)
		if !ok || text(m, "action") == "" {
			return t.bad(path, "A step needs an action.")
		}
		s := Step{ID: text(m, "id"), Name: text(m, "name"), Action: text(m, "action"), Input: m["input"], If: m["if"], Each: m["each"], Index: i,
			Tags: texts(object(m, "backstage:permissions")["tags"])}
		if s.ID == "" {
			s.ID = fmt.Sprintf("step-%d", i+1)
		}
		if s.Name == "" {
			s.Name = s.Action
		}
		if seen[s.ID] || s.ID == finish {
			return t.bad(path+".id", fmt.Sprintf("There are two steps with the id %q.", s.ID))
		}
		seen[s.ID] = true
		if actions[s.Action] == nil && !slices.Contains(t.Unsupported, s.Action) {
			t.Unsupported = append(t.Unsupported, s.Action)
		}
		t.Steps = append(t.Steps, s)
	}
	return nil
}

// readPages reads spec.parameters: one schema, or a list of them.
func readPages(file string, n *yaml.Node) ([]Page, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var out []Page
	for i, n := range nodes {
		r := &reader{places: map[string]expr.Place{}}
		v, err := r.value(n, "", 0)
		if err != nil {
			return nil, bad(file, n.Line, "spec.parameters", err.Error())
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil, bad(file, n.Line, fmt.Sprintf("spec.parameters[%d]", i), "A page of parameters is a JSON Schema.")
		}
		var b strings.Builder
		if err := r.ordered(&b, n, 0); err != nil {
			return nil, bad(file, n.Line, "spec.parameters", err.Error())
		}
		out = append(out, Page{Title: text(m, "title"), Description: strings.TrimSpace(text(m, "description")),
			Schema: json.RawMessage(b.String()), params: findParams(m, nil)})
	}
	return out, nil
}

// branches are the keys of a schema under which more properties may stand.
var branches = []string{"then", "else", "allOf", "oneOf", "anyOf", "dependencies", "dependentSchemas"}

// findParams lists the properties of a schema and of all its conditions.
func findParams(schema map[string]any, out []Param) []Param {
	for name, p := range object(schema, "properties") {
		m, _ := p.(map[string]any)
		if slices.ContainsFunc(out, func(q Param) bool { return q.Name == name }) {
			continue
		}
		q := Param{Name: name, Title: text(m, "title"), Field: text(m, "ui:field"), Options: object(m, "ui:options")}
		q.Default, q.hasDef = m["default"]
		q.Secret = q.Field == "Secret"
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	for _, key := range branches {
		switch v := schema[key].(type) {
		case map[string]any:
			if key == "then" || key == "else" {
				out = findParams(v, out)
				continue
			}
			for _, x := range v {
				if m, ok := x.(map[string]any); ok {
					out = findParams(m, out)
				}
			}
		case []any:
			for _, x := range v {
				if m, ok := x.(map[string]any); ok {
					out = findParams(m, out)
				}
			}
		}
	}
	return out
}
