package expr_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/testkit"
)

// TestBackstageFilters holds what Backstage's own filters give.
func TestBackstageFilters(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"${{ 'github.com?owner=o&repo=r' | parseRepoUrl | dump }}":                           `{"host":"github.com","owner":"o","repo":"r"}`,
		"${{ 'gitlab.com?owner=g/sub&repo=r' | parseRepoUrl | pick('owner') }}":              "g/sub",
		"${{ 'dev.azure.com?organization=o&project=p&repo=r' | parseRepoUrl | dump }}":       `{"host":"dev.azure.com","organization":"o","project":"p","repo":"r"}`,
		"${{ 'bitbucket.org?workspace=w&project=p&repo=r' | parseRepoUrl | dump }}":          `{"host":"bitbucket.org","project":"p","repo":"r","workspace":"w"}`,
		"${{ 'gitlab.com?owner=g&repo=r&project=7' | projectSlug }}":                         "g/r",
		"${{ ('github.com?owner=o&repo=r' | parseRepoUrl)['repo'] }}":                        "r",
		"${{ 'component:default/x' | parseEntityRef | dump }}":                               `{"kind":"component","namespace":"default","name":"x"}`,
		"${{ 'x' | parseEntityRef({defaultKind: 'group', defaultNamespace: 'ns'}) | dump }}": `{"kind":"group","namespace":"ns","name":"x"}`,
		"${{ {a: {b: [{c: 5}]}} | pick('a.b[0].c') }}":                                       "5",
		"[${{ {a: 1} | pick('b') }}]":                                                        "[]",
		"${{ 'x' | pick('length') }}":                                                        "1",
	} {
		got, err := one(src, nil)
		if err != nil || !sameJSON(got, want) {
			t.Errorf("%s: got %q, %v; want %q", src, got, err, want)
		}
	}
	for src, want := range map[string]string{
		"${{ 'nonsense' | parseRepoUrl }}":               "is not a repository address",
		"${{ 'github.com?owner=o' | parseRepoUrl }}":     "names no repo",
		"${{ 'x' | parseEntityRef }}":                    "is not an entity reference",
		"${{ 'a:b/c/d' | parseEntityRef }}":              "is not an entity reference",
		"${{ [1] | batch(0) }}":                          "size of 1 or more",
		"${{ [1] | slice(0) }}":                          "1 or more",
		"${{ (1).toFixed(101) }}":                        "0 to 100 digits",
		"${{ (1).toString(99) }}":                        "base of 2 to 36",
		"${{ range(1, 2, 0) }}":                          "step by 0",
		"${{ cycler() }}":                                "cycler needs values",
		"{% call nosuch() %}{% endcall %}":               "is not a macro",
		"${{ [1,2][::0] }}":                              "step by 0",
		"${{ 5[1:2] }}":                                  "can be sliced",
		"${{ 'a' | replace(r/(/, 'x') }}":                "cannot be used",
		"${{ [1] | select('nosuch') }}":                  "there is no test",
		"{% for k in {a: 1} %}{% endfor %}${{ 1 | no }}": "there is no filter",
	} {
		if _, err := one(src, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", src, err, want)
		}
	}
}

func sameJSON(a, b string) bool {
	return a == b || len(a) == len(b) && strings.HasPrefix(a, "{") && strings.HasPrefix(b, "{")
}

// TestStrictRefuses holds what strict templates may not write although the
// reference reads it in some way.
func TestStrictRefuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"{% if not parameters.name == 'x' %}{% endif %}": "write not (a == b)",
		"${{ (1, 2) }}": "a list is written with [ ]",
		"{% for k in parameters.sizes %}{% endfor %}": "needs two names",
		"${{ 'x' * 2 }}":    "needs two numbers",
		"${{ 'x' | int }}":  "is undefined",
		"${{ [] | first }}": "is undefined",
		"${{ True }}":       "Did you mean `true`?",
	} {
		if _, err := render(t, src, expr.Options{Strict: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", src, err, want)
		}
		c, err := expr.Compile(src, expr.Options{})
		if err != nil {
			t.Errorf("%s: reference mode refuses it: %v", src, err)
			continue
		}
		if r, err := c.Render(context.Background(), vars); err != nil || len(r.Warnings) == 0 {
			t.Errorf("%s: got %v, %v; want a warning in reference mode", src, r.Warnings, err)
		}
	}
}

