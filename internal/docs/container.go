package docs

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var kindAdmonition = ast.NewNodeKind("Admonition")

// admonition is a box with a title: a note, a warning. As written by
// `!!! note "Title"`, `??? note` (folded), `???+ note` (unfolded) and
// `> [!NOTE]`.
type admonition struct {
	ast.BaseBlock
	Tone   string // one of admonitionTones
	Title  string
	Folds  bool
	Opened bool
}

// Kind implements ast.Node.
func (*admonition) Kind() ast.NodeKind { return kindAdmonition }

// Dump implements ast.Node.
func (n *admonition) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Tone": n.Tone, "Title": n.Title}, nil)
}

var kindTab = ast.NewNodeKind("Tab")

// tab is one of several alternatives; neighbours become a tabSet.
type tab struct {
	ast.BaseBlock
	Title string
}

// Kind implements ast.Node.
func (*tab) Kind() ast.NodeKind { return kindTab }

// Dump implements ast.Node.
func (n *tab) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Title": n.Title}, nil)
}

var kindTabSet = ast.NewNodeKind("TabSet")

// tabSet holds tabs.
type tabSet struct {
	ast.BaseBlock
	Number int
}

// Kind implements ast.Node.
func (*tabSet) Kind() ast.NodeKind { return kindTabSet }

// Dump implements ast.Node.
func (n *tabSet) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// indented is what blocks have in common whose content is indented by four.
type indented struct{}

// Continue implements parser.BlockParser.
func (indented) Continue(_ ast.Node, reader text.Reader, _ parser.Context) parser.State {
	line, _ := reader.PeekLine()
	if util.IsBlank(line) {
		reader.AdvanceToEOL()
		return parser.Continue | parser.HasChildren
	}
	if w, _ := util.IndentWidth(line, reader.LineOffset()); w < 4 {
		return parser.Close
	}
	pos, padding := util.IndentPosition(line, reader.LineOffset(), 4)
	reader.AdvanceAndSetPadding(pos, padding)
	return parser.Continue | parser.HasChildren
}

// Close implements parser.BlockParser.
func (indented) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements parser.BlockParser.
func (indented) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements parser.BlockParser.
func (indented) CanAcceptIndentedLine() bool { return false }

type admonitionParser struct{ indented }

// Trigger implements parser.BlockParser.
func (admonitionParser) Trigger() []byte { return []byte{'!', '?'} }

// Open implements parser.BlockParser.
func (admonitionParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 || maxDepth(pc) {
		return nil, parser.NoChildren
	}
	n := readAdmonition(string(bytes.TrimSpace(line[pos:])))
	if n == nil {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return n, parser.HasChildren
}

var admonitionLine = regexp.MustCompile(`^(!!!|\?\?\?\+?)\s+([A-Za-z][\w-]*)((?:\s+[A-Za-z][\w-]*)*)\s*(?:"(.*)")?$`)

func readAdmonition(line string) *admonition {
	m := admonitionLine.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	n := &admonition{Tone: toneOf(m[2]), Title: m[4], Folds: m[1] != "!!!", Opened: m[1] == "???+"}
	if !strings.HasSuffix(line, `"`) {
		n.Title = titleCase(m[2])
	}
	return n
}

func titleCase(word string) string {
	return strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
}

// admonitionTones maps the words that people use to the ones that are drawn.
var admonitionTones = map[string]string{
	"note": "note", "info": "note", "todo": "note", "abstract": "note", "summary": "note", "tldr": "note", "quote": "note", "cite": "note",
	"tip": "tip", "hint": "tip", "success": "tip", "check": "tip", "done": "tip", "example": "tip",
	"important": "important", "question": "important", "help": "important", "faq": "important",
	"warning": "warning", "attention": "warning", "caution": "warning",
	"danger": "danger", "error": "danger", "failure": "danger", "fail": "danger", "missing": "danger", "bug": "danger",
}

func toneOf(word string) string {
	if t, ok := admonitionTones[strings.ToLower(word)]; ok {
		return t
	}
	return "note"
}

type tabParser struct{ indented }

// Trigger implements parser.BlockParser.
func (tabParser) Trigger() []byte { return []byte{'='} }

var tabLine = regexp.MustCompile(`^===[!+]?\s+"(.+)"$`)

// Open implements parser.BlockParser.
func (tabParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 || maxDepth(pc) {
		return nil, parser.NoChildren
	}
	m := tabLine.FindSubmatch(bytes.TrimSpace(line[pos:]))
	if m == nil {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return &tab{Title: string(m[1])}, parser.HasChildren
}

// maxDepth reports whether blocks are nested so deeply that no more are
// opened; what follows is read as text.
func maxDepth(pc parser.Context) bool { return len(pc.OpenedBlocks()) > 60 }

// groupTabs puts neighbouring tabs into one set.
func groupTabs(doc ast.Node) {
	sets := 0
	var first []*tab
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*tab); ok && entering {
			if _, after := t.PreviousSibling().(*tab); !after {
				first = append(first, t)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, t := range first {
		sets++
		set := &tabSet{Number: sets}
		t.Parent().InsertBefore(t.Parent(), t, set)
		for n := ast.Node(t); n != nil; {
			next := n.NextSibling()
			if n.Kind() != kindTab {
				break
			}
			set.AppendChild(set, n)
			n = next
		}
	}
}

var alertLine = regexp.MustCompile(`^\[!([A-Za-z]+)\]([+-]?)[ \t]*(.*?)\s*$`)

// alerts turns quotes that begin with [!NOTE] into admonitions.
func alerts(doc ast.Node, source []byte) {
	var quotes []*ast.Blockquote
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if q, ok := n.(*ast.Blockquote); ok && entering {
			quotes = append(quotes, q)
		}
		return ast.WalkContinue, nil
	})
	for _, q := range quotes {
		alert(q, source)
	}
}

func alert(q *ast.Blockquote, source []byte) {
	p, ok := q.FirstChild().(*ast.Paragraph)
	if !ok || p.Lines().Len() == 0 {
		return
	}
	first := p.Lines().At(0)
	m := alertLine.FindSubmatch(first.Value(source))
	if m == nil {
		return
	}
	n := &admonition{Tone: toneOf(string(m[1])), Title: string(m[3]), Folds: len(m[2]) > 0, Opened: string(m[2]) == "+"}
	if n.Title == "" {
		n.Title = titleCase(string(m[1]))
	}
	if strings.EqualFold(string(m[1]), "caution") {
		n.Tone = "danger" // GitHub's word for it
	}
	dropFirstLine(p)
	if p.ChildCount() == 0 {
		q.RemoveChild(q, p)
	}
	for c := q.FirstChild(); c != nil; {
		next := c.NextSibling()
		n.AppendChild(n, c)
		c = next
	}
	q.Parent().ReplaceChild(q.Parent(), q, n)
}

// dropFirstLine takes the inline nodes of the first line out of p.
func dropFirstLine(p ast.Node) {
	for c := p.FirstChild(); c != nil; {
		next := c.NextSibling()
		p.RemoveChild(p, c)
		if t, ok := c.(*ast.Text); ok && (t.SoftLineBreak() || t.HardLineBreak()) {
			return
		}
		c = next
	}
}

// startOf is the place in the source where an inline node begins, as far as
// its text tells; -1 when nothing does.
func startOf(n ast.Node) int {
	switch v := n.(type) {
	case *ast.Text:
		return v.Segment.Start
	case *ast.RawHTML:
		if v.Segments.Len() > 0 {
			return v.Segments.At(0).Start
		}
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if at := startOf(c); at >= 0 {
			return at
		}
	}
	return -1
}
