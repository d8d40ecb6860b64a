package expr

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
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

func absolute(_ *machine, c call) (any, error) {
	n, ok := toNumber(c.in)
	if !ok {
		return nil, fmt.Errorf("abs needs a number")
	}
	return math.Abs(n), nil
}

var leadingNumber = regexp.MustCompile(`^\s*[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?`)

func parsed(v any) (float64, bool) {
	if s, ok := plain(v).(string); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(leadingNumber.FindString(s)), 64)
		return f, err == nil
	}
	return toNumber(v)
}

func toFloat(_ *machine, c call) (any, error) {
	if n, ok := parsed(c.in); ok {
		return n, nil
	}
	return c.arg(0, "default_value"), nil
}

func toInt(_ *machine, c call) (any, error) {
	if base := c.int(1, "base", 10); base >= 2 && base <= 36 && base != 10 {
		if n, err := strconv.ParseInt(strings.TrimSpace(toText(c.in)), base, 64); err == nil {
			return float64(n), nil
		}
	} else if n, ok := parsed(c.in); ok {
		return math.Trunc(n), nil
	}
	if v := c.arg(0, "default_value"); v != nil {
		return v, nil
	}
	return 0.0, nil
}

func round(_ *machine, c call) (any, error) {
	n, ok := toNumber(c.in)
	if !ok {
		return nil, fmt.Errorf("round needs a number")
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
