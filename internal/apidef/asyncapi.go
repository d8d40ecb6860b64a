package apidef

import (
	"strings"
)

// asyncAPI reads AsyncAPI 2 and 3.
type asyncAPI struct {
	pointers
	d *Definition
}

func newAsyncAPI(d *Definition, root *node) *asyncAPI {
	a := &asyncAPI{d: d}
	a.pointers = pointers{root: root, link: a.itemOf}
	return a
}

// itemOf is the item of a referenced message or schema.
func (a *asyncAPI) itemOf(ref string) string {
	if name, ok := strings.CutPrefix(ref, schemasThree); ok && !strings.Contains(name, "/") {
		return schemaID(refName(name))
	}
	if name, ok := strings.CutPrefix(ref, "#/components/messages/"); ok && !strings.Contains(name, "/") {
		return "message:" + refName(name)
	}
	return ""
}

func (a *asyncAPI) read() {
	version := a.root.get("asyncapi").str()
	a.d.Format = "AsyncAPI " + cut(version, 20)
	a.d.info(a.root.get("info"))
	a.root.get("servers").each(func(name string, n *node) {
		n = a.resolve(n)
		address := n.get("url").str()
		if address == "" {
			address = n.get("host").str() + n.get("pathname").str()
		}
		a.d.fact("Server", name+": "+address+" ("+n.get("protocol").str()+")", "")
		for _, s := range n.get("security").list() {
			a.d.fact("Signing in", schemeText(a.resolve(s)), "")
		}
	})
	if strings.HasPrefix(version, "2") {
		a.channelsTwo()
	} else {
		a.operations()
		a.channels()
	}
	parts := a.root.get("components")
	parts.get("messages").each(func(name string, m *node) {
		known := a.resolve(m)
		a.d.add("Messages", Item{ID: "message:" + refName(name), Verb: "message", Name: name, Summary: messageText(known), Line: m.at()}, func() []Part { return a.message("", known) })
	})
	parts.get("schemas").each(func(name string, s *node) {
		a.d.add("Schemas", Item{ID: schemaID(refName(name)), Verb: "schema", Name: name, Summary: s.get("description").str(), Line: s.at()}, func() []Part { return a.schemaParts(s) })
	})
	if a.d.Total == 0 {
		a.d.fault(0, "It names no channel and no message.")
	}
}

func messageText(m *node) string {
	for _, key := range []string{"summary", "title", "description", "name"} {
		if t := m.get(key).str(); t != "" {
			return t
		}
	}
	return ""
}

// channelsTwo adds the channels of version 2: what one subscribes to and what
// one publishes.
func (a *asyncAPI) channelsTwo() {
	a.root.get("channels").each(func(name string, c *node) {
		c = a.resolve(c)
		for _, verb := range []string{"subscribe", "publish"} {
			op := c.get(verb)
			if op == nil {
				continue
			}
			id := op.get("operationId").str()
			if id == "" {
				id = verb + " " + name
			}
			it := Item{ID: id, Verb: verb, Name: name, Summary: op.get("summary").str(), Deprecated: op.get("deprecated").yes(), Line: op.at()}
			if it.Summary == "" {
				it.Summary = c.get("description").str()
			}
			a.d.add("Channels", it, func() []Part {
				parts := a.about(op, c)
				message := a.resolve(op.get("message"))
				if list := message.get("oneOf").list(); len(list) > 0 {
					return append(parts, a.messages(list)...)
				}
				return append(parts, a.messages([]*node{op.get("message")})...)
			})
		}
	})
}

// operations adds what version 3 says is sent and received.
func (a *asyncAPI) operations() {
	a.root.get("operations").each(func(name string, n *node) {
		op := a.resolve(n)
		channel := a.resolve(op.get("channel"))
		it := Item{ID: name, Verb: cut(op.get("action").str(), 20), Name: address(op.get("channel"), channel), Summary: op.get("summary").str(), Deprecated: op.get("deprecated").yes(), Line: n.at()}
		if it.Summary == "" {
			it.Summary = name
		}
		a.d.add("Operations", it, func() []Part {
			parts := a.about(op, channel)
			if list := op.get("messages").list(); len(list) > 0 {
				return append(parts, a.messages(list)...)
			}
			return append(parts, a.messages(channelMessages(channel))...)
		})
	})
}

