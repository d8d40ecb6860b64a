package apidef

import "strings"

// protobuf shows one file of protobuf's own language.
type protobuf struct {
	d     *Definition
	pkg   string
	known map[string]bool // messages and enums by their name in the file, nested ones with dots
}

func (d *Definition) readProto(text string) {
	d.Format = "Protocol buffers"
	file, f := parseProto(text)
	if f != nil {
		d.Faults = append(d.Faults, *f)
		return
	}
	if file.syntax != "" {
		d.Format += ", " + cut(file.syntax, 20)
	}
	p := &protobuf{d: d, pkg: cut(file.pkg, 200), known: map[string]bool{}}
	d.fact("Package", p.pkg, "")
	for _, name := range file.imports {
		d.fact("Imports", name, "")
	}
	p.know(file.types, "")
	for _, s := range file.services {
		p.service(s)
	}
	p.types(file.types, "")
	if d.Total == 0 {
		d.fault(0, "It defines no service and no message.")
	}
}

// know collects the names of all messages and enums.
func (p *protobuf) know(list []protoBlock, prefix string) {
	for _, b := range list {
		p.known[prefix+b.name] = true
		p.know(b.inner, prefix+b.name+".")
	}
}

// link finds the item of a type as it is named inside a message.
func (p *protobuf) link(name, within string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "."), p.pkg+".")
	for {
		if p.known[within+name] {
			return "type:" + within + name
		}
		if within == "" {
			return ""
		}
		within = strings.TrimSuffix(within, ".")
		within = within[:strings.LastIndexByte(within, '.')+1]
	}
}

func (p *protobuf) service(s protoBlock) {
	group := strings.TrimPrefix(p.pkg+"."+s.name, ".")
	for _, m := range s.fields {
		p.d.add(group, Item{ID: s.name + "." + m.name, Verb: "rpc", Name: m.name, Summary: m.text, Deprecated: m.deprecated || s.deprecated, Line: m.line}, func() []Part {
			var parts []Part
			if m.text != "" {
				parts = append(parts, Part{Text: m.text})
			}
			return append(parts, Part{Title: "Call", Rows: []Row{
				{Name: "takes", Type: cut(m.kind, 200), Link: p.link(m.link, "")},
				{Name: "returns", Type: cut(m.returns, 200), Link: p.link(m.returnsLink, "")},
			}})
		})
	}
	for i := range p.d.Groups {
		if p.d.Groups[i].Name == group {
			p.d.Groups[i].Text = oneLine(s.text)
		}
	}
}

// types adds messages and enums with those inside them.
func (p *protobuf) types(list []protoBlock, prefix string) {
	for _, b := range list {
		name, group, title := prefix+b.name, "Messages", "Fields"
		if b.kind == "enum" {
			group, title = "Enums", "Values"
		}
		p.d.add(group, Item{ID: "type:" + name, Verb: b.kind, Name: name, Summary: b.text, Deprecated: b.deprecated, Line: b.line}, func() []Part {
			part := Part{Title: title, Text: b.text}
			p.fields(&part, b.fields, name+".", 0)
			return []Part{part}
		})
		p.types(b.inner, name+".")
	}
}

// fields writes the fields of a message, those of a oneof below its name.
func (p *protobuf) fields(part *Part, list []protoField, within string, depth int) {
	for _, f := range list {
		if len(part.Rows) >= maxRows {
			part.More++
			continue
		}
		name := cut(f.name, 200)
		if f.number != "" {
			name += " = " + cut(f.number, 20)
		}
		part.Rows = append(part.Rows, Row{Depth: depth, Name: name, Type: cut(f.kind, 200), Link: p.link(f.link, within), Text: f.text, Required: f.required, Deprecated: f.deprecated})
		p.fields(part, f.oneof, within, depth+1)
	}
}
