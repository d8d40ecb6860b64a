package expr

import (
	"fmt"
	"html"
	"math"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text makes a filter of a function on text.
func text(f func(string) string) filter {
	return func(_ *machine, c call) (any, error) { return f(toText(c.in)), nil }
}

func same(s string) string  { return s }
func lower(s string) string { return strings.ToLower(s) }
func upper(s string) string { return strings.ToUpper(s) }
func trim(s string) string  { return strings.TrimSpace(s) }
func nl2br(s string) string { return regexp.MustCompile(`\r\n|\n`).ReplaceAllString(s, "<br />\n") }

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + strings.ToLower(s[n:])
}

func title(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = capitalize(w)
	}
	return strings.Join(words, " ")
}

// fits refuses a text of n bytes that would be too long.
func (m *machine) fits(n int) error {
	if n > m.t.opts.Limits.Output {
		return fmt.Errorf("this makes more than %d bytes", m.t.opts.Limits.Output)
	}
	return nil
}

func center(m *machine, c call) (any, error) {
	s, width := toText(c.in), c.int(0, "width", 80)
	pad := width - utf8.RuneCountInString(s)
	if pad <= 0 {
		return s, nil
	}
	if err := m.fits(width); err != nil {
		return nil, err
	}
	left := pad / 2
	return strings.Repeat(" ", left) + s + strings.Repeat(" ", pad-left), nil
}

// escape is for HTML. Golden paths make files of many kinds, so nothing is
// escaped unless it is asked for.
func escape(m *machine, c call) (any, error) {
	if s, ok := c.in.(safe); ok {
		return s, nil
	}
	return forceEscape(m, c)
}

func forceEscape(_ *machine, c call) (any, error) {
	s := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "`", "&#96;").Replace(toText(c.in))
	return safe(s), nil
}

func markSafe(_ *machine, c call) (any, error) { return safe(toText(c.in)), nil }

func indent(m *machine, c call) (any, error) {
	width := c.int(0, "width", 4)
	lines := strings.Split(toText(c.in), "\n")
	if err := m.fits(max(width, 0) * len(lines)); err != nil {
		return nil, err
	}
	pad := strings.Repeat(" ", max(width, 0))
	for i, l := range lines {
		if i > 0 || i == 0 && Truthy(c.arg(1, "indentfirst")) {
			lines[i] = pad + l
		}
	}
	return strings.Join(lines, "\n"), nil
}

func replace(m *machine, c call) (any, error) {
	s, with := toText(c.in), c.text(1, "new", "")
	if p, ok := c.arg(0, "old").(*pattern); ok {
		return replacePattern(m, s, p, with)
	}
	old, n := c.text(0, "old", ""), c.int(2, "count", -1)
	if old == "" {
		n = -1
	}
	count := strings.Count(s, old)
	if n >= 0 {
		count = min(count, n)
	}
	if err := m.fits(len(s) + count*len(with)); err != nil {
		return nil, err
	}
	return strings.Replace(s, old, with, n), nil
}

func replacePattern(m *machine, s string, p *pattern, with string) (any, error) {
	if err := m.fits(len(s) + (len(s)+1)*len(with)); err != nil {
		return nil, err
	}
	template := regexp.MustCompile(`\$(\d+|&)`).ReplaceAllStringFunc(strings.ReplaceAll(with, "$$", "\x00"), func(g string) string {
		if g == "$&" {
			return "${0}"
		}
		return "${" + g[1:] + "}"
	})
	template = strings.ReplaceAll(template, "\x00", "$$")
	if p.all {
		return p.re.ReplaceAllString(s, template), nil
	}
	at := p.re.FindStringSubmatchIndex(s)
	if at == nil {
		return s, nil
	}
	return s[:at[0]] + string(p.re.ExpandString(nil, template, s, at)) + s[at[1]:], nil
}

var tag = regexp.MustCompile(`<\/?([a-zA-Z][a-zA-Z0-9]*)\b[^>]*>|<!--[\s\S]*?-->`)

