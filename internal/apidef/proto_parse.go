package apidef

import (
	"fmt"
	"strings"
)

// protoFile is what a protobuf file declares.
type protoFile struct {
	syntax, pkg string
	imports     []string
	services    []protoBlock
	types       []protoBlock
}

// protoBlock is a service, message, enum or oneof.
type protoBlock struct {
	kind, name, text string
	line             int
	deprecated       bool
	fields           []protoField
	inner            []protoBlock // nested messages and enums
}

// protoField is a field, a value of an enum or a method; of a oneof, its
// fields stand inside.
type protoField struct {
	name, kind, link, number string
	returns, returnsLink     string // of a method
	text                     string
	line                     int
	required, deprecated     bool
	oneof                    []protoField
}

// protoParser reads tokens. It passes over what it does not know, statement by
// statement, and stops at what cannot be a declaration.
type protoParser struct {
	tokens []protoToken
	at     int
	fault  *Fault
}

const protoDeepest = 40

func parseProto(text string) (protoFile, *Fault) {
	p := &protoParser{tokens: scanProto(text)}
	var f protoFile
	for p.fault == nil && p.at < len(p.tokens) {
		p.declaration(&f)
	}
	return f, p.fault
}

// peek is the token at hand, empty at the end.
func (p *protoParser) peek() protoToken {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	if n := len(p.tokens); n > 0 {
		return protoToken{line: p.tokens[n-1].line}
	}
	return protoToken{line: 1}
}

func (p *protoParser) take() protoToken {
	t := p.peek()
	p.at++
	return t
}

func (p *protoParser) expect(what string) protoToken {
	t := p.take()
	if t.text != what {
		p.wrong(t, "\""+what+"\"")
	}
	return t
}

func (p *protoParser) name(what string) protoToken {
	t := p.take()
	if t.text == "" || !isWord(t.text[0]) {
		p.wrong(t, what)
	}
	return t
}

func (p *protoParser) wrong(t protoToken, want string) {
	if p.fault != nil {
		return
	}
	found := fmt.Sprintf("%q", cut(t.text, 40))
	if t.text == "" {
		found = "the end"
	}
	p.fault = &Fault{Line: t.line, Message: "It is no protobuf: " + want + " was expected, " + found + " found."}
}

func (p *protoParser) declaration(f *protoFile) {
	switch t := p.peek(); t.text {
	case "syntax", "edition":
		p.at++
		p.expect("=")
		if f.syntax = strings.Trim(p.take().text, `"'`); t.text == "edition" {
			f.syntax = "edition " + f.syntax
		}
		p.skip()
	case "package":
		p.at++
		f.pkg = p.name("the name of the package").text
		p.skip()
	case "import":
		p.at++
		for w := p.peek().text; w == "public" || w == "weak"; w = p.peek().text {
			p.at++
		}
		f.imports = append(f.imports, strings.Trim(p.take().text, `"'`))
		p.skip()
	case "message", "enum":
		f.types = append(f.types, p.block(0))
	case "service":
		f.services = append(f.services, p.block(0))
	case "option", "extend", ";":
		p.skip()
	default:
		p.wrong(t, "a message, enum or service")
	}
}

// skip passes over the rest of a statement: to its semicolon, or over its
// braces.
func (p *protoParser) skip() {
	for depth := 0; p.at < len(p.tokens); {
		switch p.take().text {
		case "{":
			depth++
		case "}":
			if depth--; depth < 0 {
				p.at-- // the end of what is around
				return
			}
			if depth == 0 && p.peek().text != ";" {
				return
			}
		case ";":
			if depth == 0 {
				return
			}
		}
	}
}

// block reads a message, enum, service or oneof with its braces.
func (p *protoParser) block(depth int) protoBlock {
	kind := p.take()
	name := p.name("the name of the " + kind.text)
	b := protoBlock{kind: kind.text, name: name.text, text: kind.above, line: kind.line}
	if open := p.expect("{"); b.text == "" {
		b.text = open.after
	}
	if depth > protoDeepest {
		p.wrong(kind, "less nesting")
	}
	for p.fault == nil {
		t := p.peek()
		switch {
		case t.text == "}":
			p.at++
			return b
		case t.text == "":
			p.wrong(t, "\"}\"")
		case t.text == ";":
			p.at++
		default:
			p.member(&b, t, depth)
		}
	}
	return b
}

