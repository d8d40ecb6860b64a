package apidef

import (
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxTokens bounds a GraphQL schema.
const maxTokens = 1_000_000

// graphQL reads a schema in GraphQL's own language.
type graphQL struct {
	d     *Definition
	text  string
	types map[string]bool
}

func (d *Definition) readGraphQL(text string) {
	d.Format = "GraphQL"
	if tooDeep(text) {
		d.fault(0, "The definition is nested deeper than %d levels, so it is not drawn.", maxDeep)
		return
	}
	doc, err := parser.ParseSchemaWithLimit(&ast.Source{Name: "definition", Input: text}, maxTokens)
	if err != nil {
		f := Fault{Message: "It is no GraphQL schema: " + strings.TrimSuffix(err.Error(), ".") + "."}
		if ge := (*gqlerror.Error)(nil); errors.As(err, &ge) {
			f.Message = "It is no GraphQL schema: " + strings.TrimSuffix(cut(ge.Message, 300), ".") + "."
			if len(ge.Locations) > 0 {
				f.Line = ge.Locations[0].Line
			}
		}
		d.Faults = append(d.Faults, f)
		return
	}
	g := &graphQL{d: d, text: text, types: map[string]bool{}}
	all := append(append(ast.DefinitionList{}, doc.Definitions...), doc.Extensions...)
	for _, def := range all {
		g.types[def.Name] = true
	}
	roots := rootTypes(doc)
	for _, group := range graphQLGroups {
		for _, def := range all {
			root, isRoot := roots[def.Name]
			switch {
			case isRoot && root == group.name:
				g.operations(group.name, def)
			case !isRoot && group.kind == def.Kind:
				g.definition(group.name, group.verb, def)
			}
		}
	}
	for _, dir := range doc.Directives {
		g.directive(dir)
	}
	if d.Total == 0 {
		d.fault(0, "It defines no type.")
	}
}

var graphQLGroups = []struct {
	name, verb string
	kind       ast.DefinitionKind
}{
	{"Queries", "query", ""}, {"Mutations", "mutation", ""}, {"Subscriptions", "subscription", ""},
	{"Types", "type", ast.Object}, {"Inputs", "input", ast.InputObject}, {"Interfaces", "interface", ast.Interface},
	{"Unions", "union", ast.Union}, {"Enums", "enum", ast.Enum}, {"Scalars", "scalar", ast.Scalar},
}

// rootTypes says of which group the fields of a type are.
func rootTypes(doc *ast.SchemaDocument) map[string]string {
	group := map[ast.Operation]string{ast.Query: "Queries", ast.Mutation: "Mutations", ast.Subscription: "Subscriptions"}
	out := map[string]string{}
	for _, s := range append(append(ast.SchemaDefinitionList{}, doc.Schema...), doc.SchemaExtension...) {
		for _, op := range s.OperationTypes {
			out[op.Type] = group[op.Operation]
		}
	}
	if len(out) == 0 {
		out = map[string]string{"Query": "Queries", "Mutation": "Mutations", "Subscription": "Subscriptions"}
	}
	return out
}

func line(p *ast.Position) int {
	if p == nil {
		return 0
	}
	return p.Line
}

// operations adds the fields of a root type.
func (g *graphQL) operations(group string, def *ast.Definition) {
	verb := map[string]string{"Queries": "query", "Mutations": "mutation", "Subscriptions": "subscription"}[group]
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		g.d.add(group, Item{ID: verb + ":" + f.Name, Verb: verb, Name: f.Name, Summary: f.Description, Deprecated: isDeprecated(f.Directives), Line: line(f.Position)}, func() []Part {
			var parts []Part
			if f.Description != "" {
				parts = append(parts, Part{Text: cut(f.Description, 20_000)})
			}
			if p := (Part{Title: "Arguments", Rows: g.arguments(f.Arguments)}); len(p.Rows) > 0 {
				parts = append(parts, p)
			}
			return append(parts, Part{Title: "Answer", Rows: []Row{{Name: "returns", Type: f.Type.String(), Link: g.link(f.Type.Name()), Text: deprecation(f.Directives)}}})
		})
	}
}