func striptags(_ *machine, c call) (any, error) {
	s := strings.TrimSpace(stripped(toText(c.in)))
	if !Truthy(c.arg(0, "preserve_linebreaks")) {
		return blanks.ReplaceAllString(s, " "), nil
	}
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = manyBlanks.ReplaceAllString(strings.Trim(l, " "), " ")
	}
	return manyBreaks.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"), nil
}

var (
	blanks     = regexp.MustCompile(`\s+`)
	manyBlanks = regexp.MustCompile(` +`)
	manyBreaks = regexp.MustCompile(`\n\n\n+`)
)

// stripped takes tags out until none is left: what stands around a tag may
// become one.
func stripped(s string) string {
	for range 10 {
		out := tag.ReplaceAllString(s, "")
		if out == s {
			break
		}
		s = out
	}
	return s
}

func truncate(_ *machine, c call) (any, error) {
	s, n := []rune(toText(c.in)), max(0, c.int(0, "length", 255))
	if n == 0 {
		n = 255
	}
	if len(s) <= n {
		return string(s), nil
	}
	cut := string(s[:n])
	if !Truthy(c.arg(1, "killwords")) {
		if i := strings.LastIndexByte(cut, ' '); i > 0 {
			cut = cut[:i]
		}
	}
	return cut + c.text(2, "end", "..."), nil
}

// component escapes a part of an address as JavaScript does.
func component(s string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(s))
}

func urlencode(_ *machine, c call) (any, error) {
	var parts []string
	switch v := plain(c.in).(type) {
	case string:
		return component(v), nil
	case []any:
		for _, x := range v {
			if kv, ok := x.([]any); ok && len(kv) == 2 {
				parts = append(parts, component(asText(kv[0]))+"="+component(asText(kv[1])))
			}
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			parts = append(parts, component(k)+"="+component(asText(v[k])))
		}
	}
	return strings.Join(parts, "&"), nil
}

var (
	wordOrBlank = regexp.MustCompile(`\s+|\S+`)
	punctuated  = regexp.MustCompile(`^(?:\(|<|&lt;)?(.*?)(?:\.|,|\)|&gt;)?$`)
	webAddress  = regexp.MustCompile(`^https?://`)
	bareAddress = regexp.MustCompile(`^www\.|\.(?:org|net|com)(?::|/|$)`)
	mailAddress = regexp.MustCompile("(?i)^[\\w.!#$%&'*+\\-/=?^`{|}~]+@[a-z\\d-]+(\\.[a-z\\d-]+)+$")
)

// urlize makes links of what looks like an address. A link replaces the
// signs around it, as in the reference; what is in it is escaped.
func urlize(m *machine, c call) (any, error) {
	length, rel := c.int(0, "length", math.MaxInt32), ""
	if Truthy(c.arg(1, "nofollow")) {
		rel = ` rel="nofollow"`
	}
	in := toText(c.in)
	if err := m.fits(8 * len(in)); err != nil {
		return nil, err
	}
	return wordOrBlank.ReplaceAllStringFunc(in, func(word string) string {
		inner := word
		if found := punctuated.FindStringSubmatch(word); found != nil {
			inner = found[1]
		}
		u := units(inner)
		shown, href := fromUnits(u[:min(max(length, 0), len(u))]), ""
		switch {
		case webAddress.MatchString(inner):
			href = inner
		case mailAddress.MatchString(inner):
			href, rel, shown = "mailto:"+inner, "", inner
		case bareAddress.MatchString(inner):
			href = "http://" + inner
		default:
			return word
		}
		return `<a href="` + html.EscapeString(href) + `"` + rel + `>` + html.EscapeString(shown) + `</a>`
	}), nil
}

var word = regexp.MustCompile(`\w+`)

func wordcount(_ *machine, c call) (any, error) {
	if s := toText(c.in); s != "" {
		return float64(len(word.FindAllStringIndex(s, -1))), nil
	}
	return nil, nil
}

// dump is JSON.
func dump(_ *machine, c call) (any, error) {
	spaces := ""
	switch v := c.arg(0, "spaces").(type) {
	case string:
		spaces = v[:min(len(v), 10)]
	case float64:
		spaces = strings.Repeat(" ", int(min(max(v, 0), 10)))
	}
	if u, ok := c.in.(*undefined); ok {
		return u, nil
	}
	return jsonText(c.in, spaces), nil
}
