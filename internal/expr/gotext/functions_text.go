package gotext

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var textFunctions = map[string]function{
	"lower": texts(strings.ToLower), "upper": texts(strings.ToUpper), "title": texts(title), "trim": texts(strings.TrimSpace),
	"untitle": texts(untitle), "toString": texts(func(s string) string { return s }),
	"quote":      {min: 1, max: -1, do: quoted(strconv.Quote)},
	"squote":     {min: 1, max: -1, do: quoted(func(s string) string { return "'" + s + "'" })},
	"kebabcase":  texts(func(s string) string { return strings.Join(wordsOf(s), "-") }),
	"snakecase":  texts(func(s string) string { return strings.Join(wordsOf(s), "_") }),
	"camelcase":  texts(camel),
	"b64enc":     texts(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
	"trimPrefix": twoTexts(func(p, s string) any { return strings.TrimPrefix(s, p) }),
	"trimSuffix": twoTexts(func(p, s string) any { return strings.TrimSuffix(s, p) }),
	"trimAll":    twoTexts(func(p, s string) any { return strings.Trim(s, p) }),
	"hasPrefix":  twoTexts(func(p, s string) any { return strings.HasPrefix(s, p) }),
	"hasSuffix":  twoTexts(func(p, s string) any { return strings.HasSuffix(s, p) }),
	"contains":   twoTexts(func(p, s string) any { return strings.Contains(s, p) }),
	"splitList":  {min: 2, max: 2, do: splitList},
	"replace":    {min: 3, max: 3, do: replace},
	"repeat":     {min: 2, max: 2, do: repeat},
	"trunc":      {min: 2, max: 2, do: trunc},
	"indent":     {min: 2, max: 2, do: indented("")},
	"nindent":    {min: 2, max: 2, do: indented("\n")},
}

// textArg reads an argument as text.
func (m *machine) textArg(v any) (string, error) {
	if bare(v) == nil {
		return "", nil
	}
	return m.text(v)
}

func texts(f func(string) string) function {
	return function{min: 1, max: 1, do: func(m *machine, a []any) (any, error) {
		s, err := m.textArg(a[0])
		if err != nil {
			return nil, err
		}
		return f(s), m.fits(2 * len(s))
	}}
}

func twoTexts(f func(p, s string) any) function {
	return function{min: 2, max: 2, do: func(m *machine, a []any) (any, error) {
		p, err := m.textArg(a[0])
		if err != nil {
			return nil, err
		}
		s, err := m.textArg(a[1])
		return f(p, s), err
	}}
}

// title makes the first letter of each word large.
func title(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		was := start
		start = unicode.IsSpace(r)
		if was {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

func untitle(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}

// wordsOf cuts at blanks, signs and where a small letter meets a large one.
func wordsOf(s string) []string {
	var out []string
	var word strings.Builder
	was := ' '
	for _, r := range s + " " {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if word.Len() > 0 && (!letter || unicode.IsUpper(r) && unicode.IsLower(was)) {
			out = append(out, strings.ToLower(word.String()))
			word.Reset()
		}
		if letter {
			word.WriteRune(r)
		}
		was = r
	}
	return out
}

func camel(s string) string {
	words := wordsOf(s)
	for i, w := range words {
		words[i] = title(w)
	}
	return strings.Join(words, "")
}

func quoted(f func(string) string) func(*machine, []any) (any, error) {
	return func(m *machine, args []any) (any, error) {
		var out []string
		for _, a := range args {
			if bare(a) == nil {
				continue
			}
			s, err := m.text(a)
			if err != nil {
				return nil, err
			}
			if err := m.fits(4 * len(s)); err != nil {
				return nil, err
			}
			out = append(out, f(s))
		}
		return strings.Join(out, " "), nil
	}
}

func splitList(m *machine, a []any) (any, error) {
	by, err := m.textArg(a[0])
	if err != nil {
		return nil, err
	}
	s, err := m.textArg(a[1])
	if err != nil {
		return nil, err
	}
	if err := m.fits(16 * (strings.Count(s, by) + 1)); err != nil {
		return nil, err
	}
	out := []any{}
	for part := range strings.SplitSeq(s, by) {
		out = append(out, part)
	}
	return out, nil
}

func replace(m *machine, a []any) (any, error) {
	var s [3]string
	for i := range s {
		var err error
		if s[i], err = m.textArg(a[i]); err != nil {
			return nil, err
		}
	}
	if err := m.fits(len(s[2]) + strings.Count(s[2], s[0])*len(s[1])); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(s[2], s[0], s[1]), nil
}

// small reads a whole number that is not negative.
func small(v any) (int, error) {
	n, ok := bare(v).(int64)
	if !ok || n < 0 || n > 1<<30 {
		return 0, fmt.Errorf("a whole number from 0 is needed, not %s", kindOf(v))
	}
	return int(n), nil
}

func repeat(m *machine, a []any) (any, error) {
	n, err := small(a[0])
	if err != nil {
		return nil, err
	}
	s, err := m.textArg(a[1])
	if err != nil {
		return nil, err
	}
	if err := m.fits(n * len(s)); err != nil {
		return nil, err
	}
	return strings.Repeat(s, n), nil
}

func trunc(m *machine, a []any) (any, error) {
	n, ok := bare(a[0]).(int64)
	if !ok {
		return nil, fmt.Errorf("a whole number is needed, not %s", kindOf(a[0]))
	}
	s, err := m.textArg(a[1])
	r := []rune(s)
	switch {
	case n >= 0 && n < int64(len(r)):
		return string(r[:n]), err
	case n < 0 && -n < int64(len(r)):
		return string(r[int64(len(r))+n:]), err
	}
	return s, err
}

func indented(before string) func(*machine, []any) (any, error) {
	return func(m *machine, a []any) (any, error) {
		n, err := small(a[0])
		if err != nil {
			return nil, err
		}
		s, err := m.textArg(a[1])
		if err != nil {
			return nil, err
		}
		if err := m.fits(len(s) + n*(strings.Count(s, "\n")+1)); err != nil {
			return nil, err
		}
		pad := strings.Repeat(" ", n)
		return before + pad + strings.ReplaceAll(s, "\n", "\n"+pad), nil
	}
}