func (p *protoParser) member(b *protoBlock, t protoToken, depth int) {
	next := ""
	if p.at+2 < len(p.tokens) {
		next = p.tokens[p.at+2].text
	}
	switch {
	case (t.text == "message" || t.text == "enum") && next == "{":
		b.inner = append(b.inner, p.block(depth+1))
	case t.text == "oneof" && next == "{":
		o := p.block(depth + 1)
		b.fields = append(b.fields, protoField{name: o.name, kind: "one of these", text: o.text, line: o.line, oneof: o.fields})
	case t.text == "option" && next != "=" || t.text == "option" && b.kind != "message":
		p.at++
		deprecated := p.peek().text == "deprecated"
		from := p.at
		p.skip()
		b.deprecated = b.deprecated || deprecated && p.at-from == 4 && p.tokens[from+2].text == "true"
	case (t.text == "reserved" || t.text == "extensions" || t.text == "extend") && next != "=":
		p.skip()
	case t.text == "option":
		p.option(b)
	case b.kind == "service" && t.text == "rpc":
		b.fields = append(b.fields, p.method())
	case b.kind == "enum":
		b.fields = append(b.fields, p.value())
	case b.kind == "service":
		p.skip()
	default:
		b.fields = append(b.fields, p.field())
	}
}

// option is "option deprecated = true;" in a message.
func (p *protoParser) option(b *protoBlock) {
	p.at++
	if p.peek().text == "deprecated" && p.at+2 < len(p.tokens) && p.tokens[p.at+2].text == "true" {
		b.deprecated = true
	}
	p.skip()
}

func (p *protoParser) value() protoField {
	t := p.name("the name of a value")
	f := protoField{name: t.text, text: t.above, line: t.line}
	p.expect("=")
	f.number = p.number()
	p.rest(&f)
	return f
}

func (p *protoParser) number() string {
	if p.peek().text == "-" {
		p.at++
		return "-" + p.name("a number").text
	}
	return p.name("a number").text
}

// field is [label] type name = number [options].
func (p *protoParser) field() protoField {
	first := p.peek()
	f := protoField{text: first.above, line: first.line}
	label := ""
	if w := first.text; (w == "repeated" || w == "optional" || w == "required") && p.at+1 < len(p.tokens) && p.tokens[p.at+1].text != "=" {
		label = p.take().text
	}
	f.kind = p.name("the type of a field").text
	f.link = f.kind
	if f.kind == "map" && p.peek().text == "<" {
		p.at++
		key := p.name("the type of the keys").text
		p.expect(",")
		f.link = p.name("the type of the values").text
		f.kind = "map of " + key + " to " + f.link
		p.expect(">")
	}
	f.name = p.name("the name of a field").text
	p.expect("=")
	f.number = p.number()
	switch label {
	case "repeated":
		f.kind = "list of " + f.kind
	case "optional":
		f.kind = "optional " + f.kind
	case "required":
		f.required = true
	}
	p.rest(&f)
	return f
}

// rest reads the options of a field and its end, with the comment behind it.
func (p *protoParser) rest(f *protoField) {
	from := p.at
	p.skip()
	for i := from; i+2 < p.at && i+2 < len(p.tokens); i++ {
		if p.tokens[i].text == "deprecated" && p.tokens[i+1].text == "=" && p.tokens[i+2].text == "true" {
			f.deprecated = true
		}
	}
	if end := p.at - 1; end < len(p.tokens) && end >= 0 && p.tokens[end].after != "" {
		f.text = strings.TrimSpace(f.text + " " + p.tokens[end].after)
	}
}

// method is rpc Name (stream Type) returns (stream Type) with its options.
func (p *protoParser) method() protoField {
	t := p.take()
	f := protoField{text: t.above, line: t.line, name: p.name("the name of a method").text}
	f.kind, f.link = p.message()
	p.expect("returns")
	f.returns, f.returnsLink = p.message()
	p.rest(&f)
	return f
}

func (p *protoParser) message() (kind, link string) {
	p.expect("(")
	link = p.name("the name of a message").text
	kind = link
	if link == "stream" && p.peek().text != ")" {
		link = p.name("the name of a message").text
		kind = "stream of " + link
	}
	p.expect(")")
	return kind, link
}
