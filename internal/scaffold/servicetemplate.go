package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/expr/gotext"
	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// ServiceTemplateVersion is what files of the kind ServiceTemplate begin with.
const ServiceTemplateVersion = "platform.dev/v1"

// serviceTemplate is a file of the kind ServiceTemplate.
type serviceTemplate struct {
	params    []serviceParam
	resources []serviceResource
	workflows []any
	notes     []string
}

type serviceParam struct {
	name     string
	required bool
	schema   map[string]any
}

// serviceResource is one resource: text to render, or what the platform adds
// by itself.
type serviceResource struct {
	kind, template, condition string
	includes                  []string
	line                      int
}

// variable is the name of a value in Go-template text.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func compileServiceTemplate(_ *strictyaml.Doc, root strictyaml.Node) compiled {
	spec := root.Get("spec")
	if !spec.Object("parameters", "resources", "workflows", "owner", "type", "lifecycle", "version", "description") {
		return compiled{}
	}
	s := serviceTemplate{}
	for _, n := range spec.Get("parameters").List() {
		s.param(n)
	}
	for _, n := range spec.Get("resources").List() {
		s.resource(n)
	}
	for _, n := range spec.Get("workflows").List() {
		s.workflow(n)
	}
	if len(s.resources) == 0 {
		spec.Get("resources").Fail("required", "A service template needs resources.")
	}
	return s.compiled(root, spec)
}

func (s *serviceTemplate) param(n strictyaml.Node) {
	if !n.Object("name", "type", "required", "values", "default", "description", "title") {
		return
	}
	p := serviceParam{name: n.Get("name").Match(variable, "use letters, digits and underscores, beginning with a letter"), required: n.Get("required").Bool()}
	if slices.ContainsFunc(s.params, func(q serviceParam) bool { return q.name == p.name }) {
		n.Get("name").Fail("twice", "There are two parameters %q.", p.name)
	}
	p.schema = map[string]any{"type": "string", "title": either(n.Get("title").Text(), words(p.name)), "maxLength": 500}
	kind, values := n.Get("type").OneOf("string", "enum"), n.Get("values")
	var list []any
	for _, v := range values.List() {
		if w := v.Word(); slices.Contains(list, any(w)) {
			v.Fail("twice", "%q stands here twice.", w)
		} else {
			list = append(list, w)
		}
	}
	switch {
	case kind == "enum" && len(list) == 0:
		values.Fail("required", "An enum needs values.")
	case kind == "string" && values.Here():
		values.Fail("type", "Only an enum has values.")
	case kind == "enum":
		p.schema["enum"] = list
	}
	if d := n.Get("default"); d.Here() {
		p.schema["default"] = d.Word()
		if kind == "enum" && len(list) > 0 && !slices.Contains(list, any(d.Word())) {
			d.Fail("value", "%.60q is not one of the values.", d.Word())
		}
	}
	if h := n.Get("description").Text(); h != "" {
		p.schema["ui:help"] = h
	}
	s.params = append(s.params, p)
}

// words is a name for people: cost_center is Cost center.
func words(name string) string {
	s := strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	if s == "" {
		return name
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (s *serviceTemplate) resource(n strictyaml.Node) {
	if !n.Object("type", "template", "automatic", "includes", "condition", "name") {
		return
	}
	r := serviceResource{kind: n.Get("type").Need(), template: n.Get("template").Text(), condition: n.Get("condition").Text(), line: n.Line()}
	automatic := n.Get("automatic").Bool()
	for _, x := range n.Get("includes").List() {
		w := x.Need()
		if _, ok := includes[includeName(w)]; !ok && w != "" {
			s.notes = append(s.notes, fmt.Sprintf("%s includes %q, which Waymark does not make.", r.kind, w))
			continue
		}
		r.includes = append(r.includes, includeName(w))
	}
	switch {
	case r.template == "" && !automatic && len(r.includes) == 0:
		n.Get("template").Fail("required", "A resource needs a template, or automatic: true with includes.")
	case automatic && r.template == "" && len(n.Get("includes").List()) == 0:
		if _, ok := includes[includeName(r.kind)]; ok {
			r.includes = []string{includeName(r.kind)}
		} else {
			n.Get("includes").Fail("required", "Nothing is known of %q that could be made by itself; say what it includes: %s.", r.kind, strings.Join(includeNames(), ", "))
		}
	}
	s.compileText(n.Get("template"), r.template, false)
	s.compileText(n.Get("condition"), r.condition, true)
	s.resources = append(s.resources, r)
}

// compileText finds what is wrong with Go-template text while the file is
// read, at its line.
func (s *serviceTemplate) compileText(n strictyaml.Node, text string, condition bool) {
	if text == "" {
		return
	}
	compile := gotext.Compile
	if condition {
		compile = gotext.CompileCondition
	}
	line := n.Line()
	if n.Raw() != nil && strings.Contains(n.Raw().Value, "\n") {
		line++ // a block begins below its key
	}
	if _, err := compile(text, expr.Options{Line: line, Strict: true}); err != nil {
		n.Fail("template", "%s", err)
	}
}

func (s *serviceTemplate) workflow(n strictyaml.Node) {
	if !n.Object("name", "steps", "description") {
		return
	}
	w := map[string]any{"name": n.Get("name").Need()}
	var steps []any
	for _, x := range n.Get("steps").List() {
		if x.Raw() != nil && len(x.Raw().Content) > 0 {
			if x.Object("name", "run", "description") {
				step := map[string]any{"name": x.Get("name").Need()}
				if run := x.Get("run").Text(); run != "" {
					step["run"] = run
				}
				steps = append(steps, step)
			}
			continue
		}
		steps = append(steps, x.Need())
	}
	if len(steps) == 0 {
		n.Get("steps").Fail("required", "A workflow needs steps.")
	}
	w["steps"] = steps
	s.workflows = append(s.workflows, w)
}

// has returns the parameter that plays a part, by its usual names.
func (s *serviceTemplate) has(names ...string) string {
	for _, name := range names {
		for _, p := range s.params {
			if p.name == name && p.schema["enum"] == nil {
				return name
			}
		}
	}
	return ""
}
