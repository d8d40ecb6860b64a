package docs

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// attribute lists: `{: #id .class key="value" }` and `{ .class }` behind a
// link, an image, a word in emphasis or code, or alone on the last line of a
// paragraph. Only harmless names are taken over.
var (
	attrList = regexp.MustCompile(`^\{:?\s*([^{}\n]*?)\s*\}`)
	attrItem = regexp.MustCompile(`([#.])([\w-]+)|([a-zA-Z][\w-]*)=(?:"([^"]*)"|'([^']*)'|([^\s"']+))|([a-zA-Z][\w-]*)`)
	attrLast = regexp.MustCompile(`\{:\s*([^{}\n]*?)\s*\}\s*$`)
	number   = regexp.MustCompile(`^\d{1,4}%?$`)
)

// readAttrs reads the inside of a list; ok is false when it is no list.
func readAttrs(s string) (attrs map[string]string, ok bool) {
	attrs = map[string]string{}
	rest := strings.TrimSpace(s)
	for rest != "" {
		m := attrItem.FindStringSubmatchIndex(rest)
		if m == nil || m[0] != 0 {
			return nil, false
		}
		sub := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return rest[m[2*i]:m[2*i+1]]
		}
		switch {
		case sub(1) == "#":
			attrs["id"] = sub(2)
		case sub(1) == ".":
			attrs["class"] = strings.TrimSpace(attrs["class"] + " " + sub(2))
		case sub(3) != "":
			attrs[strings.ToLower(sub(3))] = sub(4) + sub(5) + sub(6)
		default:
			attrs[strings.ToLower(sub(7))] = ""
		}
		rest = strings.TrimSpace(rest[m[1]:])
	}
	return attrs, len(attrs) > 0
}

// setAttrs gives n those of attrs that it may have.
func setAttrs(n ast.Node, attrs map[string]string) {
	for name, value := range attrs {
		switch name {
		case "id":
			value = safeID(value)
		case "class":
			value = allowedClasses(value)
		case "download", "title":
		case "width", "height":
			if !number.MatchString(value) {
				continue
			}
		default:
			continue
		}
		if value != "" || name == "download" {
			n.SetAttributeString(name, []byte(value))
		}
	}
}

// attributes applies the attribute lists of a document.
func attributes(doc ast.Node, source []byte) {
	mergeTexts(doc, source)
	var texts []*ast.Text
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			texts = append(texts, t)
		}
		return ast.WalkContinue, nil
	})
	for _, t := range texts {
		if t.Parent() == nil || t.IsRaw() {
			continue
		}
		if !inlineAttrs(t, source) {
			blockAttrs(t, source)
		}
	}
}

// mergeTexts joins neighbouring pieces of text, which the parser leaves where
// it looked for something and found nothing.
func mergeTexts(doc ast.Node, source []byte) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		t, ok := n.(*ast.Text)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		for {
			next, ok := t.NextSibling().(*ast.Text)
			if !ok || !t.Merge(next, source) {
				return ast.WalkContinue, nil
			}
			t.Parent().RemoveChild(t.Parent(), next)
		}
	})
}

// inlineAttrs reads a list that stands right behind an inline element.
func inlineAttrs(t *ast.Text, source []byte) bool {
	before := t.PreviousSibling()
	if before == nil {
		return false
	}
	switch before.Kind() {
	case ast.KindLink, ast.KindImage, ast.KindEmphasis, ast.KindCodeSpan:
	default:
		return false
	}
	m := attrList.FindSubmatchIndex(t.Segment.Value(source))
	if m == nil {
		return false
	}
	attrs, ok := readAttrs(string(t.Segment.Value(source)[m[2]:m[3]]))
	if !ok {
		return false
	}
	setAttrs(before, attrs)
	t.Segment = t.Segment.WithStart(t.Segment.Start + m[1])
	return true
}

// blockAttrs reads `{: … }` at the end of a paragraph's or heading's text.
func blockAttrs(t *ast.Text, source []byte) {
	p := t.Parent()
	if t.NextSibling() != nil || (p.Kind() != ast.KindParagraph && p.Kind() != ast.KindHeading) {
		return
	}
	m := attrLast.FindSubmatchIndex(t.Segment.Value(source))
	if m == nil {
		return
	}
	attrs, ok := readAttrs(string(t.Segment.Value(source)[m[2]:m[3]]))
	if !ok {
		return
	}
	setAttrs(p, attrs)
	t.Segment = t.Segment.WithStop(t.Segment.Start + m[0])
}

// classes that writers may use; they look like what they are and nothing of
// the portal's own.
var classes = map[string]bool{
	"center": true, "left": true, "right": true, "small": true, "muted": true, "nowrap": true, "md-button": true,
	"md-button--primary": true, "grid": true, "cards": true, "card": true, "held-back": true,
}

func allowedClasses(value string) string {
	var out []string
	for _, c := range strings.Fields(value) {
		if classes[c] {
			out = append(out, c)
		}
	}
	return strings.Join(out, " ")
}

var badID = regexp.MustCompile(`[^\p{L}\p{N}_.:-]+`)

// pageIDs are ids of the portal's own pages, which a document must not take.
var pageIDs = map[string]bool{
	"main": true, "nav": true, "keys": true, "keys-title": true, "palette": true, "palette-box": true, "palette-found": true,
	"toaster": true, "toast-shape": true, "user-menu": true, "request-id": true, "docs-nav": true, "docs-toc": true,
}

// safeID makes an id that cannot be mistaken for one of the page around.
func safeID(id string) string {
	id = badID.ReplaceAllString(id, "-")
	if len(id) > 120 {
		id = strings.ToValidUTF8(id[:120], "")
	}
	if pageIDs[strings.ToLower(id)] {
		return "doc-" + id
	}
	return id
}
