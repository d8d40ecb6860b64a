package apidef

import (
	"fmt"
	"strings"
)

// openAPI reads OpenAPI 3.0 and 3.1, and 2 (Swagger).
type openAPI struct {
	pointers
	d   *Definition
	two bool
}

func newOpenAPI(d *Definition, root *node, two bool) *openAPI {
	o := &openAPI{d: d, two: two}
	o.pointers = pointers{root: root, link: o.schemaID}
	return o
}

const (
	schemasThree = "#/components/schemas/"
	schemasTwo   = "#/definitions/"
)

// schemaID is the item of a referenced schema.
func (o *openAPI) schemaID(ref string) string {
	for _, prefix := range []string{schemasThree, schemasTwo} {
		if name, ok := strings.CutPrefix(ref, prefix); ok && !strings.Contains(name, "/") {
			return schemaID(refName(name))
		}
	}
	return ""
}

func schemaID(name string) string { return "schema:" + name }

// verbs are the methods of a path, as keys.
var verbs = map[string]bool{"get": true, "put": true, "post": true, "delete": true, "options": true, "head": true, "patch": true, "trace": true, "query": true}

func (o *openAPI) read() {
	version := o.root.get("openapi").str()
	o.d.Format = "OpenAPI " + cut(version, 20)
	if o.two {
		o.d.Format = "OpenAPI " + cut(o.root.get("swagger").str(), 20) + " (Swagger)"
	}
	o.d.info(o.root.get("info"))
	o.servers()
	o.schemes()
	for _, tag := range o.root.get("tags").list() {
		if name := tag.get("name").str(); name != "" {
			o.d.Groups = append(o.d.Groups, Group{Name: cut(name, 100), Text: oneLine(tag.get("description").str())})
		}
	}
	o.paths(o.root.get("paths"), "")
	o.paths(o.root.get("webhooks"), "Webhooks")
	o.schemas()
	if o.d.Total == 0 && len(o.d.Faults) == 0 {
		o.d.fault(0, "It names no path and no schema.")
	}
}

// info is the same in OpenAPI and AsyncAPI.
func (d *Definition) info(n *node) {
	d.Title, d.Version = cut(n.get("title").str(), 200), cut(n.get("version").str(), 60)
	d.Text = cut(strings.TrimSpace(n.get("description").str()), 20_000)
	if c := n.get("contact"); c != nil {
		d.fact("Contact", strings.TrimSpace(c.get("name").str()+" "+c.get("email").str()), c.get("url").str())
	}
	if l := n.get("license"); l != nil {
		d.fact("Licence", l.get("name").str(), l.get("url").str())
	}
	d.fact("Terms", n.get("termsOfService").str(), n.get("termsOfService").str())
}

// fact notes one thing about the whole, when there is something to say.
func (d *Definition) fact(key, value, url string) {
	const most = 40
	if value == "" {
		value = url
	}
	if value != "" && len(d.Facts) < most {
		d.Facts = append(d.Facts, Fact{Key: key, Value: cut(value, 300), URL: web(url)})
	}
}

func (o *openAPI) servers() {
	if o.two {
		host, base := o.root.get("host").str(), o.root.get("basePath").str()
		for _, s := range o.root.get("schemes").list() {
			o.d.fact("Server", s.str()+"://"+host+base, s.str()+"://"+host+base)
		}
		if len(o.root.get("schemes").list()) == 0 {
			o.d.fact("Server", host+base, "")
		}
		return
	}
	for _, s := range o.root.get("servers").list() {
		value := s.get("url").str()
		if t := oneLine(s.get("description").str()); t != "" {
			value += " (" + t + ")"
		}
		o.d.fact("Server", value, s.get("url").str())
	}
}

// server is the first address, for examples.
func (o *openAPI) server() string {
	for _, f := range o.d.Facts {
		if f.Key == "Server" && f.URL != "" {
			return strings.TrimSuffix(f.URL, "/")
		}
	}
	return "https://server.example"
}

func (o *openAPI) schemes() {
	list := o.root.get("components").get("securitySchemes")
	if o.two {
		list = o.root.get("securityDefinitions")
	}
	list.each(func(name string, n *node) { o.d.fact("Signing in", name+": "+schemeText(o.resolve(n)), "") })
}

