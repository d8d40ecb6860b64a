package gotext_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/expr/gotext"
	"github.com/waymark-portal/waymark/internal/testkit"
)

func vars() map[string]any {
	return map[string]any{
		"service_name": "refunds", "database": "none", "port": 8080.0, "ratio": 0.5, "on": true, "off": false, "empty": "", "nothing": nil,
		"tags": []any{"go", "rest"}, "sizes": map[string]any{"large": 4.0, "small": 1.0},
		"people": []any{map[string]any{"name": "Ada"}, map[string]any{"name": "Ben"}}, "html": `<a href="x">&'`,
	}
}

func render(t *testing.T, src string, o expr.Options) (expr.Result, error) {
	t.Helper()
	c, err := gotext.Compile(src, o)
	if err != nil {
		return expr.Result{}, err
	}
	return c.Render(context.Background(), vars())
}

// asGo are texts that must render exactly as text/template renders them.
var asGo = []string{
	"plain", "{{ .service_name }}!", "{{.tags}} {{.sizes}} {{.ratio}} {{.port}} {{.on}}", "{{ .missing }}|{{ .nothing }}",
	"{{ .missing.deeper }}", "a {{- 1 -}} b {{/* no */}}c",
	"{{ if .on }}a{{ else if .off }}b{{ else }}c{{ end }}", "{{ if .empty }}a{{ else }}c{{ end }}", "{{ if and .on .tags }}y{{ end }}",
	"{{ range .tags }}<{{ . }}>{{ end }}", "{{ range $i, $t := .tags }}{{ $i }}{{ $t }}{{ end }}", "{{ range $k, $v := .sizes }}{{ $k }}={{ $v }} {{ end }}",
	"{{ range .missing }}x{{ else }}none{{ end }}", "{{ range 3 }}{{ . }}{{ end }}", "{{ range $i := 2 }}{{ $i }}{{ end }}",
	"{{ range .tags }}{{ if eq . \"rest\" }}{{ break }}{{ end }}{{ . }}{{ end }}", "{{ range .tags }}{{ if eq . \"go\" }}{{ continue }}{{ end }}{{ . }}{{ end }}",
	"{{ with .sizes }}{{ .large }}{{ $.port }}{{ end }}{{ with .empty }}x{{ else }}y{{ end }}{{ with .empty }}x{{ else with .port }}{{ . }}{{ end }}",
	"{{ $x := 1 }}{{ if .on }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}", "{{ $n := 0 }}{{ range .tags }}{{ $n = len . }}{{ end }}{{ $n }}",
	"{{ define \"box\" }}[{{ . }}]{{ end }}{{ template \"box\" .port }}{{ block \"in\" .tags }}{{ len . }}{{ end }}",
	"{{ eq .database \"none\" }} {{ ne .database \"none\" }} {{ eq .database \"x\" \"none\" }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt 1 2 }} {{ ge .ratio 0.5 }} {{ not .on }}",
	"{{ and 1 0 2 }} {{ or 0 \"\" 3 }} {{ and .on .tags }}", "{{ len .tags }} {{ len \"äb\" }} {{ len .sizes }}",
	"{{ index .tags 1 }} {{ index .sizes \"small\" }} {{ (index .people 0).name }}", "{{ slice .tags 1 }} {{ slice \"abc\" 1 2 }} {{ slice .tags 0 1 2 }}",
	"{{ print 1 2 \"a\" \"b\" 3 }}|{{ println .tags 1 }}|{{ print }}", "{{ printf \"%s-%03d %5.1f %q %v %t %%\" .service_name 7 .ratio \"x\" .tags .on }}",
	"{{ printf \"%d %s\" 1 }} {{ printf \"%!\" }}", "{{ .html | html }} {{ html .html 1 }} {{ js .html }} {{ urlquery \"a b&c\" }}",
	"{{ .service_name | printf \"%s/%s\" \"acme\" }}", "{{ `raw` }} {{ 'a' }} {{ 0x10 }} {{ 1e3 }} {{ 1.5 }} {{ true }}", "{{ \"\\t\" | printf \"%q\" }}",
	"{{ js \"=\\u2028ä\\x01\" }}", "{{ nil | not }}",
}

