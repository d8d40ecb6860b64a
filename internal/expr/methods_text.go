package expr

import (
	"slices"
	"strings"
	"unicode"
)

// pythonText are the methods that texts have for cookiecutter alone.
var pythonText = map[string]bool{"lower": true, "upper": true, "strip": true, "startswith": true, "endswith": true, "capitalize": true, "title": true}

var textMethods map[string]func(m *machine, s string, c call) (any, error)

func init() {
	of := func(f func(string) string) func(*machine, string, call) (any, error) {
		return func(_ *machine, s string, _ call) (any, error) { return f(s), nil }
	}
	textMethods = map[string]func(*machine, string, call) (any, error){
		"toLowerCase": of(strings.ToLower), "lower": of(strings.ToLower), "toUpperCase": of(strings.ToUpper), "upper": of(strings.ToUpper),
		"trim": of(strings.TrimSpace), "strip": of(strings.TrimSpace), "toString": of(same), "capitalize": of(capitalize), "title": of(title),
		"trimStart":  of(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }),
		"trimEnd":    of(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }),
		"includes":   includesText,
		"startsWith": startsWith, "startswith": startsWith, "endsWith": endsWith, "endswith": endsWith,
		"indexOf": indexOfText, "lastIndexOf": lastIndexOfText, "charAt": charAt, "charCodeAt": charCodeAt, "concat": concatText,
		"slice": sliceText, "substring": substring, "split": split, "replace": replaceText,
		"replaceAll": replaceAllText, "repeat": repeat, "padStart": padStart, "padEnd": padEnd,
	}
}

// from cuts a text at the position of argument i and returns what follows.
func from(s string, c call, i int) (rest string, at int) {
	u := units(s)
	at = min(max(c.int(i, "", 0), 0), len(u))
	return fromUnits(u[at:]), at
}

func includesText(_ *machine, s string, c call) (any, error) {
	rest, _ := from(s, c, 1)
	return strings.Contains(rest, sought(c)), nil
}

// sought is the text that is looked for; nothing given is "undefined", as in
// JavaScript.
func sought(c call) string {
	if len(c.args) == 0 {
		return "undefined"
	}
	return asText(c.args[0])
}

func startsWith(_ *machine, s string, c call) (any, error) {
	rest, _ := from(s, c, 1)
	return strings.HasPrefix(rest, sought(c)), nil
}

func endsWith(_ *machine, s string, c call) (any, error) {
	if c.has(1, "") {
		u := units(s)
		s = fromUnits(u[:min(max(c.int(1, "", 0), 0), len(u))])
	}
	return strings.HasSuffix(s, sought(c)), nil
}

func indexOfText(_ *machine, s string, c call) (any, error) {
	rest, at := from(s, c, 1)
	i := strings.Index(rest, sought(c))
	if i < 0 {
		return -1.0, nil
	}
	return float64(at + textLen(rest[:i])), nil
}

func lastIndexOfText(_ *machine, s string, c call) (any, error) {
	what := sought(c)
	if c.has(1, "") {
		u := units(s)
		s = fromUnits(u[:min(max(c.int(1, "", 0), 0)+textLen(what), len(u))])
	}
	i := strings.LastIndex(s, what)
	if i < 0 {
		return -1.0, nil
	}
	return float64(textLen(s[:i])), nil
}

func charAt(_ *machine, s string, c call) (any, error) {
	if u, i := units(s), c.int(0, "", 0); i >= 0 && i < len(u) {
		return fromUnits(u[i : i+1]), nil
	}
	return "", nil
}

func charCodeAt(m *machine, s string, c call) (any, error) {
	if u, i := units(s), c.int(0, "", 0); i >= 0 && i < len(u) {
		return float64(u[i]), nil
	}
	return m.noNumber(c.at, "there is no character %d", c.int(0, "", 0))
}

func concatText(m *machine, s string, c call) (any, error) {
	parts, size := []string{s}, len(s)
	for _, a := range c.args {
		t := asText(a)
		if size += len(t); m.fits(size) != nil {
			return nil, m.fits(size)
		}
		parts = append(parts, t)
	}
	return strings.Join(parts, ""), m.spend(c.at, size)
}

func sliceText(_ *machine, s string, c call) (any, error) {
	u := units(s)
	from, to := bounds(c, len(u))
	return fromUnits(u[from:max(from, to)]), nil
}

// bounds reads from and to of slice(); negative ones count from the end.
func bounds(c call, n int) (int, int) {
	at := func(i, otherwise int) int {
		v := c.int(i, "", otherwise)
		if v < 0 {
			v += n
		}
		return min(max(v, 0), n)
	}
	return at(0, 0), at(1, n)
}

func substring(_ *machine, s string, c call) (any, error) {
	u := units(s)
	from, to := min(max(c.int(0, "", 0), 0), len(u)), min(max(c.int(1, "", len(u)), 0), len(u))
	return fromUnits(u[min(from, to):max(from, to)]), nil
}

func split(m *machine, s string, c call) (any, error) {
	if err := m.spend(c.at, len(s)); err != nil {
		return nil, err
	}
	if len(c.args) == 0 {
		if m.t.opts.Cookiecutter {
			return toList(strings.Fields(s)), nil
		}
		return []any{s}, nil
	}
	var parts []string
	if p, ok := c.args[0].(*pattern); ok {
		parts = p.re.Split(s, -1)
	} else if by := asText(c.args[0]); by == "" {
		for _, u := range units(s) {
			parts = append(parts, fromUnits([]uint16{u}))
		}
	} else {
		parts = strings.Split(s, by)
	}
	if n := c.int(1, "", -1); n >= 0 && n < len(parts) {
		parts = parts[:n]
	}
	return toList(parts), m.spend(c.at, 16*len(parts))
}

func toList(parts []string) []any {
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

// replaceText replaces the first occurrence, as in JavaScript; in
// cookiecutter every one, as in Python.
func replaceText(m *machine, s string, c call) (any, error) {
	if p, ok := c.arg(0, "").(*pattern); ok {
		return replacePattern(m, s, p, c.text(1, "", ""))
	}
	if m.t.opts.Cookiecutter {
		return replaceAllText(m, s, c)
	}
	old, with := sought(c), asText(c.arg(1, ""))
	i := strings.Index(s, old)
	if i < 0 {
		return s, nil
	}
	with = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(with, "$$", "\x00"), "$&", old), "\x00", "$")
	return s[:i] + with + s[i+len(old):], m.fits(len(s) + len(with))
}

func replaceAllText(m *machine, s string, c call) (any, error) {
	return replace(m, call{in: s, args: []any{c.arg(0, ""), c.text(1, "", "")}})
}

func repeat(m *machine, s string, c call) (any, error) {
	n := max(0, c.int(0, "", 0))
	if err := m.fits(n * max(1, len(s))); err != nil {
		return nil, err
	}
	return strings.Repeat(s, n), m.spend(c.at, n*len(s))
}

func padding(m *machine, s string, c call) (string, error) {
	n, pad := c.int(0, "", 0)-len([]rune(s)), []rune(c.text(1, "", " "))
	if n <= 0 || len(pad) == 0 {
		return "", nil
	}
	if err := m.fits(4 * n); err != nil {
		return "", err
	}
	return string(slices.Repeat(pad, n/len(pad)+1)[:n]), nil
}

func padStart(m *machine, s string, c call) (any, error) {
	p, err := padding(m, s, c)
	return p + s, err
}

func padEnd(m *machine, s string, c call) (any, error) {
	p, err := padding(m, s, c)
	return s + p, err
}
