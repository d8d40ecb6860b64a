package docs

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var kindSafe = ast.NewNodeKind("DocsSafeHTML")

// safeHTML is HTML that may be shown as it is, with its text.
type safeHTML struct {
	ast.BaseInline
	HTML, Words string
}

// Kind implements ast.Node.
func (*safeHTML) Kind() ast.NodeKind { return kindSafe }

// Dump implements ast.Node.
func (n *safeHTML) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

var kindSafeBlock = ast.NewNodeKind("DocsSafeBlock")

// safeBlock is safeHTML that stands by itself.
type safeBlock struct {
	ast.BaseBlock
	HTML, Words string
}

// Kind implements ast.Node.
func (*safeBlock) Kind() ast.NodeKind { return kindSafeBlock }

// Dump implements ast.Node.
func (n *safeBlock) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// writerElements are what writers may use of HTML.
var writerElements = []string{
	"p", "br", "hr", "div", "span", "section", "article", "figure", "figcaption", "details", "summary",
	"b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "small", "mark", "kbd", "samp", "var", "code", "pre",
	"blockquote", "q", "cite", "abbr", "dfn", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "colgroup", "col",
	"thead", "tbody", "tfoot", "tr", "th", "td", "a", "img", "h1", "h2", "h3", "h4", "h5", "h6", "time", "wbr",
}

// writerPolicy is what writers may use of HTML. It has no way to run, to style
// or to send anything; addresses are judged again by the linker.
var writerPolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(writerElements...)
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowDataURIImages()
	p.AllowRelativeURLs(true)
	p.AllowAttrs("href", "download").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img", "td", "th", "col", "table")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center|justify)$`)).Globally()
	p.AllowAttrs("title").Globally()
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\p{L}\p{N}_.:-]{1,120}$`)).Globally()
	p.AllowAttrs("class").Matching(writerClasses()).Globally()
	p.AllowAttrs("open").Matching(regexp.MustCompile(`^(open)?$`)).OnElements("details")
	p.AllowAttrs("colspan", "rowspan", "span").Matching(regexp.MustCompile(`^\d{1,3}$`)).OnElements("td", "th", "col", "colgroup")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^(col|row)(group)?$`)).OnElements("th")
	p.AllowAttrs("start", "value").Matching(regexp.MustCompile(`^\d{1,6}$`)).OnElements("ol", "li")
	p.AllowAttrs("datetime").OnElements("time")
	p.AllowNoAttrs().OnElements("span", "a", "img")
	return p
})

func writerClasses() *regexp.Regexp {
	var names []string
	for c := range classes {
		names = append(names, regexp.QuoteMeta(c))
	}
	return regexp.MustCompile(`^(?:(?:` + strings.Join(names, "|") + `)\s*)+$`)
}

// rawHTML replaces the HTML that a document holds by what is left of it after
// the policy; it reports whether there was any.
func rawHTML(doc ast.Node, source []byte) bool {
	var found []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if k := n.Kind(); entering && (k == ast.KindHTMLBlock || k == ast.KindRawHTML) {
			found = append(found, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range found {
		var replacement ast.Node
		switch v := n.(type) {
		case *ast.HTMLBlock:
			raw := v.Lines().Value(source)
			if v.HasClosure() {
				raw = append(bytes.Clone(raw), v.ClosureLine.Value(source)...)
			}
			clean := sanitize(raw)
			b := &safeBlock{HTML: clean, Words: stripTags(clean)}
			b.SetLines(v.Lines())
			replacement = b
		case *ast.RawHTML:
			clean := sanitize(v.Segments.Value(source))
			replacement = &safeHTML{HTML: clean, Words: stripTags(clean)}
		}
		n.Parent().ReplaceChild(n.Parent(), n, replacement)
	}
	return len(found) > 0
}

func sanitize(raw []byte) string {
	return writerPolicy().Sanitize(framesToLinks(string(raw)))
}

var tags = regexp.MustCompile(`<[^>]*>`)

func stripTags(s string) string { return html.UnescapeString(tags.ReplaceAllString(s, " ")) }

// framesToLinks turns embedded pages into links to them.
func framesToLinks(raw string) string {
	if !strings.Contains(strings.ToLower(raw), "<iframe") {
		return raw
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(raw))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			text := string(z.Raw())
			t := z.Token()
			if t.DataAtom != atom.Iframe {
				b.WriteString(text)
				continue
			}
			src, title := "", ""
			for _, a := range t.Attr {
				switch a.Key {
				case "src":
					src = a.Val
				case "title":
					title = a.Val
				}
			}
			if kind, href := classify(src); kind == external {
				b.WriteString(heldBack(href, title, "page"))
			}
		case html.EndTagToken:
			text := string(z.Raw())
			if z.Token().DataAtom != atom.Iframe {
				b.WriteString(text)
			}
		default:
			b.Write(z.Raw())
		}
	}
}