// schemeText says in words how one signs in.
func schemeText(s *node) string {
	where := s.get("in").str()
	switch kind := s.get("type").str(); kind {
	case "apiKey":
		return "a key in the " + where + " " + s.get("name").str()
	case "http":
		word := "HTTP " + s.get("scheme").str()
		if f := s.get("bearerFormat").str(); f != "" {
			word += " (" + f + ")"
		}
		return word
	case "basic":
		return "HTTP basic"
	case "oauth2":
		var flows []string
		s.get("flows").each(func(k string, _ *node) { flows = append(flows, k) })
		if f := s.get("flow").str(); f != "" {
			flows = append(flows, f)
		}
		return "OAuth 2 " + strings.Join(flows, ", ")
	case "openIdConnect":
		return "OpenID Connect at " + s.get("openIdConnectUrl").str()
	case "mutualTLS":
		return "a client certificate"
	default:
		return kind
	}
}

// paths adds the operations of paths or webhooks; group replaces their tags.
func (o *openAPI) paths(paths *node, group string) {
	paths.each(func(path string, item *node) {
		known := o.resolve(item)
		if known == nil && item.get("$ref") != nil {
			o.d.fault(item.at(), "The path %s stands in another file, which is not read.", cut(path, 100))
			return
		}
		shared := known.get("parameters")
		known.each(func(verb string, op *node) {
			if !verbs[verb] || op == nil || op.kind != mapping {
				return
			}
			in := group
			if in == "" {
				in = "Operations"
				if tags := op.get("tags").list(); len(tags) > 0 && tags[0].str() != "" {
					in = cut(tags[0].str(), 100)
				}
			}
			id := op.get("operationId").str()
			if id == "" {
				id = verb + " " + path
			}
			it := Item{ID: id, Verb: strings.ToUpper(verb), Name: path, Summary: op.get("summary").str(), Deprecated: op.get("deprecated").yes(), Line: op.at()}
			if it.Summary == "" {
				it.Summary = op.get("description").str()
			}
			o.d.add(in, it, func() []Part { return o.operation(it, op, shared) })
		})
	})
}

func (o *openAPI) schemas() {
	list := o.root.get("components").get("schemas")
	if o.two {
		list = o.root.get("definitions")
	}
	list.each(func(name string, s *node) {
		o.d.add("Schemas", Item{ID: schemaID(refName(name)), Verb: "schema", Name: name, Summary: s.get("description").str(), Deprecated: s.get("deprecated").yes(), Line: s.at()},
			func() []Part { return o.schemaParts(s) })
	})
}

// operation is all that is known of one.
func (o *openAPI) operation(it Item, op, shared *node) []Part {
	var parts []Part
	if t := strings.TrimSpace(op.get("description").str()); t != "" && t != it.Summary {
		parts = append(parts, Part{Text: cut(t, 20_000)})
	}
	params := o.parameters(op, shared)
	if p := o.fields(params); len(p.Rows) > 0 {
		parts = append(parts, p)
	}
	parts = append(parts, o.bodies(op, params)...)
	op.get("responses").each(func(code string, r *node) { parts = append(parts, o.response(code, o.resolve(r))...) })
	if t := o.security(op); t != "" {
		parts = append(parts, Part{Title: "Signing in", Text: t})
	}
	op.get("callbacks").each(func(name string, c *node) {
		o.resolve(c).each(func(url string, _ *node) {
			parts = append(parts, Part{Title: "Calls back", Text: cut(name, 100) + " at " + cut(url, 300)})
		})
	})
	parts = append(parts, Part{Title: "From a shell", Code: o.curl(it, parts)})
	const most = 60
	return parts[:min(len(parts), most)]
}

// parameters are those of the operation, then those of its path that it does
// not replace.
func (o *openAPI) parameters(op, shared *node) []*node {
	const most = 200
	var out []*node
	have := map[string]bool{}
	for _, list := range []*node{op.get("parameters"), shared} {
		for _, p := range list.list() {
			known := o.resolve(p)
			key := known.get("in").str() + " " + known.get("name").str()
			if known != nil && !have[key] && len(out) < most {
				have[key] = true
				out = append(out, known)
			}
		}
	}
	return out
}

func (o *openAPI) fields(params []*node) Part {
	p := Part{Title: "Parameters"}
	for _, n := range params {
		in := n.get("in").str()
		if in == "body" {
			continue
		}
		schema := n.get("schema")
		if schema == nil {
			schema = n // version 2, or a content
			n.get("content").each(func(_ string, c *node) { schema = c.get("schema") })
		}
		text := textOf(n)
		if schema != n {
			text = sentences(text, textOf(withoutText(o.resolve(schema))))
		}
		p.Rows = append(p.Rows, Row{Name: cut(n.get("name").str(), 200), Type: o.typeOf(schema) + ", in " + cut(in, 20), Link: o.linkTo(schema), Text: text,
			Required: n.get("required").yes(), Deprecated: n.get("deprecated").yes()})
	}
	return p
}