func TestRendersAsGoDoes(t *testing.T) {
	t.Parallel()
	for _, src := range asGo {
		var want strings.Builder
		wantErr := template.Must(template.New("t").Option("missingkey=default").Parse(strings.ReplaceAll(src, "{{ nil | not }}", "{{ not .nothing }}"))).Execute(&want, vars())
		got, err := render(t, src, expr.Options{})
		if err != nil || wantErr != nil {
			t.Errorf("%s: %v; Go says %v", src, err, wantErr)
			continue
		}
		if diff := cmp.Diff(want.String(), got.Text); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}

func TestHelpers(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{{ .missing | default "x" }} {{ default 5 .port }} {{ .empty | default "e" }}`:                                                                                    "x 8080 e",
		`{{ lower "AB" }} {{ upper "ab" }} {{ title "ab cd" }} {{ trim " a " }} {{ untitle "AB" }}`:                                                                        "ab AB Ab Cd a aB",
		`{{ quote "a\"b" .port }} {{ squote "x" }} {{ quote .nothing }}`:                                                                                                   `"a\"b" "8080" 'x' `,
		`{{ join "," .tags }} {{ splitList "-" "a-b" | join "+" }} {{ join "," "x" }}`:                                                                                     "go,rest a+b x",
		`{{ "a-b-c" | replace "-" "_" }} {{ repeat 3 "ab" }} {{ trunc 2 "abc" }} {{ trunc -2 "abc" }}`:                                                                     "a_b_c ababab ab bc",
		`{{ trimPrefix "a" "ab" }} {{ trimSuffix "b" "ab" }} {{ trimAll "/" "/x/" }} {{ hasPrefix "a" "ab" }} {{ hasSuffix "a" "ab" }} {{ contains "b" "abc" }}`:           "b a x true false true",
		`{{ kebabcase "refundApi V2" }} {{ snakecase "a-bC" }} {{ camelcase "refund-api" }} {{ b64enc "hi" }}`:                                                             "refund-api-v2 a_b_c RefundApi aGk=",
		"{{ indent 2 \"a\\nb\" }}|{{ nindent 2 \"a\" }}":                                                                                                                   "  a\n  b|\n  a",
		`{{ coalesce .missing .empty "z" }} {{ empty .missing }} {{ ternary "y" "n" .on }}`:                                                                                "z true y",
		`{{ toJson .sizes }} {{ toYaml .tags }}`:                                                                                                                           "{\"large\":4,\"small\":1} - go\n- rest",
		`{{ add 1 2 }} {{ sub 5 2 }} {{ mul 2 3 }} {{ div 7 2 }} {{ mod 7 4 }} {{ max 1 3 2 }} {{ min 2 1 }} {{ int "12" }} {{ int "x" }} {{ add .ratio 1 }}`:              "3 3 6 3 3 3 1 12 0 1.5",
		`{{ list 1 2 | len }} {{ (dict "a" 1).a }} {{ first .tags }} {{ last .tags }} {{ keys .sizes }} {{ has "go" .tags }} {{ hasKey .sizes "x" }} {{ get .sizes "x" }}`: "2 1 go rest [large small] true false ",
		`{{ required "name it" .service_name }} {{ toPrettyJson (dict "a" 1) }}`:                                                                                           "refunds {\n  \"a\": 1\n}",
		`{{ eq .port 8080 }} {{ eq .port "8080" }} {{ eq 1 1.0 }} {{ eq .missing "x" }}`:                                                                                   "true false true false",
		`{{ printf "%d" .port }} {{ toString .port }}`:                                                                                                                     "8080 8080",
	} {
		got, err := render(t, src, expr.Options{})
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if diff := cmp.Diff(want, got.Text); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		`.database != "none"`: false, `.database == "none"`: true, `ne .database "none"`: false, `{{ ne .database "x" }}`: true, `{{- .on -}}`: true,
		`.database != 'none'`: false, `!.off`: true, `not .off`: true, `.on && .off`: false, `.off || .on`: true, `!(.on && .off)`: true,
		`(.on || .off) && .port >= 8080`: true, `.port > 8080`: false, `.ratio < 1`: true, `.tags`: true, `.empty`: false, `.missing`: false,
		`(len .tags) == 2`: true, `len .tags == 2`: true, `.service_name | eq "refunds"`: true, `true`: true, `false`: false, `.database == "a || b"`: false,
		`(eq .database "none")`: true, `.missing == nil`: true, `!(eq .database "none") || .on`: true, `((.on))`: true, `.a.b != "x"`: true,
	} {
		c, err := gotext.CompileCondition(src, expr.Options{})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := c.Truth(context.Background(), vars()); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", src, got, err, want)
		}
	}
	for src, want := range map[string]bool{`.database != "none"`: false, "{{ .on }}": true, "{{ .empty }}": false, "{{ if .off }}x{{ end }}": false, "{{ .missing }}": false} {
		c, err := gotext.Compile(src, expr.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Truth(context.Background(), vars()); err != nil || got != want {
			t.Errorf("text %s is %v, %v; want %v", src, got, err, want)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ src, want string }{
		{"a\nb {{ .service_nam }}", "f:2:6: `.service_nam` is undefined. (in `.service_nam`) Did you mean `service_name`?"},
		{"{{ .sizes.larg }}", "f:1:10: `.sizes.larg` is undefined. (in `.sizes.larg`) Did you mean `large`?"},
		{"{{ if .onn }}{{ end }}", "f:1:7: `.onn` is undefined. (in `if .onn`) Did you mean `on`?"},
		{"{{ eq .databas 1 }}", "f:1:7: `.databas` is undefined. (in `eq .databas 1`) Did you mean `database`?"},
		{"{{ lowr 1 }}", "f:1:4: there is no function \"lowr\" (in `lowr 1`) Did you mean `lower`?"},
		{"{{ template \"x\" }}", "f:1:13: there is no template \"x\" (in `template \"x\"`)"},
		{"x\n{{ if .on }}", "f:2:3: unexpected EOF (in `if .on`)"},
		{"{{ .port.x }}", "f:1:9: .port has no field \"x\": it is a number (in `.port.x`)"},
		{"{{ .port 1 }}", "f:1:4: .port is not a function, so it takes no arguments (in `.port 1`)"},
		{"{{ index .tags 7 }}", "f:1:4: index: the list has 2 items; there is no item 7 (in `index .tags 7`)"},
		{"{{ lower }}", "f:1:4: lower has 0 arguments; it takes 1 (in `lower`)"},
		{"{{ required \"name it\" .empty }}", "f:1:4: required: name it (in `required \"name it\" .empty`)"},
		{"{{ lt 1 \"a\" }}", "f:1:4: lt: a number and a text have no order (in `lt 1 \"a\"`)"},
		{"{{ range .port }}{{ end }}{{ range .service_name }}{{ end }}", "f:1:36: range needs a list or an object; .service_name is a text (in `range .service_name`)"},
		{"{{ call .x }}", "f:1:4: there is no function \"call\" (in `call .x`) Did you mean `fail`?"},
		{"{{ div 1 0 }}", "f:1:4: div: division by zero (in `div 1 0`)"},
	} {
		_, err := render(t, tt.src, expr.Options{File: "f", Strict: true})
		if err == nil {
			t.Errorf("%s: no error", tt.src)
		} else if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%s: %s", tt.src, diff)
		}
	}
	for src, want := range map[string]string{
		`.databas != "none"`: "f:3:5: `.databas` is undefined. (in `.databas != \"none\"`) Did you mean `database`?",
		`.database != `:      "f:3:18: a value is missing here (in `.database !=`)", `.a & .b`: "f:3:5: unexpected \"&\" in operand", `(.a`: "f:3:5: unclosed left paren",
		`.a ! .b`: "f:3:8: unexpected \"!\"",
	} {
		c, err := gotext.CompileCondition(src, expr.Options{File: "f", Line: 3, Column: 5, Strict: true})
		if err == nil {
			_, err = c.Truth(context.Background(), vars())
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", src, err, want)
		}
	}
}

