package apidef

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// readMCP reads an MCP server: its remotes, and its tools, prompts and
// resources where the file or a definition in JSON gives them.
func (d *Definition) readMCP(in Input) {
	d.Format = "MCP server"
	text, err := yaml.Marshal(in.Spec)
	if err != nil {
		d.fault(0, "The spec could not be read.")
		return
	}
	spec, f := decode(string(text))
	if f != nil {
		d.Faults = append(d.Faults, *f)
		return
	}
	sources := []*node{spec}
	if strings.TrimSpace(in.Text) != "" {
		more, f := decode(in.Text)
		if f != nil {
			d.Faults = append(d.Faults, *f)
		}
		sources = append(sources, more)
	}
	for _, n := range sources {
		d.mcp(n)
	}
}

func (d *Definition) mcp(n *node) {
	if d.Title == "" {
		d.Title, d.Version = cut(n.get("title").str(), 200), cut(n.get("version").str(), 60)
	}
	for _, r := range n.get("remotes").list() {
		d.fact("Remote", strings.TrimSpace(r.get("url").str()+" ("+r.get("type").str()+")"), r.get("url").str())
	}
	for _, p := range n.get("packages").list() {
		d.fact("Package", strings.TrimSpace(p.get("identifier").str()+" "+p.get("version").str()), "")
	}
	p := pointers{root: n, link: func(string) string { return "" }}
	for _, list := range []struct{ key, group, verb string }{{"tools", "Tools", "tool"}, {"prompts", "Prompts", "prompt"}, {"resources", "Resources", "resource"}} {
		for _, t := range n.get(list.key).list() {
			name := t.get("name").str()
			if name == "" {
				name = t.get("uri").str()
			}
			d.add(list.group, Item{ID: list.verb + ":" + name, Verb: list.verb, Name: name, Summary: t.get("description").str(), Line: t.at()}, func() []Part { return toolParts(p, t) })
		}
	}
}

func toolParts(p pointers, t *node) []Part {
	var out []Part
	if s := strings.TrimSpace(t.get("description").str()); s != "" {
		out = append(out, Part{Text: cut(s, 20_000)})
	}
	for _, in := range []struct{ key, title string }{{"inputSchema", "Input"}, {"outputSchema", "Output"}} {
		if s := t.get(in.key); s != nil {
			part := Part{Title: in.title, Note: p.typeOf(s)}
			p.root = s
			p.unfold(&part, s)
			out = append(out, part)
		}
	}
	args := Part{Title: "Arguments"}
	for _, a := range t.get("arguments").list() {
		args.Rows = append(args.Rows, Row{Name: cut(a.get("name").str(), 200), Type: "text", Text: textOf(a), Required: a.get("required").yes()})
	}
	if len(args.Rows) > 0 {
		args.Rows = args.Rows[:min(len(args.Rows), maxRows)]
		out = append(out, args)
	}
	return out
}
