package docs

import (
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/yuin/goldmark/ast"
)

var kindCode = ast.NewNodeKind("DocsCode")

// codeBlock is a block of code with what its first line asks for.
type codeBlock struct {
	ast.BaseBlock
	Lang, Title, Code string
	Numbers           int // the first line's number; 0: none
	Marked            map[int]bool
	Plain             bool // not coloured: the page has too much code
	ID                string
}

// Kind implements ast.Node.
func (*codeBlock) Kind() ast.NodeKind { return kindCode }

// Dump implements ast.Node.
func (n *codeBlock) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Lang": n.Lang}, nil)
}

var kindDiagram = ast.NewNodeKind("DocsDiagram")

// diagram is a mermaid fence; the browser draws it.
type diagram struct {
	ast.BaseBlock
	Code, Alt string
}

// Kind implements ast.Node.
func (*diagram) Kind() ast.NodeKind { return kindDiagram }

// Dump implements ast.Node.
func (n *diagram) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// codeBlocks replaces the code of a document by nodes of ours.
func codeBlocks(doc ast.Node, source []byte) {
	var found []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if k := n.Kind(); entering && (k == ast.KindFencedCodeBlock || k == ast.KindCodeBlock) {
			found = append(found, n)
		}
		return ast.WalkContinue, nil
	})
	coloured := 0
	for i, n := range found {
		info := ""
		if f, ok := n.(*ast.FencedCodeBlock); ok && f.Info != nil {
			info = string(f.Info.Segment.Value(source))
		}
		c := readInfo(info)
		c.Code, c.ID = string(n.Lines().Value(source)), "code-"+strconv.Itoa(i+1)
		coloured += len(c.Code)
		c.Plain = coloured > maxColoured
		var replacement ast.Node = c
		if c.Lang == "mermaid" {
			replacement = &diagram{Code: strings.TrimRight(c.Code, "\n"), Alt: c.Title}
		}
		replacement.SetLines(n.Lines())
		n.Parent().ReplaceChild(n.Parent(), n, replacement)
	}
}

var (
	infoLang = regexp.MustCompile(`^\{?\s*\.?([\w.+#-]*)`)
	infoList = regexp.MustCompile(`(linenums|hl_lines|title|linenostart|linenos|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|\[([^\]]*)\]|([^\s"'}]+))`)
)

// readInfo reads what stands behind a fence: the language, then title,
// linenums and hl_lines as mkdocs writes them.
func readInfo(info string) *codeBlock {
	c := &codeBlock{Lang: strings.ToLower(infoLang.FindStringSubmatch(info)[1])}
	for _, m := range infoList.FindAllStringSubmatch(info, 20) {
		value := m[2] + m[3] + m[4] + m[5]
		switch m[1] {
		case "title", "alt":
			c.Title = value
		case "hl_lines":
			c.Marked = readLines(value)
		case "linenums", "linenostart", "linenos":
			c.Numbers = 1
			if n, err := strconv.Atoi(value); err == nil && n > 0 && n < 1_000_000 {
				c.Numbers = n
			}
			if value == "false" {
				c.Numbers = 0
			}
		}
	}
	return c
}

// readLines reads "1 3-5" or "1, 3-5".
func readLines(s string) map[int]bool {
	out := map[int]bool{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '"' }) {
		from, to, ok := strings.Cut(part, "-")
		a, err := strconv.Atoi(from)
		b := a
		if ok && err == nil {
			b, err = strconv.Atoi(to)
		}
		if err != nil || b-a > 10_000 {
			continue
		}
		for i := a; i <= b; i++ {
			out[i] = true
		}
	}
	return out
}

// maxColoured is how much code of one page is coloured; the rest stays plain.
// Colouring costs about a millisecond for each kilobyte.
const maxColoured = 64 << 10

// write renders c: lines of spans, so that numbers can be drawn by the
// stylesheet and never get into what is copied.
func (c *codeBlock) write(b *strings.Builder) {
	b.WriteString(`<div class="code"><div class="code-head"><span>` + html.EscapeString(c.head()) + `</span>` +
		`<button class="btn" type="button" data-variant="ghost" data-size="xs" data-copy-from="` + c.ID + `"><span data-label>Copy</span></button></div>` +
		`<pre class="chroma`)
	if c.Numbers > 0 {
		b.WriteString(" numbered")
	}
	b.WriteString(`" tabindex="0"><code id="` + c.ID + `">`)
	line := c.Numbers
	for i, tokens := range c.tokens() {
		if !c.linewise() {
			writeTokens(b, tokens)
			continue
		}
		b.WriteString(`<span class="line`)
		if c.Marked[i+1] {
			b.WriteString(" hl")
		}
		b.WriteByte('"')
		if c.Numbers > 0 {
			b.WriteString(` data-line="` + strconv.Itoa(line) + `"`)
			line++
		}
		b.WriteByte('>')
		writeTokens(b, tokens)
		b.WriteString(`</span>`)
	}
	b.WriteString("</code></pre></div>\n")
}

func (c *codeBlock) head() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Lang
}

func (c *codeBlock) linewise() bool { return c.Numbers > 0 || len(c.Marked) > 0 }

// tokens are the coloured lines, or one plain one.
func (c *codeBlock) tokens() [][]chroma.Token {
	plain := []chroma.Token{{Type: chroma.Text, Value: c.Code}}
	all := plain
	if lexer := lexers.Get(c.Lang); c.Lang != "" && lexer != nil && !c.Plain {
		if it, err := chroma.Coalesce(lexer).Tokenise(nil, c.Code); err == nil {
			all = it.Tokens()
		}
	}
	if !c.linewise() {
		return [][]chroma.Token{all}
	}
	lines := chroma.SplitTokensIntoLines(all)
	if n := len(lines); n > 0 && len(lines[n-1]) == 0 {
		lines = lines[:n-1]
	}
	return lines
}

func writeTokens(b *strings.Builder, tokens []chroma.Token) {
	for _, t := range tokens {
		class := tokenClass(t.Type)
		if class == "" || strings.TrimSpace(t.Value) == "" {
			b.WriteString(html.EscapeString(t.Value))
			continue
		}
		b.WriteString(`<span class="` + class + `">` + html.EscapeString(t.Value) + `</span>`)
	}
}

// tokenClass is chroma's short class of a token type, empty for plain text.
func tokenClass(t chroma.TokenType) string {
	for t != 0 {
		if c, ok := chroma.StandardTypes[t]; ok {
			if t == chroma.Text || t == chroma.Punctuation || t == chroma.Name {
				return ""
			}
			return c
		}
		t = t.Parent()
	}
	return ""
}
