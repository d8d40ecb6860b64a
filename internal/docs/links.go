package docs

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

type addressKind uint8

const (
	forbidden addressKind = iota // may not be followed
	relative                     // inside the docs
	fragment                     // on the same page
	local                        // elsewhere in the portal
	external                     // somewhere else
	picture                      // a picture written out as data
)

var dataImage = regexp.MustCompile(`^data:image/(png|gif|jpeg|webp|svg\+xml)[;,][^"'<>\s]*$`)

// classify says what an address is and writes it so that every browser reads
// it the same way.
func classify(href string) (addressKind, string) {
	href = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r == 0 {
			return -1 // browsers drop them, so "java\nscript:" is a scheme to them
		}
		return r
	}, strings.TrimFunc(href, func(r rune) bool { return r <= ' ' }))
	if dataImage.MatchString(href) {
		return picture, href
	}
	u, err := url.Parse(href)
	if err != nil {
		return forbidden, ""
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme == "http" || scheme == "https":
		if u.Host == "" {
			return forbidden, ""
		}
		return external, u.String()
	case scheme == "mailto" || scheme == "tel":
		return external, u.String()
	case scheme != "":
		return forbidden, ""
	case u.Host != "" || strings.HasPrefix(href, "//"):
		u.Scheme = "https"
		return external, u.String()
	case strings.HasPrefix(u.Path, "/"):
		return local, u.String()
	case u.Path == "" && u.RawQuery == "":
		return fragment, "#" + safeFragment(u.Fragment)
	}
	return relative, u.String()
}

// safeFragment follows the rename of ids that the page around has.
func safeFragment(f string) string {
	if pageIDs[strings.ToLower(f)] {
		return "doc-" + f
	}
	return (&url.URL{Fragment: f}).EscapedFragment()
}

// Resolver says where a relative address of a page leads.
type Resolver func(href string) Target

// linker rewrites the addresses of one page and lists them.
type linker struct {
	resolve Resolver
	size    func(file string) (width, height int)
	lines   lineIndex
	links   []Link
	notes   []Note
}

// address rewrites one address; ok is false when it may not be followed.
func (l *linker) address(href string, image bool, line int) (out string, kind addressKind, ok bool) {
	kind, out = classify(href)
	link := Link{Href: href, Image: image, Line: line}
	switch kind {
	case forbidden:
		l.notes = append(l.notes, Note{line, "The address “" + short(href) + "” is not allowed and was taken out."})
		return "", kind, false
	case picture:
		if !image {
			l.notes = append(l.notes, Note{line, "A link to a data: address is not allowed and was taken out."})
		}
		return out, kind, image
	case relative:
		link.Relative = true
		if l.resolve != nil {
			link.Target = l.resolve(out)
			out = link.Target.URL
		}
	case fragment:
		link.Relative = true
		f, err := url.PathUnescape(strings.TrimPrefix(out, "#"))
		if err != nil {
			f = ""
		}
		link.Target = Target{Fragment: f}
	}
	l.links = append(l.links, link)
	return out, kind, true
}

func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// rewrite puts the real addresses into the links and images of a document.
func (l *linker) rewrite(doc ast.Node, source []byte) {
	var found []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if k := n.Kind(); entering && (k == ast.KindLink || k == ast.KindImage || k == ast.KindAutoLink) {
			found = append(found, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range found {
		l.one(n, source)
	}
}

func (l *linker) one(n ast.Node, source []byte) {
	line := l.lines.of(n)
	switch v := n.(type) {
	case *ast.Link:
		href, _, ok := l.address(decode(v.Destination), false, line)
		if !ok {
			unlink(v)
			return
		}
		v.Destination = []byte(href)
	case *ast.AutoLink:
		href := string(v.URL(source))
		if v.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(href), "mailto:") {
			href = "mailto:" + href
		}
		out, kind, ok := l.address(href, false, line)
		text := string(v.Label(source))
		replacement := &safeHTML{HTML: escape(text), Words: text}
		if ok && kind == external {
			replacement.HTML = anchor(out, "", escape(text))
		}
		v.Parent().ReplaceChild(v.Parent(), v, replacement)
	case *ast.Image:
		l.image(v, source, line)
	}
}

func (l *linker) image(v *ast.Image, source []byte, line int) {
	alt := plain(v, source)
	src, kind, ok := l.address(decode(v.Destination), true, line)
	switch {
	case !ok:
		v.Parent().ReplaceChild(v.Parent(), v, &safeHTML{HTML: escape(alt), Words: alt})
	case kind == external:
		l.notes = append(l.notes, Note{line, "The picture " + short(src) + " is on another site, so it is shown as a link."})
		v.Parent().ReplaceChild(v.Parent(), v, &safeHTML{HTML: heldBack(src, alt, "picture"), Words: alt})
	default:
		v.Destination = []byte(src)
		l.setSize(v)
	}
}

// setSize tells the browser how large a picture of the site is, unless its
// writer has said so. The picture is the last link that was listed.
func (l *linker) setSize(v *ast.Image) {
	if l.size == nil || len(l.links) == 0 || l.links[len(l.links)-1].Target.File == "" {
		return
	}
	_, wide := v.AttributeString("width")
	_, high := v.AttributeString("height")
	if wide || high {
		return
	}
	if w, h := l.size(l.links[len(l.links)-1].Target.File); w > 0 && h > 0 {
		v.SetAttributeString("width", []byte(strconv.Itoa(w)))
		v.SetAttributeString("height", []byte(strconv.Itoa(h)))
	}
}

// unlink leaves the words of a link and takes the link away.
func unlink(n ast.Node) {
	p := n.Parent()
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		p.InsertBefore(p, n, c)
		c = next
	}
	p.RemoveChild(p, n)
}

// decode reads what Markdown allows inside an address: escapes and entities.
func decode(b []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(b))))
}

// heldBack is a link in the place of something that is not shown here.
func heldBack(href, text, what string) string {
	if text == "" {
		text = href
	}
	host := "another site"
	if u, err := url.Parse(href); err == nil && u.Host != "" {
		host = u.Host
	}
	return `<span class="held-back">` + anchor(href, "", escape(text)) + ` <span class="muted small">(` + what + ` on ` + escape(host) + `, not loaded here)</span></span>`
}

// anchor is a link whose text is HTML already.
func anchor(href, title, inner string) string {
	out := `<a href="` + escape(href) + `"`
	if title != "" {
		out += ` title="` + escape(title) + `"`
	}
	if strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://") {
		out += ` rel="noopener noreferrer"`
	}
	return out + `>` + inner + `</a>`
}

// lineIndex finds the line of a place in a source.
type lineIndex struct {
	starts []int
	first  int // line number of the first line
}

func indexLines(src []byte, first int) lineIndex {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return lineIndex{starts, first}
}

// of is the line on which a node begins, as near as can be told.
func (x lineIndex) of(n ast.Node) int {
	at := startOf(n)
	for p := n; at < 0 && p != nil; p = p.Parent() {
		if p.Type() == ast.TypeBlock && p.Lines().Len() > 0 {
			at = p.Lines().At(0).Start
		}
	}
	return x.at(max(at, 0))
}

func (x lineIndex) at(offset int) int {
	i, found := slices.BinarySearch(x.starts, offset)
	if !found {
		i--
	}
	return x.first + i
}
