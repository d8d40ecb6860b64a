package docs

import (
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

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
	r.Register(extast.KindTableHeader, renderTableHeader)
	r.Register(extast.KindTableCell, renderTableCell)
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

// renderTableHeader leaves out a header whose cells are all empty, which some
// writers need for a table without one.
func renderTableHeader(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	empty := plain(n, source) == "" && !hasImage(n)
	switch {
	case !entering:
		return write(w, pick(empty, "", "</tr>\n</thead>\n")+pick(n.NextSibling() != nil && !empty, "<tbody>\n", ""))
	case empty:
		_, err := w.WriteString(pick(n.NextSibling() != nil, "<tbody>\n", ""))
		return ast.WalkSkipChildren, err
	}
	return write(w, "<thead>\n<tr>\n")
}

// renderTableCell writes an empty corner as a cell that heads nothing.
func renderTableCell(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	c := n.(*extast.TableCell)
	tag := "td"
	if c.Parent().Kind() == extast.KindTableHeader && (plain(c, source) != "" || hasImage(c)) {
		tag = "th"
	}
	if !entering {
		return write(w, "</"+tag+">\n")
	}
	out := "<" + tag + pick(tag == "th", ` scope="col"`, "")
	if c.Alignment != extast.AlignNone {
		out += ` align="` + c.Alignment.String() + `"`
	}
	return write(w, out+">")
}

func hasImage(n ast.Node) bool {
	found := false
	_ = ast.Walk(n, func(c ast.Node, _ bool) (ast.WalkStatus, error) {
		found = found || c.Kind() == ast.KindImage
		return ast.WalkContinue, nil
	})
	return found
}