// withoutText leaves the bounds of a schema, whose description the parameter
// has said already.
func withoutText(s *node) *node {
	if s == nil || s.kind != mapping {
		return nil
	}
	out := &node{kind: mapping}
	for i, k := range s.keys {
		if k != "description" {
			out.keys, out.vals = append(out.keys, k), append(out.vals, s.vals[i])
		}
	}
	return out
}

func (o *openAPI) bodies(op *node, params []*node) []Part {
	for _, n := range params {
		if n.get("in").str() == "body" {
			p := Part{Title: "Body", Note: strings.TrimSpace(media(op.get("consumes"), o.root.get("consumes")) + " " + o.typeOf(n.get("schema"))), Text: cut(n.get("description").str(), 2000)}
			o.unfold(&p, n.get("schema"))
			return []Part{p}
		}
	}
	body := o.resolve(op.get("requestBody"))
	return o.contents("Body", cut(body.get("description").str(), 2000), body.get("content"))
}

// media is the first media type of a list of version 2.
func media(lists ...*node) string {
	for _, l := range lists {
		if items := l.list(); len(items) > 0 {
			return cut(items[0].str(), 100)
		}
	}
	return ""
}

// contents are the forms of a body or response, the first few.
func (o *openAPI) contents(title, text string, content *node) []Part {
	const most = 4
	var out []Part
	content.each(func(kind string, m *node) {
		if len(out) >= most {
			return
		}
		p := Part{Title: title, Note: strings.TrimSpace(cut(kind, 100) + " " + o.typeOf(m.get("schema"))), Text: text}
		o.unfold(&p, m.get("schema"))
		out = append(out, p)
		if len(out) == 1 {
			out = append(out, examples(m)...)
		}
	})
	if len(out) == 0 && text != "" {
		out = append(out, Part{Title: title, Text: text})
	}
	return out
}

func (o *openAPI) response(code string, r *node) []Part {
	title := "Answer " + cut(code, 20)
	if code == "default" {
		title = "Any other answer"
	}
	text := cut(r.get("description").str(), 2000)
	var names []string
	r.get("headers").each(func(name string, _ *node) { names = append(names, cut(name, 60)) })
	if len(names) > 0 {
		text = sentences(text, "Headers: "+strings.Join(names[:min(len(names), 20)], ", ")+".")
	}
	if s := r.get("schema"); o.two && s != nil {
		p := Part{Title: title, Note: o.typeOf(s), Text: text}
		o.unfold(&p, s)
		return []Part{p}
	}
	return o.contents(title, text, r.get("content"))
}

// security says what one must have to call an operation.
func (o *openAPI) security(op *node) string {
	list := op.get("security")
	if list == nil {
		list = o.root.get("security")
	}
	if list != nil && len(list.list()) == 0 {
		return "Nothing is needed."
	}
	var ways []string
	for _, way := range list.list() {
		var needs []string
		way.each(func(name string, scopes *node) {
			var s []string
			for _, scope := range scopes.list() {
				s = append(s, cut(scope.str(), 80))
			}
			if len(s) > 0 {
				name = fmt.Sprintf("%s with %s", name, strings.Join(s, ", "))
			}
			needs = append(needs, cut(name, 300))
		})
		if len(needs) == 0 {
			needs = []string{"nothing"}
		}
		ways = append(ways, strings.Join(needs, " and "))
	}
	return strings.Join(ways, ", or ")
}

// curl is a command that calls the operation. Everything in it stands between
// single quotes, since whoever wrote the definition chose it.
func (o *openAPI) curl(it Item, parts []Part) string {
	var b strings.Builder
	b.WriteString("curl")
	if it.Verb != "GET" {
		b.WriteString(" -X " + it.Verb)
	}
	b.WriteString(" " + shell(o.server()+it.Name))
	for _, p := range parts {
		if p.Title == "Body" {
			kind, _, _ := strings.Cut(p.Note, " ")
			b.WriteString(" \\\n  -H " + shell("Content-Type: "+kind) + " \\\n  -d @body")
			break
		}
	}
	return b.String()
}

// shell quotes a text for a shell and drops what a terminal would act on.
func shell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r > 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
