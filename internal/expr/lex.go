package expr

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString
	tokRegexp
	tokOp
)

type token struct {
	kind tokenKind
	text string // name, operator, number as written, string's value, regexp's flags + "/" + source
	at   int
}

type pieceKind uint8

const (
	pieceText pieceKind = iota
	pieceOutput
	pieceBlock
)

// piece is a stretch of text or one tag with its tokens.
type piece struct {
	kind   pieceKind
	text   string
	tokens []token
	at     int // of the text or of the tag's inside
}

// lexer cuts a source into pieces.
type lexer struct {
	t        *Template
	src      string
	pos      int
	opening  string // of values
	pieces   []piece
	trimNext bool // cut blanks of the next text (-%} or -}})
	cutBreak bool // cut one line break of the next text (trim_blocks)
}

var rawEnd = map[string]*regexp.Regexp{
	"raw":      regexp.MustCompile(`\{%(-?)\s*endraw\s*(-?)%\}`),
	"verbatim": regexp.MustCompile(`\{%(-?)\s*endverbatim\s*(-?)%\}`),
}

func (t *Template) lex() ([]piece, error) {
	l := &lexer{t: t, src: t.src, opening: "${{"}
	if t.opts.Cookiecutter {
		l.opening = "{{"
	}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return l.pieces, nil
}

// next takes the text up to the next tag, and the tag.
func (l *lexer) next() error {
	rest := l.src[l.pos:]
	at, kind := len(rest), ""
	for _, k := range []string{l.opening, "{%", "{#"} {
		if i := strings.Index(rest[:min(at+2, len(rest))], k); i >= 0 && i < at {
			at, kind = i, k
		}
	}
	text, start := rest[:at], l.pos
	l.pos += at + len(kind)
	minus := kind != "" && strings.HasPrefix(l.src[l.pos:], "-")
	l.text(text, start, minus, kind == "{%")
	switch kind {
	case "":
		return nil
	case "{#":
		end := strings.Index(l.src[l.pos:], "#}")
		if end < 0 {
			return l.t.fail(l.pos-2, "this comment is not closed with #}")
		}
		l.trimNext = end > 0 && l.src[l.pos+end-1] == '-'
		l.pos += end + 2
		return nil
	case "{%":
		return l.tag(pieceBlock, "%}", minus)
	default:
		return l.tag(pieceOutput, "}}", minus)
	}
}

// text adds plain text, cut as the tags around it ask.
func (l *lexer) text(s string, at int, minus, block bool) {
	if l.trimNext {
		cut := strings.TrimLeftFunc(s, unicode.IsSpace)
		at += len(s) - len(cut)
		s = cut
	} else if l.cutBreak {
		cut := strings.TrimPrefix(strings.TrimPrefix(s, "\r"), "\n")
		at += len(s) - len(cut)
		s = cut
	}
	l.trimNext, l.cutBreak = false, false
	if minus {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
	} else if block && l.t.opts.LstripBlocks {
		cut := strings.TrimRight(s, " \t")
		if cut == "" && (at == 0 || l.src[at-1] == '\n') || strings.HasSuffix(cut, "\n") {
			s = cut
		}
	}
	if s != "" {
		l.pieces = append(l.pieces, piece{kind: pieceText, text: s, at: at})
	}
}

// tag takes the tokens up to closing.
func (l *lexer) tag(kind pieceKind, closing string, minus bool) error {
	start := l.pos
	if minus {
		l.pos++
	}
	p := piece{kind: kind, at: start}
	braces := 0
	for {
		l.blanks()
		rest := l.src[l.pos:]
		if rest == "" {
			return l.t.fail(start, "this tag is not closed with %s", closing)
		}
		if braces == 0 && (strings.HasPrefix(rest, closing) || strings.HasPrefix(rest, "-"+closing)) {
			l.trimNext = rest[0] == '-'
			l.cutBreak = kind == pieceBlock && l.t.opts.TrimBlocks
			l.pos += len(closing)
			if l.trimNext {
				l.pos++
			}
			break
		}
		tok, err := l.token(len(p.tokens) > 0 && p.tokens[len(p.tokens)-1].text == "." && p.tokens[len(p.tokens)-1].kind == tokOp)
		if err != nil {
			return err
		}
		if tok.kind == tokOp {
			switch tok.text {
			case "{", "[", "(":
				braces++
			case "}", "]", ")":
				braces = max(0, braces-1)
			}
		}
		p.tokens = append(p.tokens, tok)
	}
	if kind == pieceBlock && len(p.tokens) == 1 && rawEnd[p.tokens[0].text] != nil {
		return l.raw(rawEnd[p.tokens[0].text], start)
	}
	l.pieces = append(l.pieces, p)
	return nil
}

// raw takes the text up to the end of a raw block as it is.
func (l *lexer) raw(end *regexp.Regexp, start int) error {
	loc := end.FindStringSubmatchIndex(l.src[l.pos:])
	if loc == nil {
		return l.t.fail(start, "this raw block is not ended")
	}
	l.text(l.src[l.pos:l.pos+loc[0]], l.pos, loc[3] > loc[2], false)
	l.trimNext = loc[5] > loc[4]
	l.pos += loc[1]
	return nil
}

func (l *lexer) blanks() {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		l.pos++
	}
}

var operators = []string{"===", "!==", "==", "!=", "<=", ">=", "//", "**", "<", ">", "+", "-", "*", "/", "%", "~", "|", ".", ",", ":", "=", "(", ")", "[", "]", "{", "}"}

var number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`)

// token takes one token; there is at least one byte left.
// after a dot a name may begin with a digit.
func (l *lexer) token(dotted bool) (token, error) {
	at, rest := l.pos, l.src[l.pos:]
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case c == '"' || c == '\'':
		return l.quoted(byte(c))
	case c == 'r' && strings.HasPrefix(rest, "r/"):
		return l.regexp()
	case unicode.IsLetter(c) || c == '_' || c == '$' || dotted && c >= '0' && c <= '9':
		end := size
		for end < len(rest) {
			r, n := utf8.DecodeRuneInString(rest[end:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '$' {
				break
			}
			end += n
		}
		l.pos += end
		return token{tokName, rest[:end], at}, nil
	case c >= '0' && c <= '9':
		n := number.FindString(rest)
		l.pos += len(n)
		return token{tokNumber, n, at}, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.pos += len(op)
			return token{tokOp, op, at}, nil
		}
	}
	return token{}, l.t.fail(at, "unexpected character %q", c)
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}

func (l *lexer) quoted(quote byte) (token, error) {
	at := l.pos
	var b strings.Builder
	for i := at + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == quote:
			l.pos = i + 1
			return token{tokString, b.String(), at}, nil
		case c == '\\' && i+1 < len(l.src):
			i++
			if e, ok := escapes[l.src[i]]; ok {
				b.WriteByte(e)
			} else {
				b.WriteByte(l.src[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return token{}, l.t.fail(at, "this text is not closed with %c", quote)
}

func (l *lexer) regexp() (token, error) {
	at := l.pos
	for i := at + 2; i < len(l.src) && l.src[i] != '\n'; i++ {
		if l.src[i] == '\\' {
			i++
			continue
		}
		if l.src[i] == '/' {
			end := i + 1
			for end < len(l.src) && strings.IndexByte("gimy", l.src[end]) >= 0 {
				end++
			}
			l.pos = end
			return token{tokRegexp, l.src[i+1:end] + "/" + l.src[at+2:i], at}, nil
		}
	}
	return token{}, l.t.fail(at, "this regular expression is not closed with /")
}
