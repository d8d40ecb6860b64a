package gotext

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// printed joins as fmt.Sprint does: a blank between two that are no text.
func printed(m *machine, args []any) (any, error) {
	var b strings.Builder
	wasText := true
	for i, v := range args {
		_, isText := bare(v).(string)
		s, err := m.text(v)
		if err != nil {
			return nil, err
		}
		if i > 0 && !isText && !wasText {
			b.WriteByte(' ')
		}
		if err := m.fits(b.Len() + len(s)); err != nil {
			return nil, err
		}
		b.WriteString(s)
		wasText = isText
	}
	return b.String(), nil
}

func printedLine(m *machine, args []any) (any, error) {
	parts, size := make([]string, len(args)), 0
	for i, v := range args {
		s, err := m.text(v)
		if err != nil {
			return nil, err
		}
		parts[i], size = s, size+len(s)+1
	}
	return strings.Join(parts, " ") + "\n", m.fits(size)
}

var (
	verb    = regexp.MustCompile(`%[-+# 0]*(\[[0-9]+\])?([0-9]*|\*)(\.([0-9]*|\*))?(\[[0-9]+\])?[a-zA-Z%]`)
	maxWide = 1000
)

// formatted is printf. Widths have a limit, and what it may make is
// estimated before anything is made.
func formatted(m *machine, args []any) (any, error) {
	format, ok := bare(args[0]).(string)
	if !ok {
		return nil, fmt.Errorf("the format must be a text")
	}
	if strings.Contains(format, "*") || strings.Contains(format, "%[") {
		return nil, fmt.Errorf("widths given by an argument and numbered arguments are not available")
	}
	values, largest := make([]any, 0, len(args)-1), 0
	for _, a := range args[1:] {
		v := bare(a)
		s, err := m.text(a)
		if err != nil {
			return nil, err
		}
		switch v.(type) {
		case []any, map[string]any:
			v = s
		}
		values, largest = append(values, v), max(largest, len(s))
	}
	size := len(format)
	for _, v := range verb.FindAllStringSubmatch(format, -1) {
		for _, n := range []string{v[2], v[4]} {
			if w, _ := strconv.Atoi(n); w > maxWide || len(n) > 6 {
				return nil, fmt.Errorf("a width of %.10s is more than %d", n, maxWide)
			}
		}
		size += maxWide
	}
	// A value is used once; quoting makes at most ten bytes of one.
	if err := m.fits(size + min(len(values), len(format))*largest*growth(format)); err != nil {
		return nil, err
	}
	return fmt.Sprintf(format, values...), nil
}

func growth(format string) int {
	if strings.ContainsAny(format, "qxXU#") {
		return 10
	}
	return 1
}

// escaped makes a function of an escape over all arguments, printed.
func escaped(f func(string) string) func(*machine, []any) (any, error) {
	return func(m *machine, args []any) (any, error) {
		v, err := printed(m, args)
		if err != nil {
			return nil, err
		}
		s := v.(string)
		if err := m.fits(6 * len(s)); err != nil {
			return nil, err
		}
		return f(s), nil
	}
}

func escapeHTML(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\x00", "\uFFFD")
}

func escapeQuery(s string) string { return url.QueryEscape(s) }

var jsEscapes = map[rune]string{'\\': `\\`, '\'': `\'`, '"': `\"`, '<': `\u003C`, '>': `\u003E`, '&': `\u0026`, '=': `\u003D`}

func escapeJS(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch e, ok := jsEscapes[r]; {
		case ok:
			b.WriteString(e)
		case r < ' ' || r > 127 && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