// address is what a channel is called at the server, else its name.
func address(ref, channel *node) string {
	if s := channel.get("address").str(); s != "" {
		return s
	}
	return refName(ref.get("$ref").str())
}

func channelMessages(c *node) []*node {
	var out []*node
	c.get("messages").each(func(_ string, m *node) { out = append(out, m) })
	return out
}

func (a *asyncAPI) channels() {
	a.root.get("channels").each(func(name string, c *node) {
		known := a.resolve(c)
		shown := known.get("address").str()
		if shown == "" {
			shown = name
		}
		a.d.add("Channels", Item{ID: "channel:" + name, Verb: "channel", Name: shown, Summary: known.get("description").str(), Line: c.at()},
			func() []Part { return append(a.about(known, nil), a.messages(channelMessages(known))...) })
	})
}

// about says what an operation and its channel say of themselves.
func (a *asyncAPI) about(op, channel *node) []Part {
	var parts []Part
	if t := strings.TrimSpace(op.get("description").str()); t != "" {
		parts = append(parts, Part{Text: cut(t, 20_000)})
	}
	if t := strings.TrimSpace(channel.get("description").str()); t != "" {
		parts = append(parts, Part{Title: "Channel", Text: cut(t, 20_000)})
	}
	p := Part{Title: "Parameters"}
	for _, n := range []*node{op, channel} {
		n.get("parameters").each(func(name string, v *node) {
			v = a.resolve(v)
			schema := v.get("schema")
			if schema == nil {
				schema = v
			}
			p.Rows = append(p.Rows, Row{Name: cut(name, 200), Type: a.typeOf(schema), Text: sentences(textOf(v), bound(v, schema)), Required: true})
		})
	}
	if len(p.Rows) > 0 {
		p.Rows = p.Rows[:min(len(p.Rows), maxRows)]
		parts = append(parts, p)
	}
	return parts
}

// messages are the parts of several, the first few unfolded.
func (a *asyncAPI) messages(list []*node) []Part {
	const most = 12
	var out []Part
	for _, m := range list[:min(len(list), most)] {
		out = append(out, a.message(refName(m.get("$ref").str()), a.resolve(m))...)
	}
	return out
}

// message is one with its payload. name is what a reference called it.
func (a *asyncAPI) message(name string, m *node) []Part {
	if m == nil {
		return []Part{{Title: "Message " + name, Text: "It stands in another file, which is not read."}}
	}
	if n := m.get("name").str(); n != "" {
		name = cut(n, 100)
	}
	payload := m.get("payload")
	format := m.get("schemaFormat").str()
	if inner := payload.get("schema"); inner != nil && payload.get("schemaFormat") != nil {
		payload, format = inner, payload.get("schemaFormat").str()
	}
	p := Part{Title: strings.TrimSpace("Message " + name), Note: strings.TrimSpace(cut(m.get("contentType").str(), 80) + " " + a.typeOf(payload)), Text: cut(strings.TrimSpace(m.get("summary").str()+"\n"+m.get("description").str()), 5000)}
	if payload != nil && strings.Contains(format, "avro") || strings.Contains(format, "protobuf") {
		p.Note, p.Code = cut(format, 80), exampleText(payload)
	} else {
		a.unfold(&p, payload)
	}
	out := []Part{p}
	if h := m.get("headers"); h != nil {
		headers := Part{Title: "Headers"}
		a.unfold(&headers, h)
		out = append(out, headers)
	}
	return append(out, examples(m)...)
}

// bound is what a parameter's schema says beside the parameter itself.
func bound(v, schema *node) string {
	if v == schema {
		return ""
	}
	return textOf(withoutText(schema))
}
