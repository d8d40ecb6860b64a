package docs

import (
	"strings"

	"github.com/yuin/goldmark/ast"
)

// Fragment makes HTML of Markdown that stands within a page with headings and
// anchors of its own, such as a description. Its headings become bold lines.
// Whatever is in src, the result is safe to show.
func Fragment(src string) string {
	r, err := Render([]byte(src), Options{fragment: true})
	if err != nil { // writing to memory does not fail
		return "<p>" + escape(strings.ToValidUTF8(src, "\uFFFD")) + "</p>"
	}
	return r.HTML
}

// flatten makes bold paragraphs of headings.
func flatten(doc ast.Node) {
	var found []*ast.Heading
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			found = append(found, h)
		}
		return ast.WalkContinue, nil
	})
	for _, h := range found {
		p, bold := ast.NewParagraph(), ast.NewEmphasis(2)
		for c := h.FirstChild(); c != nil; c = h.FirstChild() {
			bold.AppendChild(bold, c)
		}
		p.AppendChild(p, bold)
		h.Parent().ReplaceChild(h.Parent(), h, p)
	}
}