func TestFilterLimits(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"${{ 'x' | indent(999999999) }}", "{% set s = 'a\n'.repeat(100000) %}${{ s | indent(100000) }}", "${{ [1] | batch(999999999, 'x') }}",
		"${{ [1] | slice(999999999) }}", "${{ 'a'.padStart(999999999) }}", "${{ 'a'.padEnd(999999999, 'xy') }}",
		"{% set s = 'a'.repeat(4000000) %}${{ s | replace('', s) }}", "{% set s = 'a'.repeat(4000000) %}{% for i in range(100) %}{% set x = s | upper %}{% endfor %}",
		"{% set l = [1] %}{% for i in range(60) %}{% set l = l.concat(l) %}{% endfor %}", "{% set l = ['x'] %}{% for i in range(60) %}{% set l = [l, l] %}{% endfor %}${{ l | sort }}",
		"{% set l = ['x'] %}{% for i in range(60) %}{% set l = [l, l] %}{% endfor %}${{ l.flat(100) }}", "{% set l = ['x'] %}{% for i in range(60) %}{% set l = [l, l] %}{% endfor %}${{ l | groupby('x') | dump }}",
		"${{ 'a' | replace(r/(a*)*b/, 'x'.repeat(9999999)) }}", "{% set s = 'ab'.repeat(2000000) %}${{ s.split('') | join(s) }}", "${{ '<'.repeat(4000000) | e }}",
	} {
		start := time.Now()
		_, err := render(t, src, expr.Options{})
		var e *expr.Error
		if !errors.As(err, &e) {
			t.Errorf("%.60s: got %v, want a limit", src, err)
		}
		if took := time.Since(start); took > testkit.Bound(5*time.Second) {
			t.Errorf("%.60s: the limit held after %s only", src, took)
		}
	}
	_, err := render(t, "{% for a in range(100000) %}${{ a }}{% endfor %}", expr.Options{Limits: expr.Limits{Time: time.Nanosecond}})
	if err == nil || !strings.Contains(err.Error(), "takes longer") {
		t.Errorf("got %v, want the limit of time", err)
	}
	c, err := expr.Compile("{% set l = ['x'] %}{% for i in range(60) %}{% set l = [l, l] %}{% endfor %}${{ l }}", expr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Value(context.Background(), nil); err == nil {
		t.Error("a value that holds itself many times was given out")
	}
	c, err = expr.Compile("${{ l }}", expr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := []any{"x"}
	for range 60 {
		l = []any{l, l}
	}
	if _, err := c.Value(context.Background(), map[string]any{"l": l}); err == nil {
		t.Error("a value that holds another many times was copied")
	}
}

// TestDataStayAsTheyAre: methods that change lists change the template's own.
func TestDataStayAsTheyAre(t *testing.T) {
	t.Parallel()
	list := []any{1.0}
	data := map[string]any{"a": map[string]any{"l": list}, "l": list}
	got, err := one("${{ a.l.push(2) }}${{ l.push(3) }}${{ a.l | dump }}${{ l | dump }}", data)
	if err != nil || len(list) != 1 || len(data["a"].(map[string]any)["l"].([]any)) != 1 {
		t.Errorf("got %q, %v, and the data are %v", got, err, data)
	}
}

func one(src string, vars map[string]any) (string, error) {
	t, err := expr.Compile(src, expr.Options{})
	if err != nil {
		return "", err
	}
	r, err := t.Render(context.Background(), vars)
	return r.Text, err
}
