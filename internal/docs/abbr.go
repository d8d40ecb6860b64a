package docs

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
)

var abbrLine = regexp.MustCompile(`(?m)^\*\[([^\]\n]{1,60})\]:[ \t]+(.+?)[ \t]*$\n?`)

// cutAbbreviations takes lines such as `*[SLA]: Service level agreement` out
// of src. Their places stay as empty lines, so that line numbers hold.
func cutAbbreviations(src []byte) ([]byte, map[string]string) {
	if !strings.Contains(string(src), "*[") {
		return src, nil
	}
	found := map[string]string{}
	inFence := false
	lines := strings.SplitAfter(string(src), "\n")
	for i, l := range lines {
		if t := strings.TrimSpace(l); strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~") {
			inFence = !inFence
		}
		if m := abbrLine.FindStringSubmatch(l); m != nil && !inFence && len(found) < 200 {
			found[m[1]], lines[i] = m[2], "\n"
		}
	}
	return []byte(strings.Join(lines, "")), found
}

// abbreviations explains the short words of a document where they stand.
func abbreviations(doc ast.Node, source []byte, known map[string]string) {
	if len(known) == 0 {
		return
	}
	words := make([]string, 0, len(known))
	for w := range known {
		words = append(words, regexp.QuoteMeta(w))
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	re, err := regexp.Compile(`\b(?:` + strings.Join(words, "|") + `)\b`)
	if err != nil {
		return // too much to look for; the page does without
	}
	var texts []*ast.Text
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.Kind() {
		case ast.KindCodeSpan, ast.KindHeading, ast.KindImage:
			return ast.WalkSkipChildren, nil
		}
		if t, ok := n.(*ast.Text); ok && entering && !t.IsRaw() {
			texts = append(texts, t)
		}
		return ast.WalkContinue, nil
	})
	for _, t := range texts {
		splitAbbr(t, source, re, known)
	}
}

func splitAbbr(t *ast.Text, source []byte, re *regexp.Regexp, known map[string]string) {
	p := t.Parent()
	for {
		m := re.FindIndex(t.Segment.Value(source))
		if m == nil || p == nil {
			return
		}
		word := string(t.Segment.Value(source)[m[0]:m[1]])
		start := t.Segment.Start
		if m[0] > 0 {
			p.InsertBefore(p, t, ast.NewTextSegment(t.Segment.WithStop(start+m[0])))
		}
		p.InsertBefore(p, t, &safeHTML{HTML: `<abbr title="` + html.EscapeString(known[word]) + `">` + html.EscapeString(word) + `</abbr>`, Words: word})
		t.Segment = t.Segment.WithStart(start + m[1])
	}
}