func TestReferenceModeWarns(t *testing.T) {
	t.Parallel()
	got, err := render(t, "{{ .nam }}{{ lower .nam }}{{ range .nams }}{{ end }}", expr.Options{})
	if err != nil || len(got.Warnings) != 3 {
		t.Errorf("got %v, %v; want three warnings", got.Warnings, err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("{{ if .on }}", 5000) + strings.Repeat("{{ end }}", 5000)
	for name, src := range map[string]string{
		"steps": "{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}", "range": "{{ range 99999999999 }}{{ end }}", "width": `{{ printf "%9999999d" 1 }}`,
		"widths": `{{ printf "%*d" 999999 1 }}`, "repeat": `{{ repeat 999999999 "xxxx" }}`, "indent": `{{ indent 999999999 "x" }}`, "deep": deep,
		"many": strings.Repeat("{{ 1 }}", 30000), "recursion": `{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`,
		"doubling":     `{{ $s := "xxxxxxxxxx" }}{{ range 60 }}{{ $s = print $s $s }}{{ end }}`,
		"shared lists": `{{ $l := list "xxxxxxxxxx" }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ $l }}`,
		"shared json":  `{{ $l := list "xxxxxxxxxx" }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ toJson $l }}`,
		"shared yaml":  `{{ $l := list "xxxxxxxxxx" }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ toYaml $l }}`,
		"shared print": `{{ $l := list "xxxxxxxxxx" }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ printf "%v" $l }}`,
		"replace":      `{{ $s := repeat 100000 "a" }}{{ replace "a" $s $s }}`,
		"nested":       `{{ ` + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + ` }}`,
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
	if _, err := render(t, "{{ range 100000 }}{{ lower \"A\" }}{{ end }}", expr.Options{Limits: expr.Limits{Time: time.Nanosecond}}); err == nil || !strings.Contains(err.Error(), "takes longer") {
		t.Errorf("got %v, want the limit of time", err)
	}
}

func FuzzRender(f *testing.F) {
	for _, src := range asGo {
		f.Add(src)
	}
	for _, src := range []string{`.a != "b" && !(.c || 'd' == .e)`, `{{ printf "%+v %#x" .tags .sizes }}`, `{{ toYaml (dict "a" (list 1 nil)) }}`} {
		f.Add(src)
	}
	limits := expr.Limits{Steps: 10_000, Output: 1 << 16}
	f.Fuzz(func(t *testing.T, src string) {
		for _, strict := range []bool{true, false} {
			o := expr.Options{Strict: strict, Limits: limits}
			if c, err := gotext.Compile(src, o); err == nil {
				r, _ := c.Render(context.Background(), vars())
				if len(r.Text) > limits.Output {
					t.Errorf("%d bytes were made", len(r.Text))
				}
			}
			if c, err := gotext.CompileCondition(src, o); err == nil {
				c.Truth(context.Background(), vars())
			}
		}
	})
}
