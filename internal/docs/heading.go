package docs

import (
	"strconv"
	"strings"
	"unicode"

	emoji "github.com/yuin/goldmark-emoji/ast"
	"github.com/yuin/goldmark/ast"
)

// slug makes an anchor of a heading the way mkdocs does: lower case, signs
// away, one hyphen for blanks. Letters of all alphabets stay.
func slug(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case r == '-' || unicode.IsSpace(r):
			gap = true
		}
	}
	if b.Len() == 0 {
		return "section"
	}
	return safeID(b.String())
}

// anchors gives out ids, each once.
type anchors struct {
	taken map[string]bool
	next  map[string]int
}

func (a *anchors) unique(id string) string {
	if !a.taken[id] {
		a.taken[id] = true
		return id
	}
	for {
		a.next[id]++
		if n := id + "_" + strconv.Itoa(a.next[id]); !a.taken[n] {
			a.taken[n] = true
			return n
		}
	}
}

// headings gives every heading an anchor and lists them.
func headings(doc ast.Node, source []byte, a *anchors) []Heading {
	var out []Heading
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		h, ok := n.(*ast.Heading)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		text := plain(h, source)
		id := ""
		if v, ok := h.AttributeString("id"); ok {
			if b, ok := v.([]byte); ok {
				id = safeID(string(b))
			}
		}
		if id == "" {
			id = slug(text)
		}
		id = a.unique(id)
		h.SetAttributeString("id", []byte(id))
		if len(out) < maxHeadings {
			out = append(out, Heading{Level: h.Level, ID: id, Text: text})
		}
		return ast.WalkSkipChildren, nil
	})
	return out
}

// plain is the text of n and all below it.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	writePlain(&b, n, source)
	return strings.TrimSpace(b.String())
}

func writePlain(b *strings.Builder, n ast.Node, source []byte) {
	switch v := n.(type) {
	case *ast.Text:
		b.Write(unescape(v.Segment.Value(source)))
		if v.SoftLineBreak() || v.HardLineBreak() {
			b.WriteByte(' ')
		}
		return
	case *ast.String:
		b.Write(v.Value)
		return
	case *ast.AutoLink:
		b.Write(v.Label(source))
		return
	case *emoji.Emoji:
		b.WriteString(string(v.Value.Unicode))
		return
	case *safeHTML:
		b.WriteString(v.Words)
		return
	case *safeBlock:
		b.WriteString(v.Words)
		return
	case *codeBlock:
		b.WriteString(v.Code)
	case *diagram:
		b.WriteString(v.Code)
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		writePlain(b, c, source)
		if c.Type() == ast.TypeBlock {
			b.WriteByte('\n')
		}
	}
}

// unescape takes the backslashes before signs away.
func unescape(s []byte) []byte {
	if !strings.Contains(string(s), `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0 {
			i++
		}
		out = append(out, s[i])
	}
	return out
}

// sections cuts a document at its headings. An admonition's heading belongs to
// the section it stands in.
func sections(doc ast.Node, source []byte, limit int) []Section {
	out := []Section{{}}
	var b strings.Builder
	flush := func() {
		out[len(out)-1].Text = strings.Join(strings.Fields(b.String()), " ")
		b.Reset()
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && len(out) < limit {
			flush()
			id, _ := h.AttributeString("id")
			anchor, _ := id.([]byte)
			out = append(out, Section{ID: string(anchor), Title: plain(h, source)})
			continue
		}
		writePlain(&b, n, source)
		b.WriteByte(' ')
	}
	flush()
	if out[0].Text == "" && len(out) > 1 {
		return out[1:]
	}
	return out
}
