package search

import (
	"html"
	"strings"
)

// snippetSize is about how many bytes of text a hit shows.
const snippetSize = 180

// Mark cuts text into fragments at the words that answer terms.
func Mark(text string, terms []Term) []Fragment {
	var out []Fragment
	last := 0
	eachToken(text, func(t token) bool {
		if !matchesAny(terms, t.word) {
			return true
		}
		if t.start > last {
			out = append(out, Fragment{Text: text[last:t.start]})
		}
		out = append(out, Fragment{Text: text[t.start:t.end], Hit: true})
		last = t.end
		return true
	})
	if last < len(text) {
		out = append(out, Fragment{Text: text[last:]})
	}
	return out
}

// Snippet marks the stretch of text that holds the most of terms, or its
// beginning when it holds none.
func Snippet(text string, terms []Term) []Fragment {
	text = strings.Join(strings.Fields(text), " ")
	from, to := window(text, terms)
	parts := Mark(text[from:to], terms)
	if from > 0 {
		parts = append([]Fragment{{Text: "… "}}, parts...)
	}
	if to < len(text) {
		parts = append(parts, Fragment{Text: " …"})
	}
	return parts
}

// window picks the range of text to show, at the edges of words.
func window(text string, terms []Term) (from, to int) {
	if len(text) <= snippetSize {
		return 0, len(text)
	}
	var hits []token
	eachToken(text, func(t token) bool {
		if matchesAny(terms, t.word) {
			hits = append(hits, t)
		}
		return len(hits) < 200
	})
	best := -1
	for i, h := range hits {
		found := map[int]bool{}
		for _, other := range hits[i:] {
			if other.end-h.start > snippetSize*3/4 {
				break
			}
			for k, term := range terms {
				if term.matches(other.word) {
					found[k] = true
				}
			}
		}
		if len(found) > best {
			best, from = len(found), max(0, h.start-snippetSize/4)
		}
	}
	return wordEdges(text, from, min(len(text), from+snippetSize))
}

// wordEdges moves both ends of a range to blanks.
func wordEdges(text string, from, to int) (int, int) {
	if from > 0 {
		if i := strings.IndexByte(text[from:to], ' '); i >= 0 {
			from += i + 1
		}
	}
	if to < len(text) {
		if i := strings.LastIndexByte(text[from:to], ' '); i > 0 {
			to = from + i
		}
	}
	// A text without blanks may be cut inside a rune; ends move outwards.
	for from > 0 && !runeStart(text, from) {
		from--
	}
	for to < len(text) && !runeStart(text, to) {
		to++
	}
	return from, to
}

func runeStart(s string, i int) bool { return s[i]&0xC0 != 0x80 }

func matchesAny(terms []Term, word string) bool {
	for _, t := range terms {
		if t.matches(word) {
			return true
		}
	}
	return false
}

// HTML renders fragments: escaped, hits inside <mark>.
func HTML(parts []Fragment) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Hit {
			b.WriteString("<mark>" + html.EscapeString(p.Text) + "</mark>")
		} else {
			b.WriteString(html.EscapeString(p.Text))
		}
	}
	return b.String()
}
