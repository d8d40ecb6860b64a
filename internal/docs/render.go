package docs

import (
	"bytes"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	emoji "github.com/yuin/goldmark-emoji"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
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
}

// engine is goldmark with all that is understood.
var engine = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.Strikethrough, extension.Linkify, extension.TaskList, extension.Footnote, extension.DefinitionList, emoji.Emoji),
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
	body, abbr := cutAbbreviations(body)
	doc := engine().Parser().Parse(text.NewReader(body))

	if tooDeep(doc) {
		return out.asText(src), nil
	}
	l := &linker{resolve: o.Resolve, lines: indexLines(body, first+1)}
	ids := &anchors{taken: map[string]bool{}, next: map[string]int{}}
	alerts(doc, body)
	groupTabs(doc)
	codeBlocks(doc, body)
	attributes(doc, body)
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

// nodes renders our own nodes and those that goldmark renders in a way that
// the pages cannot use.
type nodes struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (nodes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindAdmonition, renderAdmonition)
	r.Register(kindTabSet, wrap(`<div class="tab-set">`+"\n", "</div>\n"))
	r.Register(kindTab, renderTab)
	r.Register(kindCode, renderCode)
	r.Register(kindDiagram, renderDiagram)
	r.Register(kindSafe, renderSafe)
	r.Register(kindSafeBlock, renderSafeBlock)
	r.Register(ast.KindHeading, renderHeading)
	r.Register(ast.KindLink, renderLink)
	r.Register(ast.KindImage, renderImage)
	r.Register(extast.KindTable, wrap(`<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>`+"\n", "</table></div>\n"))
	r.Register(extast.KindTaskCheckBox, renderTask)
}

func wrap(open, end string) renderer.NodeRendererFunc {
	return func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		return write(w, pick(entering, open, end))
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func write(w io.StringWriter, s string) (ast.WalkStatus, error) {
	_, err := w.WriteString(s)
	return ast.WalkContinue, err
}

func escape(s string) string { return html.EscapeString(s) }

func renderAdmonition(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	a := n.(*admonition)
	if !entering {
		return write(w, pick(a.Folds, "</details>\n", "</div>\n"))
	}
	class := `class="admonition ` + a.Tone + `"`
	if a.Folds {
		return write(w, `<details `+class+pick(a.Opened, " open", "")+`><summary>`+escape(a.Title)+"</summary>\n")
	}
	open := `<div ` + class + ">\n"
	if a.Title != "" {
		open += `<p class="admonition-title">` + escape(a.Title) + "</p>\n"
	}
	return write(w, open)
}

// renderTab writes a radio button for each tab, so that tabs work by keyboard
// and without a script.
func renderTab(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return write(w, "</div>\n")
	}
	t, set := n.(*tab), 0
	if s, ok := t.Parent().(*tabSet); ok {
		set = s.Number
	}
	at := 1
	for p := t.PreviousSibling(); p != nil; p = p.PreviousSibling() {
		at++
	}
	name := "tabs-" + strconv.Itoa(set)
	id := name + "-" + strconv.Itoa(at)
	return write(w, `<input type="radio" name="`+name+`" id="`+id+`"`+pick(at == 1, " checked", "")+`>`+
		`<label for="`+id+`">`+escape(t.Title)+`</label><div class="tab-panel">`+"\n")
}

func renderCode(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	var b strings.Builder
	n.(*codeBlock).write(&b)
	return write(w, b.String())
}

func renderDiagram(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	d := n.(*diagram)
	alt := d.Alt
	if alt == "" {
		alt = "Diagram; its source stands below"
	}
	return write(w, `<figure class="diagram mermaid" data-mermaid="" data-alt="`+escape(alt)+`"><pre tabindex="0">`+escape(d.Code)+"</pre></figure>\n")
}

func renderSafe(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	return write(w, n.(*safeHTML).HTML)
}

func renderSafeBlock(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	return write(w, n.(*safeBlock).HTML)
}

// attrs writes the attributes that setAttrs and goldmark gave to n and that
// are in allowed.
func attrs(n ast.Node, allowed ...string) string {
	out := ""
	for _, name := range allowed {
		v, ok := n.AttributeString(name)
		if !ok {
			continue
		}
		value := ""
		switch x := v.(type) {
		case []byte:
			value = string(x)
		case string:
			value = x
		default:
			continue
		}
		if name == "class" {
			if value = allowedClasses(value); value == "" {
				continue
			}
		}
		out += ` ` + name + `="` + escape(value) + `"`
	}
	return out
}

func renderHeading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	h := n.(*ast.Heading)
	level := strconv.Itoa(h.Level)
	if entering {
		return write(w, "<h"+level+attrs(h, "id", "class")+">")
	}
	id, _ := h.AttributeString("id")
	anchorID, _ := id.([]byte)
	return write(w, `<a class="headerlink" href="#`+escape((&url.URL{Fragment: string(anchorID)}).EscapedFragment())+`" aria-label="Permalink">#</a></h`+level+">\n")
}

func renderLink(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return write(w, "</a>")
	}
	l := n.(*ast.Link)
	href := string(l.Destination)
	out := `<a href="` + escape(href) + `"`
	if len(l.Title) > 0 {
		out += ` title="` + escape(decode(l.Title)) + `"`
	}
	if kind, _ := classify(href); kind == external {
		out += ` rel="noopener noreferrer"`
	}
	return write(w, out+attrs(l, "id", "class", "download")+">")
}

func renderImage(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	i := n.(*ast.Image)
	out := `<img src="` + escape(string(i.Destination)) + `" alt="` + escape(plain(i, source)) + `" loading="lazy"`
	if len(i.Title) > 0 {
		out += ` title="` + escape(decode(i.Title)) + `"`
	}
	_, err := w.WriteString(out + attrs(i, "id", "class", "width", "height") + ">")
	return ast.WalkSkipChildren, err
}

func renderTask(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	if n.(*extast.TaskCheckBox).IsChecked {
		return write(w, `<span class="task done" role="img" aria-label="done"></span> `)
	}
	return write(w, `<span class="task" role="img" aria-label="to do"></span> `)
}