func (g *graphQL) arguments(list ast.ArgumentDefinitionList) []Row {
	var out []Row
	for _, a := range list[:min(len(list), maxRows)] {
		text := a.Description
		if a.DefaultValue != nil {
			text = strings.TrimSpace(text + " Default " + cut(a.DefaultValue.String(), 100) + ".")
		}
		out = append(out, Row{Name: cut(a.Name, 200), Type: cut(a.Type.String(), 200), Link: g.link(a.Type.Name()), Text: cut(text, 1000), Required: a.Type.NonNull && a.DefaultValue == nil, Deprecated: isDeprecated(a.Directives)})
	}
	return out
}

func (g *graphQL) link(name string) string {
	if g.types[name] {
		return "type:" + name
	}
	return ""
}

// definition adds a type. What extends it is an item of its own.
func (g *graphQL) definition(group, verb string, def *ast.Definition) {
	g.d.add(group, Item{ID: "type:" + def.Name, Verb: verb, Name: def.Name, Summary: def.Description, Deprecated: isDeprecated(def.Directives), Line: line(def.Position)}, func() []Part {
		p := Part{Title: "Fields", Text: cut(def.Description, 20_000)}
		for _, f := range def.Fields {
			text := strings.TrimSpace(f.Description + " " + deprecation(f.Directives))
			if args := f.Arguments; len(args) > 0 {
				text = strings.TrimSpace(text + " Arguments: " + argumentNames(args) + ".")
			}
			if len(p.Rows) >= maxRows {
				p.More++
				continue
			}
			p.Rows = append(p.Rows, Row{Name: cut(f.Name, 200), Type: cut(f.Type.String(), 200), Link: g.link(f.Type.Name()), Text: cut(text, 1000), Required: f.Type.NonNull, Deprecated: isDeprecated(f.Directives)})
		}
		for _, v := range def.EnumValues[:min(len(def.EnumValues), maxRows)] {
			p.Title = "Values"
			p.Rows = append(p.Rows, Row{Name: cut(v.Name, 200), Text: cut(strings.TrimSpace(v.Description+" "+deprecation(v.Directives)), 1000), Deprecated: isDeprecated(v.Directives)})
		}
		for _, t := range def.Types[:min(len(def.Types), maxRows)] {
			p.Title = "One of"
			p.Rows = append(p.Rows, Row{Name: cut(t, 200), Link: g.link(t)})
		}
		parts := []Part{p}
		for _, name := range def.Interfaces[:min(len(def.Interfaces), 40)] {
			parts = append(parts, Part{Title: "Implements", Rows: []Row{{Name: cut(name, 200), Link: g.link(name)}}})
		}
		return parts
	})
}

func argumentNames(list ast.ArgumentDefinitionList) string {
	var out []string
	for _, a := range list[:min(len(list), 12)] {
		out = append(out, cut(a.Name, 60)+" "+cut(a.Type.String(), 60))
	}
	return strings.Join(out, ", ")
}

func (g *graphQL) directive(dir *ast.DirectiveDefinition) {
	g.d.add("Directives", Item{ID: "directive:" + dir.Name, Verb: "directive", Name: "@" + dir.Name, Summary: dir.Description, Line: line(dir.Position)}, func() []Part {
		var where []string
		for _, l := range dir.Locations {
			where = append(where, strings.ToLower(strings.ReplaceAll(string(l), "_", " ")))
		}
		return []Part{{Title: "Arguments", Text: cut(dir.Description+" Stands at "+strings.Join(where, ", ")+".", 2000), Rows: g.arguments(dir.Arguments)}}
	})
}

func isDeprecated(list ast.DirectiveList) bool { return list.ForName("deprecated") != nil }

// deprecation is the reason of a deprecated field.
func deprecation(list ast.DirectiveList) string {
	d := list.ForName("deprecated")
	if d == nil {
		return ""
	}
	if a := d.Arguments.ForName("reason"); a != nil && a.Value != nil {
		return "Deprecated: " + cut(a.Value.Raw, 300)
	}
	return "Deprecated."
}
