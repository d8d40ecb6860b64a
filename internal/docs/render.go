package docs

import (
	"bytes"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	emoji "github.com/yuin/goldmark-emoji"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Options are the surroundings of a page.
type Options struct {
	// Resolve says where relative addresses lead; nil leaves them as they are.
	Resolve Resolver
	// Read gives a snippet's text; nil means that there are none.
	Read func(name string) ([]byte, error)
	// Size gives the width and height of a picture of the site, zero when it
	// is not known; nil means that none is.
	Size func(file string) (width, height int)

	fragment bool // see Fragment
}

// engine is goldmark with all that is understood.
var engine = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.Table, extension.Strikethrough, extension.Linkify, extension.TaskList, extension.Footnote, extension.DefinitionList, emoji.Emoji),
		goldmark.WithParserOptions(
			parser.WithAttribute(),
			parser.WithBlockParsers(util.Prioritized(admonitionParser{}, 50), util.Prioritized(tabParser{}, 60))),
		goldmark.WithRendererOptions(
			renderer.WithNodeRenderers(util.Prioritized(nodes{}, 10))),
	)
})

// Render makes HTML of Markdown. It fails only when writing fails; whatever is
// in src, the result is safe to show.
func Render(src []byte, o Options) (*Rendered, error) {
	src = bytes.ToValidUTF8(src, []byte("\uFFFD"))
	out := &Rendered{}
	front, body, first := cutFront(src)
	out.Front = front
	body, out.Notes = snippets(body, o.Read)
	body, abbr := cutAbbreviations(nestedLists(body))
	doc := engine().Parser().Parse(text.NewReader(body))

	if tooDeep(doc) {
		return out.asText(src), nil
	}
	l := &linker{resolve: o.Resolve, size: o.Size, lines: indexLines(body, first+1)}
	ids := &anchors{taken: map[string]bool{}, next: map[string]int{}}
	alerts(doc, body)
	groupTabs(doc)
	codeBlocks(doc, body)
	attributes(doc, body)
	if o.fragment {
		flatten(doc)
	}
	out.Headings = headings(doc, body, ids)
	l.rewrite(doc, body)
	hasHTML := rawHTML(doc, body)
	abbreviations(doc, body, abbr)
	out.Sections = sections(doc, body, maxHeadings)
	out.Title = front.Title
	if out.Title == "" && len(out.Headings) > 0 {
		out.Title = out.Headings[0].Text
	}
	if title := leadingTitle(doc); title != nil {
		out.TitleID = out.Headings[0].ID
		doc.RemoveChild(doc, title) // the page shows it as its own heading
	}

	var b bytes.Buffer
	if err := engine().Renderer().Render(&b, body, doc); err != nil {
		return nil, err
	}
	out.HTML = b.String()
	if hasHTML {
		var err error
		if out.HTML, err = l.settle(out.HTML, ids); err != nil {
			return out.asText(src), nil // nested too deeply for a browser
		}
	}
	out.Links, out.IDs = l.links, ids.taken
	out.Notes = append(out.Notes, l.notes...)
	return out, nil
}

// deepest is how deep the blocks of a page may nest.
const deepest = 100

func tooDeep(doc ast.Node) bool {
	depth, most := 0, 0
	_ = ast.Walk(doc, func(_ ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			depth--
			return ast.WalkContinue, nil
		}
		depth++
		most = max(most, depth)
		return ast.WalkContinue, nil
	})
	return most > deepest
}

// asText shows a page that no browser could lay out as it was written.
func (r *Rendered) asText(src []byte) *Rendered {
	return &Rendered{Title: r.Front.Title, Front: r.Front, IDs: map[string]bool{},
		HTML:  `<pre tabindex="0">` + escape(strings.ToValidUTF8(string(src), "\uFFFD")) + `</pre>`,
		Notes: append(r.Notes, Note{Text: "This page nests its parts more than a hundred deep, so it is shown as text."})}
}

// leadingTitle is the first heading when the document begins with it.
func leadingTitle(doc ast.Node) ast.Node {
	if h, ok := doc.FirstChild().(*ast.Heading); ok && h.Level == 1 {
		return h
	}
	return nil
}
