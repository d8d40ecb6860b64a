package expr

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// otherwise is default: its argument in place of undefined, or of all that
// is false when the second argument is true.
func otherwise(_ *machine, c call) (any, error) {
	_, gone := c.in.(*undefined)
	if gone || Truthy(c.arg(1, "boolean")) && !Truthy(c.in) {
		if v := c.arg(0, "default_value"); v != nil {
			return v, nil
		}
		return "", nil
	}
	return c.in, nil
}

func absolute(m *machine, c call) (any, error) {
	n, ok := toNumber(c.in)
	if !ok {
		return m.noNumber(c.at, "abs needs a number")
	}
	return math.Abs(n), nil
}

var leadingNumber = regexp.MustCompile(`^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`)

func parsed(v any) (float64, bool) {
	if s, ok := plain(v).(string); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(leadingNumber.FindString(s)), 64)
		return f, err == nil
	}
	return toNumber(v)
}

func toFloat(m *machine, c call) (any, error) {
	if n, ok := parsed(c.in); ok {
		return n, nil
	}
	return c.fallback(m, "a number")
}

// fallback is the filter's argument for what cannot be read, undefined when
// none is given.
func (c call) fallback(m *machine, what string) (any, error) {
	if c.has(0, "default_value") {
		return c.arg(0, "default_value"), nil
	}
	return &undefined{t: m.t, at: c.at, name: what + " in what is none"}, nil
}

var leadingDigits = regexp.MustCompile(`^\s*[+-]?(0[xX])?[0-9a-zA-Z]+`)

// toInt reads the number at the start of a text, as parseInt does.
func toInt(m *machine, c call) (any, error) {
	base := c.int(1, "base", 10)
	if n, ok := plain(c.in).(float64); ok && base == 10 {
		return math.Trunc(n), nil
	}
	s := strings.TrimSpace(leadingDigits.FindString(toText(c.in)))
	digits := strings.TrimLeft(s, "+-")
	if base == 16 {
		digits = strings.TrimPrefix(strings.TrimPrefix(digits, "0x"), "0X")
	}
	if base < 2 || base > 36 {
		return nil, fmt.Errorf("a base of 2 to 36 is possible")
	}
	n, read := 0.0, 0
	for _, d := range digits {
		v := strings.IndexRune("0123456789abcdefghijklmnopqrstuvwxyz", unicode.ToLower(d))
		if v < 0 || v >= base {
			break
		}
		n, read = n*float64(base)+float64(v), read+1
	}
	if read == 0 {
		return c.fallback(m, "a whole number")
	}
	if strings.HasPrefix(s, "-") {
		n = -n
	}
	return n, nil
}

func round(m *machine, c call) (any, error) {
	n, ok := toNumber(c.in)
	if !ok {
		return m.noNumber(c.at, "round needs a number")
	}
	f := math.Pow(10, float64(min(max(c.int(0, "precision", 0), -15), 15)))
	switch c.text(1, "method", "common") {
	case "ceil":
		return math.Ceil(n*f) / f, nil
	case "floor":
		return math.Floor(n*f) / f, nil
	}
	return math.Floor(n*f+0.5) / f, nil
}

// dig follows a path such as a.b[0].c; nil when it ends.
func dig(v any, path string) any {
	for _, key := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		x, ok := member(plain(v), key, strings.Trim(key, `"'`))
		if !ok {
			return nil
		}
		v = x
	}
	return v
}

// pick reads a path in an object.
func pick(_ *machine, c call) (any, error) {
	if u, ok := c.in.(*undefined); ok {
		return u, nil
	}
	return dig(c.in, c.text(0, "path", "")), nil
}

// parseRepoURL reads host?owner=o&repo=r.
func parseRepoURL(_ *machine, c call) (any, error) {
	if u, ok := c.in.(*undefined); ok {
		return u, nil
	}
	repo, err := RepoURL(toText(c.in))
	if err != nil {
		return nil, err
	}
	return repo, nil
}

// RepoURL reads a repository address of the form host?owner=o&repo=r into
// its parts; those that are not given are absent.
func RepoURL(s string) (map[string]any, error) {
	host, query, _ := strings.Cut(strings.TrimPrefix(s, "https://"), "?")
	q, err := url.ParseQuery(query)
	if err != nil || host == "" || query == "" {
		return nil, fmt.Errorf("%q is not a repository address; write host?owner=OWNER&repo=NAME", s)
	}
	out := map[string]any{"host": strings.TrimSuffix(host, "/")}
	for _, key := range []string{"owner", "repo", "organization", "workspace", "project"} {
		if v := q.Get(key); v != "" {
			out[key] = v
		}
	}
	if out["repo"] == nil && out["project"] == nil {
		return nil, fmt.Errorf("%q names no repo", s)
	}
	return out, nil
}

func projectSlug(_ *machine, c call) (any, error) {
	if u, ok := c.in.(*undefined); ok {
		return u, nil
	}
	repo, err := RepoURL(toText(c.in))
	if err != nil {
		return nil, err
	}
	return toText(repo["owner"]) + "/" + toText(repo["repo"]), nil
}

// parseEntityRef reads kind:namespace/name into its parts.
func parseEntityRef(_ *machine, c call) (any, error) {
	if u, ok := c.in.(*undefined); ok {
		return u, nil
	}
	ref, kind, namespace := toText(c.in), "", "default"
	if opts, ok := c.arg(0, "context").(map[string]any); ok {
		kind = toText(opts["defaultKind"])
		if ns := toText(opts["defaultNamespace"]); ns != "" {
			namespace = ns
		}
	}
	rest := ref
	if k, r, ok := strings.Cut(rest, ":"); ok {
		kind, rest = k, r
	}
	if ns, r, ok := strings.Cut(rest, "/"); ok {
		namespace, rest = ns, r
	}
	if kind == "" || rest == "" || strings.ContainsAny(rest, ":/") {
		return nil, fmt.Errorf("%q is not an entity reference; write kind:namespace/name", ref)
	}
	return map[string]any{"kind": strings.ToLower(kind), "namespace": strings.ToLower(namespace), "name": strings.ToLower(rest)}, nil
}
