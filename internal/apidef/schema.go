package apidef

import (
	"strings"
)

// deepest is how far a schema is unfolded; deeper ones are linked.
const deepest = 5

// pointers finds what a reference names inside the text.
type pointers struct {
	root *node
	// link is the item that describes what a reference names, empty when none
	// does.
	link func(ref string) string
}

// resolve follows a reference inside the text. What it names elsewhere, and
// a circle, is nil.
func (p pointers) resolve(n *node) *node {
	const most = 20
	for range most {
		ref := n.get("$ref").str()
		if ref == "" {
			return n
		}
		n = p.pointed(ref)
	}
	return nil
}

func (p pointers) pointed(ref string) *node {
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	n := p.root
	unescape := strings.NewReplacer("~1", "/", "~0", "~", "%7B", "{", "%7D", "}", "%20", " ")
	for key := range strings.SplitSeq(rest, "/") {
		n = n.get(unescape.Replace(key))
	}
	return n
}

// refName is what a reference is called: its last part.
func refName(ref string) string {
	if i := strings.LastIndexByte(ref, '/'); i >= 0 && i+1 < len(ref) {
		ref = ref[i+1:]
	}
	return cut(strings.NewReplacer("~1", "/", "~0", "~").Replace(ref), 100)
}

// unfold writes a schema as rows, one for each field.
func (p pointers) unfold(part *Part, schema *node) {
	u := unfolding{pointers: p, part: part}
	u.inside(schema, 0)
}

type unfolding struct {
	pointers
	part  *Part
	stack []string // references that are being unfolded
	steps int
}

func (u *unfolding) row(r Row) bool {
	if len(u.part.Rows) >= maxRows {
		u.part.More++
		return false
	}
	u.part.Rows = append(u.part.Rows, r)
	return true
}

// inside writes the fields of a schema at a depth.
func (u *unfolding) inside(s *node, depth int) {
	const most = 5000
	if u.steps++; s == nil || depth > deepest || u.steps > most {
		return
	}
	if ref := s.get("$ref").str(); ref != "" {
		for _, open := range u.stack {
			if open == ref {
				return // a circle: the row above has the link
			}
		}
		u.stack = append(u.stack, ref)
		u.inside(u.pointed(ref), depth)
		u.stack = u.stack[:len(u.stack)-1]
		return
	}
	for _, all := range s.get("allOf").list() {
		u.inside(all, depth)
	}
	u.properties(s, depth)
	if items := s.get("items"); items != nil {
		u.inside(items, depth)
	}
	if more := s.get("additionalProperties"); more != nil && more.kind == mapping && len(more.keys) > 0 {
		if u.row(Row{Depth: depth, Name: "any other key", Type: u.typeOf(more), Link: u.linkOf(more), Text: textOf(more)}) {
			u.inside(more, depth+1)
		}
	}
	for _, word := range []string{"oneOf", "anyOf"} {
		for i, one := range s.get(word).list() {
			if !u.row(Row{Depth: depth, Name: choice(word, i), Type: u.typeOf(one), Link: u.linkOf(one), Text: textOf(u.resolve(one))}) {
				return
			}
			u.inside(one, depth+1)
		}
	}
}

func choice(word string, i int) string {
	switch {
	case i > 0:
		return "or"
	case word == "anyOf":
		return "any of"
	}
	return "either"
}

func (u *unfolding) properties(s *node, depth int) {
	required := map[string]bool{}
	for _, r := range s.get("required").list() {
		required[r.str()] = true
	}
	s.get("properties").each(func(name string, v *node) {
		known := u.resolve(v)
		r := Row{Depth: depth, Name: cut(name, 200), Type: u.typeOf(v), Link: u.linkOf(v), Text: textOf(known), Required: required[name], Deprecated: known.get("deprecated").yes()}
		if own := textOf(v); v.get("$ref") != nil && own != "" {
			r.Text = own
		}
		if u.row(r) {
			u.inside(v, depth+1)
		}
	})
}

// linkOf is the item that describes a schema or what its list holds.
func (u *unfolding) linkOf(s *node) string { return u.pointers.linkTo(s) }

func (p pointers) linkTo(s *node) string {
	for range 4 {
		if ref := s.get("$ref").str(); ref != "" {
			return p.link(ref)
		}
		if s = s.get("items"); s == nil {
			break
		}
	}
	return ""
}

// typeOf says in words what a schema holds.
func (p pointers) typeOf(s *node) string { return p.typeIn(s, 0) }

