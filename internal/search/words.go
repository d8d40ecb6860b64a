package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is a word of a text with its place in bytes.
type token struct {
	word       string // folded
	start, end int
}

// Words splits s into folded words: lower case, without accents, letters and
// digits only. Both databases index exactly these.
func Words(s string) []string {
	var out []string
	eachToken(s, func(t token) bool { out = append(out, t.word); return true })
	return out
}

// Normal is Words joined by spaces.
func Normal(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	eachToken(s, func(t token) bool {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.word)
		return true
	})
	return b.String()
}

// eachToken calls f with each word until it returns false.
func eachToken(s string, f func(token) bool) {
	start := -1
	for i := 0; i <= len(s); {
		r, n := rune(0), 1
		if i < len(s) {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		inside := i < len(s) && isWordRune(r)
		if inside && start < 0 {
			start = i
		}
		if !inside && start >= 0 {
			if w := Fold(s[start:i]); w != "" && !f(token{w, start, i}) {
				return
			}
			start = -1
		}
		i += n
	}
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// Fold lowers s and takes its accents away.
func Fold(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Term is one word of a question with the spellings that count as it; each
// also matches as the beginning of a longer word.
type Term struct {
	Word  string
	Forms []string
}

// Terms reads a question. Words beyond the twelfth are ignored.
func Terms(text string) []Term {
	var out []Term
	seen := map[string]bool{}
	for _, w := range Words(text) {
		if seen[w] {
			continue
		}
		seen[w] = true
		out = append(out, Term{Word: w, Forms: forms(w)})
		if len(out) == maxWords {
			break
		}
	}
	return out
}

// forms adds the singular, so that "policies" finds "policy".
func forms(w string) []string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return []string{w, w[:len(w)-3] + "y"}
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
		return []string{w, w[:len(w)-1]}
	}
	return []string{w}
}

// matches reports whether a word of a text answers t.
func (t Term) matches(word string) bool {
	for _, f := range t.Forms {
		if strings.HasPrefix(word, f) {
			return true
		}
	}
	return false
}
