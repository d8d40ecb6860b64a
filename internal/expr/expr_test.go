package expr_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/testkit"
)

var vars = map[string]any{
	"parameters": map[string]any{
		"name": "refund-api", "owner": "group:default/payments-team", "port": 8080, "tags": []any{"go", "rest"}, "on": true, "off": false,
		"empty": "", "none": nil, "repoUrl": "github.com?owner=acme&repo=refund", "falseText": "false",
		"people": []any{map[string]any{"name": "Ben", "age": 40}, map[string]any{"name": "ada", "age": 36}},
		"sizes":  map[string]any{"small": 1, "large": 4},
	},
}

func render(t *testing.T, src string, o expr.Options) (string, error) {
	t.Helper()
	c, err := expr.Compile(src, o)
	if err != nil {
		return "", err
	}
	r, err := c.Render(context.Background(), vars)
	return r.Text, err
}

func TestRender(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"text alone", "plain {{ left }} alone", "plain {{ left }} alone"},
		{"value", "a ${{ parameters.name }} b", "a refund-api b"},
		{"index", "${{ parameters['name'] }} ${{ parameters.tags[1] }}", "refund-api rest"},
		{"number", "${{ parameters.port + 1 }} ${{ 7 // 2 }} ${{ 2 ** 3 }} ${{ 7 % 4 }} ${{ 1 / 4 }}", "8081 3 8 3 0.25"},
		{"text and number", "${{ 'p' + 1 }}${{ 'a' ~ 1 }}", "p1a1"},
		{"logic", "${{ parameters.empty or 'x' }} ${{ not parameters.off }} ${{ parameters.on and 'y' }}", "x true y"},
		{"compare", "${{ 1 < 2 }} ${{ '1' == 1 }} ${{ '1' === 1 }} ${{ 'a' != 'b' }} ${{ 'go' in parameters.tags }} ${{ 'x' not in parameters.tags }}", "true true false true true true"},
		{"inline if", "${{ 'a' if parameters.on else 'b' }}${{ 'a' if parameters.off }}", "a"},
		{"if", "{% if parameters.off %}a{% elif parameters.on %}b{% else %}c{% endif %}", "b"},
		{"false text is true", "{% if parameters.falseText %}yes{% endif %}", "yes"},
		{"for", "{% for t in parameters.tags %}${{ loop.index }}${{ t }}{% if not loop.last %},{% endif %}{% endfor %}", "1go,2rest"},
		{"for object", "{% for k, v in parameters.sizes %}${{ k }}=${{ v }} {% endfor %}", "large=4 small=1 "},
		{"for else", "{% for t in [] %}x{% else %}none{% endfor %}", "none"},
		{"set", "{% set n = 2 %}${{ n * 3 }}{% set s %}in ${{ n }}{% endset %}|${{ s }}", "6|in 2"},
		{"set in loop reaches out", "{% set n = 0 %}{% for t in [1,2,3] %}{% set n = n + t %}{% endfor %}${{ n }}", "6"},
		{"push", "{% set l = [] %}{% for t in [1,2] %}{% set x = l.push(t) %}{% endfor %}${{ l | join('-') }}", "1-2"},
		{"macro", "{% macro box(a, b='d') %}[${{ a }}${{ b }}]{% endmacro %}${{ box(1) }}${{ box(1, b=2) }}", "[1d][12]"},
		{"call", "{% macro w() %}<${{ caller() }}>{% endmacro %}{% call w() %}in{% endcall %}", "<in>"},
		{"filter block", "{% filter upper %}ab{% endfilter %}", "AB"},
		{"switch", "{% switch parameters.name %}{% case 'x' %}1{% case 'refund-api' %}2{% default %}3{% endswitch %}", "2"},
		{"raw", "{% raw %}${{ x }} {% if %}{% endraw %}!", "${{ x }} {% if %}!"},
		{"comment", "a{# ${{ x }} #}b", "ab"},
		{"whitespace", "a  {%- if true -%}  b  {%- endif -%}  c", "abc"},
		{"whitespace of values", "a ${{- 1 -}} b", "a1b"},
		{"brace in text", "${{ {a: {b: 1}} | dump }}", `{"a":{"b":1}}`},
		{"dump", "${{ parameters.tags | dump }}", `["go","rest"]`},
		{"dump indented", "${{ {a: [1]} | dump(2) }}", "{\n  \"a\": [\n    1\n  ]\n}"},
		{"replace", "${{ parameters.name | replace('-', '_') }}", "refund_api"},
		{"regexp", "${{ 'a1b22' | replace(r/[0-9]+/g, '#') }} ${{ 'ab'.replace(r/(a)(b)/, '$2$1') }}", "a#b# ba"},
		{"title", "${{ 'refund api' | title }} ${{ 'REFUND' | capitalize }}", "Refund Api Refund"},
		{"default", "${{ parameters.missing | default('x') }} ${{ parameters.empty | d('y', true) }}", "x y"},
		{"indent", "${{ 'a\nb' | indent(2) }}", "a\n  b"},
		{"sort", "${{ parameters.people | sort(attribute='name') | join(',', 'name') }}", "ada,Ben"},
		{"select", "${{ [1,2,3,4] | select('even') }} ${{ [1,2] | reject('eq', 1) }}", "2,4 2"},
		{"selectattr", "${{ parameters.people | selectattr('age', 'gt', 38) | join(',', 'name') }}", "Ben"},
		{"groupby and dictsort", "{% for k, v in parameters.people | groupby('age') | dictsort %}${{ k }}${{ v | length }} {% endfor %}", "361 401 "},
		{"numbers", "${{ '7.9' | int }} ${{ '7.9' | float }} ${{ 2.567 | round(1) }} ${{ -3 | abs }} ${{ [1,2] | sum }}", "7 7.9 2.6 3 3"},
		{"batch and slice", "${{ [1,2,3] | batch(2) | dump }} ${{ [1,2,3] | slice(2) | dump }}", "[[1,2],[3]] [[1,2],[3]]"},
		{"truncate", "${{ 'one two three' | truncate(8) }}", "one two..."},
		{"urlencode", "${{ 'a b&c' | urlencode }}", "a%20b%26c"},
		{"methods", "${{ 'a-b'.split('-') | join('.') }} ${{ 'Ab'.toLowerCase() }} ${{ 'abc'.slice(-2) }} ${{ [3,1].includes(1) }} ${{ (2.5).toFixed(2) }}", "a.b ab bc true 2.50"},
		{"list slices", "${{ [1,2,3,4][1:3] }} ${{ 'abc'[::-1] }}", "2,3 cba"},
		{"tests", "${{ parameters.x is defined }} ${{ 4 is even }} ${{ 6 is divisibleby 3 }} ${{ parameters.none is null }} ${{ 1 is not string }}", "false true true true true"},
		{"globals", "${{ range(3) }} ${{ range(5, 1, -2) }}{% set j = joiner('/') %}${{ j() }}a${{ j() }}b", "0,1,2 5,3a/b"},
		{"cycler", "{% set c = cycler('x','y') %}${{ c.next() }}${{ c.next() }}${{ c.next() }}", "xyx"},
		{"repository address", "${{ parameters.repoUrl | parseRepoUrl | pick('owner') }} ${{ (parameters.repoUrl | parseRepoUrl).repo }} ${{ parameters.repoUrl | projectSlug }}", "acme refund acme/refund"},
		{"entity reference", "${{ parameters.owner | parseEntityRef | pick('name') }} ${{ 'x' | parseEntityRef({defaultKind: 'Group'}) | dump }}", `payments-team {"kind":"group","name":"x","namespace":"default"}`},
		{"length", "${{ parameters.tags.length }} ${{ 'äb' | length }}", "2 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := render(t, tt.src, expr.Options{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"undefined", "a\nb ${{ parameters.nme }}", "t:2:18: `parameters.nme` is undefined. (in `parameters.nme`) Did you mean `name`?"},
		{"undefined root", "${{ parameter.name }}", "t:1:5: `parameter` is undefined. (in `parameter.name`) Did you mean `parameters`?"},
		{"undefined in if", "{% if parameters.onn %}{% endif %}", "t:1:18: `parameters.onn` is undefined. (in `if parameters.onn`) Did you mean `on`?"},
		{"filter", "${{ 1 | uper }}", "t:1:9: there is no filter \"uper\" (in `1 | uper`) Did you mean `upper`?"},
		{"test", "${{ 1 is evn }}", "t:1:7: there is no test \"evn\" (in `1 is evn`) Did you mean `even`?"},
		{"tag", "{% iff x %}", "t:1:4: there is no block \"iff\" (in `iff x`) Did you mean `if`?"},
		{"open tag", "x ${{ 1", "t:1:6: this tag is not closed with }} (in `1`)"},
		{"open block", "{% if 1 %}x", "t:1:3: this block is not ended: {% endif %} is missing (in `if 1`)"},
		{"lone end", "{% endif %}", "t:1:4: {% endif %} has no block to belong to (in `endif`)"},
		{"include", "{% include 'x' %}", "t:1:4: \"include\" is not available: a template cannot reach other templates (in `include 'x'`)"},
		{"object printed", "${{ parameters.sizes }}", "t:1:16: an object cannot be printed; use `| dump` for JSON. (in `parameters.sizes`)"},
		{"not a function", "${{ parameters.name() }}", "t:1:20: `parameters.name` is not a function (in `parameters.name()`)"},
		{"repository address", "${{ 'x' | parseRepoUrl }}", "t:1:11: \"x\" is not a repository address; write host?owner=OWNER&repo=NAME (in `'x' | parseRepoUrl`)"},
		{"bad token", "${{ a ; b }}", "t:1:7: unexpected character ';' (in `a ; b`)"},
		{"missing value", "${{ 1 + }}", "t:1:7: a value is missing here (in `1 +`)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := render(t, tt.src, expr.Options{File: "t", Strict: true})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReferenceModeWarns(t *testing.T) {
	t.Parallel()
	c, err := expr.Compile("a ${{ parameters.nme }} b ${{ parameters.nme | upper }}", expr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Render(context.Background(), vars)
	if err != nil || r.Text != "a  b " || len(r.Warnings) != 2 {
		t.Errorf("got %q, %v, %v; want an empty value and two warnings", r.Text, r.Warnings, err)
	}
}

func TestValueKeepsTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src     string
		want    any
		defined bool
	}{
		{"${{ parameters.tags }}", []any{"go", "rest"}, true},
		{"${{ parameters.on }}", true, true},
		{" ${{ parameters.port }} ", " 8080 ", true},
		{"${{ parameters.none }}", nil, true},
		{"${{ parameters.missing }}", nil, false},
		{"x${{ parameters.port }}", "x8080", true},
		{"${{ 1 }}${{ 2 }}", "12", true},
	} {
		c, err := expr.Compile(tt.src, expr.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Value(context.Background(), vars)
		if err != nil || v.Defined != tt.defined || !cmp.Equal(v.Value, tt.want) {
			t.Errorf("%s = %#v, defined %v, %v; want %#v, %v", tt.src, v.Value, v.Defined, err, tt.want, tt.defined)
		}
	}
}

func TestCookiecutter(t *testing.T) {
	t.Parallel()
	got, err := render(t, "{{ parameters.name }} {{ parameters.sizes | jsonify }} {{ parameters.sizes.get('x', 9) }}{% for k, v in parameters.sizes.items() %} {{ k }}{% endfor %}",
		expr.Options{Cookiecutter: true, Strict: true})
	if want := `refund-api {"large":4,"small":1} 9 large small`; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestBlockWhitespace(t *testing.T) {
	t.Parallel()
	got, err := render(t, "a\n  {% if true %}\n  b\n  {% endif %}\nc", expr.Options{TrimBlocks: true, LstripBlocks: true})
	if want := "a\n  b\nc"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"steps":          "{% for a in range(2000) %}{% for b in range(2000) %}{% endfor %}{% endfor %}",
		"output":         "{% set s = 'xxxxxxxxxx' %}{% for a in range(60) %}{% set s = s ~ s %}{% endfor %}",
		"repeat":         "${{ 'x'.repeat(999999999) }}",
		"center":         "${{ 'x' | center(999999999) }}",
		"range":          "${{ range(999999999) | length }}",
		"shared lists":   "{% set l = ['xxxxxxxxxx'] %}{% for a in range(60) %}{% set l = [l, l] %}{% endfor %}${{ l | dump }}",
		"shared text":    "{% set l = ['xxxxxxxxxx'] %}{% for a in range(60) %}{% set l = [l, l] %}{% endfor %}${{ l }}",
		"recursion":      "{% macro a() %}${{ a() }}{% endmacro %}${{ a() }}",
		"deep brackets":  "${{ " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + " }}",
		"deep blocks":    strings.Repeat("{% if 1 %}", 5000) + strings.Repeat("{% endif %}", 5000),
		"long chain":     "${{ 1" + strings.Repeat("+1", 100000) + " }}",
		"replace blowup": "{% set s = 'a'.repeat(100000) %}${{ s | replace('a', s) }}",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := render(t, src, expr.Options{})
			var e *expr.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a limit", err)
			}
			if took := time.Since(start); took > testkit.Bound(5*time.Second) {
				t.Errorf("the limit held after %s only", took)
			}
		})
	}
}

func TestContextStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := expr.Compile("{% for a in range(5000) %}x{% endfor %}", expr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Render(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"${{ a.b | default(1) }}", "{% for x in y %}${{ x }}{% endfor %}", "{% set a = [1,2][::-1] %}${{ a | dump }}",
		"{% raw %}${{ {% endraw %}", "{%- macro f(a, b=2) -%}${{ a }}{%- endmacro -%}${{ f(1) }}", "${{ 'x' | replace(r/x/g, '$1') | batch(0) }}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, strict := range []bool{true, false} {
			c, err := expr.Compile(src, expr.Options{Strict: strict, Limits: expr.Limits{Steps: 10_000, Output: 1 << 16}})
			if err != nil {
				continue
			}
			c.Render(context.Background(), vars)
			c.Value(context.Background(), vars)
		}
	})
}

func TestResolve(t *testing.T) {
	t.Parallel()
	in := map[string]any{"a": "${{ parameters.port }}", "gone": "${{ parameters.missing }}", "bad": "${{ 1 | nope }}", "list": []any{"x-${{ parameters.name }}", 3}}
	r := expr.Resolver{Vars: vars, Places: map[string]expr.Place{"input.bad": {Line: 7, Column: 10}}}
	got, err := r.Resolve(context.Background(), in, "input")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": 8080.0, "bad": "${{ 1 | nope }}", "list": []any{"x-refund-api", 3}}
	if diff := cmp.Diff(want, got.Value); diff != "" {
		t.Error(diff)
	}
	if len(got.Warnings) != 2 || got.Warnings[0].Line != 7 || len(got.Failed) != 0 {
		t.Errorf("warnings %v, failed %v; want two warnings, the first on line 7", got.Warnings, got.Failed)
	}
	r.Strict = true
	if got, err = r.Resolve(context.Background(), in, "input"); err != nil || len(got.Failed) != 2 {
		t.Errorf("strict: failed %v, %v; want two", got.Failed, err)
	}
}