func (p pointers) typeIn(s *node, depth int) string {
	const most = 4
	if s == nil || depth > most {
		return "…"
	}
	if ref := s.get("$ref").str(); ref != "" {
		if !strings.HasPrefix(ref, "#/") {
			return refName(ref) + " (in another file)"
		}
		return refName(ref)
	}
	if s.kind == scalar { // true and false are schemas too
		return map[bool]string{true: "anything", false: "nothing"}[s.yes()]
	}
	for _, word := range []string{"oneOf", "anyOf", "allOf"} {
		if list := s.get(word).list(); len(list) > 0 {
			return p.several(list, depth, map[string]string{"oneOf": " or ", "anyOf": " or ", "allOf": " and "}[word])
		}
	}
	return p.simple(s, depth)
}

func (p pointers) several(list []*node, depth int, joint string) string {
	const most = 5
	var out []string
	for _, s := range list[:min(len(list), most)] {
		out = append(out, p.typeIn(s, depth+1))
	}
	if len(list) > most {
		out = append(out, "…")
	}
	return cut(strings.Join(out, joint), 160)
}

func (p pointers) simple(s *node, depth int) string {
	t := s.get("type").str()
	if list := s.get("type").list(); len(list) > 0 {
		var words []string
		for _, w := range list[:min(len(list), 6)] {
			if w.str() == "array" {
				words = append(words, "list of "+p.typeIn(s.get("items"), depth+1))
				continue
			}
			words = append(words, cut(w.str(), 40))
		}
		t = strings.Join(words, " or ")
	}
	switch {
	case t == "array", t == "" && s.get("items") != nil:
		t = "list of " + p.typeIn(s.get("items"), depth+1)
	case t == "" && s.get("properties") != nil:
		t = "object"
	case t == "" && s.get("const") != nil:
		t = "constant"
	case t == "" && len(s.get("enum").list()) > 0:
		t = "one of a list"
	case t == "":
		t = "anything"
	}
	if f := s.get("format").str(); f != "" {
		t += " (" + cut(f, 40) + ")"
	}
	if s.get("nullable").yes() {
		t += " or null"
	}
	return cut(t, 160)
}

// textOf is what a schema or parameter says of itself, with its bounds.
func textOf(s *node) string {
	if s == nil || s.kind != mapping {
		return ""
	}
	var out []string
	if t := strings.TrimSpace(s.get("description").str()); t != "" {
		out = append(out, cut(t, 1000))
	}
	said := len(out)
	if list := s.get("enum").list(); len(list) > 0 {
		const most = 30
		var values []string
		for _, v := range list[:min(len(list), most)] {
			values = append(values, cut(v.str(), 80))
		}
		if len(list) > most {
			values = append(values, "…")
		}
		out = append(out, "One of "+strings.Join(values, ", ")+".")
	}
	for _, b := range bounds {
		if v := s.get(b.key); v != nil && v.kind == scalar {
			out = append(out, b.word+" "+cut(v.str(), 120)+".")
		}
	}
	if said == 0 {
		return strings.Join(out, " ")
	}
	return sentences(out[0], strings.Join(out[1:], " "))
}

// sentences joins two texts of which either may be empty.
func sentences(a, b string) string {
	if a != "" && b != "" && !strings.ContainsAny(a[len(a)-1:], ".!?:") {
		a += "."
	}
	return strings.TrimSpace(a + " " + b)
}

var bounds = []struct{ key, word string }{
	{"const", "Always"}, {"default", "Default"}, {"minimum", "At least"}, {"maximum", "At most"}, {"minLength", "Length at least"},
	{"maxLength", "Length at most"}, {"minItems", "Items at least"}, {"maxItems", "Items at most"}, {"pattern", "Matches"}, {"example", "For example"},
}

// schemaParts describe a schema by itself.
func (p pointers) schemaParts(s *node) []Part {
	known := p.resolve(s)
	part := Part{Title: "Fields", Note: p.typeOf(s), Text: textOf(known)}
	p.unfold(&part, s)
	if len(part.Rows) == 0 {
		part.Title = "Type"
	}
	return append([]Part{part}, examples(known)...)
}

// examples are those of a schema, message or media type.
func examples(n *node) []Part {
	var out []Part
	add := func(title string, v *node) {
		const most = 5
		if v != nil && v.kind != nothing && len(out) < most {
			out = append(out, Part{Title: title, Code: exampleText(v)})
		}
	}
	if e := n.get("example"); e != nil && e.kind != scalar {
		add("Example", e)
	}
	switch list := n.get("examples"); {
	case list == nil:
	case list.kind == sequence:
		for _, e := range list.vals {
			if v := e.get("payload"); v != nil {
				e = v
			}
			add("Example", e)
		}
	default:
		list.each(func(name string, e *node) { add("Example: "+cut(name, 80), e.get("value")) })
	}
	return out
}

func exampleText(v *node) string {
	if v.kind == scalar {
		return cut(v.text, maxExample)
	}
	return v.json()
}