// settle makes well-formed HTML of a page that holds HTML of its writer:
// every element is closed inside the page, addresses lead where they should,
// and the whole goes through a last policy.
func (l *linker) settle(page string, ids *anchors) (string, error) {
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragment(strings.NewReader(page), body)
	if err != nil {
		return "", err
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	l.settleNode(body, ids, 0)
	var b bytes.Buffer
	for n := body.FirstChild; n != nil; n = n.NextSibling {
		if err := html.Render(&b, n); err != nil {
			return "", err
		}
	}
	return pagePolicy().Sanitize(b.String()), nil
}

func (l *linker) settleNode(n *html.Node, ids *anchors, depth int) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type != html.ElementNode && c.Type != html.TextNode || depth > 3*deepest {
			n.RemoveChild(c)
			c = next
			continue
		}
		for i, a := range c.Attr {
			if a.Key == "id" {
				c.Attr[i].Val = safeID(a.Val)
				ids.taken[c.Attr[i].Val] = true
			}
		}
		switch c.DataAtom {
		case atom.A:
			l.settleLink(c)
		case atom.Img:
			l.settleImage(n, c)
		}
		l.settleNode(c, ids, depth+1)
		c = next
	}
}

func (l *linker) settleLink(c *html.Node) {
	for i, a := range c.Attr {
		if a.Key != "href" || strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "#") {
			continue
		}
		if kind, _ := classify(a.Val); kind == external {
			addRel(c)
			return
		}
		c.Attr[i].Val, _, _ = l.address(a.Val, false, 0)
	}
}

// addRel keeps a page of another site from seeing where its visitor came from.
func addRel(c *html.Node) {
	for _, a := range c.Attr {
		if a.Key == "rel" {
			return
		}
	}
	c.Attr = append(c.Attr, html.Attribute{Key: "rel", Val: "noopener noreferrer"})
}

func (l *linker) settleImage(p, c *html.Node) {
	alt := ""
	for _, a := range c.Attr {
		if a.Key == "alt" {
			alt = a.Val
		}
	}
	for i, a := range c.Attr {
		if a.Key != "src" || strings.HasPrefix(a.Val, "/") {
			continue
		}
		src, kind, ok := l.address(a.Val, true, 0)
		if ok && kind != external {
			c.Attr[i].Val = src
			continue
		}
		if nodes, err := html.ParseFragment(strings.NewReader(heldBack(src, alt, "picture")), p); ok && err == nil {
			for _, n := range nodes {
				p.InsertBefore(n, c)
			}
		}
		p.RemoveChild(c)
		return
	}
}

// pagePolicy is the last judge of a page with HTML of its writer: the writer's
// own policy and what our renderer makes.
var pagePolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(append([]string{"button", "label", "input"}, writerElements...)...)
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowDataURIImages()
	p.AllowURLSchemeWithCustomPolicy("data", isPicture)
	p.AllowRelativeURLs(true)
	p.AllowAttrs("href", "download", "rel", "aria-label", "role").OnElements("a")
	p.AllowAttrs("src", "alt", "loading", "width", "height").OnElements("img")
	p.AllowAttrs("align", "title", "id", "class", "open", "colspan", "rowspan", "span", "scope", "start", "value", "datetime",
		"width", "height", "role", "tabindex", "aria-label").Globally()
	p.AllowAttrs("data-line").OnElements("span")
	p.AllowAttrs("data-mermaid", "data-alt").OnElements("figure")
	p.AllowAttrs("type", "data-variant", "data-size", "data-copy-from").OnElements("button")
	p.AllowAttrs("data-label").OnElements("span")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^radio$`)).OnElements("input")
	p.AllowAttrs("name", "checked").OnElements("input")
	p.AllowAttrs("for").OnElements("label")
	p.AllowNoAttrs().OnElements("span", "a", "img")
	return p
})

// isPicture reports whether a data: address holds a picture.
func isPicture(u *url.URL) bool { return dataImage.MatchString(u.String()) }
