package form

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func names(fields []Field) string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return strings.Join(out, " ")
}

// Each way in which templates say that a field counts under a condition.
func TestEveryWayOfSayingWhen(t *testing.T) {
	tests := map[string]struct {
		schema string
		sent   url.Values
		around map[string]any
		shown  string
		needed string
	}{
		"list of names":     {`{"type":"object","properties":{"a":{},"b":{}},"dependencies":{"a":["b"]}}`, url.Values{"a": {"x"}}, nil, "a b", "b"},
		"dependentRequired": {`{"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]}}`, url.Values{}, nil, "a b", ""},
		"dependentSchemas":  {`{"type":"object","properties":{"a":{}},"dependentSchemas":{"a":{"required":["c"],"properties":{"c":{}}}}}`, url.Values{"a": {"1"}}, nil, "a c", "c"},
		"unticked box":      {`{"type":"object","properties":{"a":{"type":"boolean"}},"dependencies":{"a":{"properties":{"c":{}}}}}`, url.Values{"a": {"false"}}, nil, "a", ""},
		"allOf of ifs": {`{"type":"object","properties":{"k":{"enum":["a","b"]}},"allOf":[{"if":{"properties":{"k":{"const":"a"}}},"then":{"properties":{"x":{}}}},{"if":{"properties":{"k":{"const":"b"}}},"then":{"properties":{"y":{}},"required":["y"]}}]}`,
			url.Values{"k": {"b"}}, nil, "k y", "y"},
		"if by pattern":    {`{"type":"object","properties":{"k":{}},"if":{"required":["k"],"properties":{"k":{"pattern":"^ab"}}},"then":{"properties":{"x":{}}},"else":{"properties":{"y":{}}}}`, url.Values{"k": {"abc"}}, nil, "k x", ""},
		"if by number":     {`{"type":"object","properties":{"n":{"type":"integer"}},"if":{"required":["n"],"properties":{"n":{"minimum":5}}},"then":{"properties":{"x":{}}}}`, url.Values{"n": {"7"}}, nil, "n x", ""},
		"nested if":        {`{"type":"object","properties":{"o":{"type":"object","properties":{"k":{"enum":["a","b"]}},"if":{"properties":{"k":{"const":"a"}},"required":["k"]},"then":{"properties":{"x":{}}}}}}`, url.Values{"o.k": {"a"}}, nil, "o", ""},
		"another page":     {`{"type":"object","if":{"properties":{"db":{"const":"pg"}},"required":["db"]},"then":{"properties":{"size":{}},"required":["size"]}}`, url.Values{}, map[string]any{"db": "pg"}, "size", "size"},
		"other page not":   {`{"type":"object","properties":{"z":{}},"if":{"properties":{"db":{"const":"pg"}},"required":["db"]},"then":{"properties":{"size":{}}}}`, url.Values{}, map[string]any{"db": "my"}, "z", ""},
		"oneOf told apart": {`{"type":"object","oneOf":[{"title":"A","properties":{"kind":{"const":"a"},"x":{}}},{"title":"B","properties":{"kind":{"const":"b"},"y":{}}}]}`, url.Values{"kind": {"b"}}, nil, "kind y", "kind"},
		"anyOf chosen":     {`{"type":"object","anyOf":[{"title":"A","properties":{"x":{}}},{"title":"B","properties":{"y":{}},"required":["y"]}]}`, url.Values{"_option": {"1"}}, nil, "_option y", "_option y"},
		"$ref":             {`{"type":"object","$defs":{"n":{"type":"object","properties":{"deep":{}}}},"properties":{"a":{"$ref":"#/$defs/n","title":"A"}}}`, url.Values{}, nil, "a", ""},
		"chain":            {`{"type":"object","properties":{"a":{}},"dependencies":{"a":{"properties":{"b":{}}},"b":{"properties":{"c":{}}},"c":{"properties":{"d":{}}}}}`, url.Values{"a": {"1"}, "b": {"1"}, "c": {"1"}}, nil, "a b c d", ""},
		"ui in a branch":   {`{"type":"object","properties":{"a":{"type":"string"}},"if":{"required":["a"]},"then":{"properties":{"a":{"ui:help":"now"}}}}`, url.Values{"a": {"1"}}, nil, "a", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := show(t, parse(t, tt.schema), Input{Sent: tt.sent, Around: tt.around})
			if got := names(f.Fields); got != tt.shown {
				t.Errorf("shown %q, want %q", got, tt.shown)
			}
			var needed []string
			for _, x := range f.Fields {
				if x.Required {
					needed = append(needed, x.Name)
				}
			}
			if got := strings.Join(needed, " "); got != tt.needed {
				t.Errorf("needed %q, want %q", got, tt.needed)
			}
		})
	}
}

func TestEffectJudgesWhatCounts(t *testing.T) {
	s := parse(t, `{"type":"object","required":["k"],"properties":{"k":{"enum":["a","b"]},"p":{"type":"string","pattern":"^(?!x)"},
	  "rows":{"type":"array","minItems":1,"items":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}}},
	  "if":{"properties":{"k":{"const":"a"}}},"then":{"properties":{"x":{"type":"string","minLength":3}},"required":["x"]}}`)
	e, err := s.Effect(map[string]any{"k": "b", "p": "xyz", "rows": []any{map[string]any{}}}, nil, "v")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"k", "p", "rows"}, e.Names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"x"}, e.Dormant); d != "" {
		t.Error(d)
	}
	if len(e.Faults) != 1 || e.Faults[0].Field != "v.p" || e.Faults[0].Code != "pattern" {
		t.Errorf("a pattern that only JavaScript knows: %v", e.Faults)
	}
	for _, want := range []string{`"prefixItems"`, `"minItems":1`, `"required":["k"]`} {
		if !strings.Contains(string(e.Schema), want) {
			t.Errorf("no %s in %s", want, e.Schema)
		}
	}
	for _, not := range []string{`"if"`, `(?!`, `"x"`} {
		if strings.Contains(string(e.Schema), not) {
			t.Errorf("%s is left in %s", not, e.Schema)
		}
	}
}

func TestListsGrowShrinkAndMove(t *testing.T) {
	s := parse(t, `{"type":"object","properties":{"ports":{"type":"array","maxItems":3,"items":{"type":"object","properties":{"n":{"type":"integer"}}}}}}`)
	sent, err := s.Values(json.RawMessage(`{"ports":[{"n":1},{"n":2}]}`), "v")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ order, want string }{
		{"down:v.ports.0", `{"ports":[{"n":2},{"n":1}]}`}, {"up:v.ports.1", `{"ports":[{"n":1},{"n":2}]}`},
		{"add:v.ports", `{"ports":[{"n":1},{"n":2},{}]}`}, {"remove:v.ports.0", `{"ports":[{"n":2},{}]}`},
		{"remove:v.ports.9", `{"ports":[{"n":2},{}]}`}, {"up:v.ports.0", `{"ports":[{"n":2},{}]}`},
	} {
		if !Edit(sent, step.order) {
			t.Errorf("%s is not understood", step.order)
		}
		if got, _ := s.Decode(sent, "v"); string(got) != step.want {
			t.Errorf("after %s: %s, want %s", step.order, got, step.want)
		}
	}
	for _, order := range []string{"", "next", "remove:x", "burn:v.ports.0", "remove:.x"} {
		if Edit(sent, order) {
			t.Errorf("%q changes a list", order)
		}
	}
}

func TestRepositoryAddresses(t *testing.T) {
	s := parse(t, `{"type":"object","properties":{"r":{"type":"string","ui:field":"RepoUrlPicker","ui:options":{"requestUserCredentials":{"secretsKey":"TOKEN"}}}}}`)
	r := s.Read(url.Values{"v.r.host": {"github.com"}, "v.r.owner": {"acme inc"}, "v.r.repo": {"x"}, "v.r.project": {"stale"}, "v.r.token": {"s3cret"}}, "v", nil)
	if r.Values["r"] != "github.com?owner=acme+inc&repo=x" || r.Secrets["TOKEN"] != "s3cret" {
		t.Errorf("got %v %v", r.Values, r.Secrets)
	}
	sent, err := s.Values(json.RawMessage(`{"r":"dev.azure.com?organization=o&project=p&repo=x"}`), "v")
	if err != nil || sent.Get("v.r.organization") != "o" || sent.Get("v.r.project") != "p" {
		t.Errorf("%v %v", sent, err)
	}
	f := show(t, s, Input{Prefix: "v", Sent: sent})
	if got := names(f.Fields[0].Fields); got != "v.r.host v.r.organization v.r.project v.r.repo v.r.token" {
		t.Errorf("fields %s", got)
	}
}

func TestSecretsStayOutOfPages(t *testing.T) {
	s := parse(t, `{"type":"object","properties":{"k":{"type":"boolean"},"token":{"type":"string","ui:field":"Secret"}},
	  "dependencies":{"k":{"oneOf":[{"properties":{"k":{"const":true},"pw":{"type":"string","ui:widget":"password"}}}]}}}`)
	r := s.Read(url.Values{"token": {"hunter2"}}, "", nil)
	if r.Values["token"] != "*******" || r.Secrets["token"] != "hunter2" {
		t.Errorf("%v %v", r.Values, r.Secrets)
	}
	for name, want := range map[string]bool{"v.token": true, "v.a.pw": true, "v.k": false} {
		if s.Secret(name) != want {
			t.Errorf("Secret(%s) is %v", name, !want)
		}
	}
	if f := show(t, s, Input{Sent: url.Values{"token": {"hunter2"}}}); !f.Fields[1].Kept || strings.Contains(fmt.Sprint(f), "hunter2") {
		t.Errorf("%+v", f.Fields[1])
	}
}

func TestUnknownFieldsAreNamed(t *testing.T) {
	f := show(t, parse(t, `{"type":"object","properties":{"a":{"type":"string","ui:field":"GcpProjectPicker"},"b":{"type":"string","ui:widget":"sparkle"}}}`), Input{})
	if d := cmp.Diff([]string{"field GcpProjectPicker", "widget sparkle"}, f.Unknown); d != "" {
		t.Error(d)
	}
	for _, x := range f.Fields {
		if x.Kind != Text || !strings.Contains(x.Note, "Waymark does not have") {
			t.Errorf("%+v", x)
		}
	}
}

// What anybody may write into a template ends soon, with a form or an error.
func TestHostileSchemas(t *testing.T) {
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(f(i))
		}
		return b.String()
	}
	deep := strings.Repeat(`{"type":"object","properties":{"a":`, 500) + `{}` + strings.Repeat(`}}`, 500)
	for name, tt := range map[string]struct {
		schema string
		refuse bool
	}{
		"holds itself":       {`{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}}}`, false},
		"refs in a ring":     {`{"type":"object","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"properties":{"x":{"$ref":"#/$defs/a"}}}`, false},
		"list of itself":     {`{"type":"object","properties":{"a":{"type":"array","default":[[[[]]]],"items":{"$ref":"#/properties/a"}}}}`, false},
		"refs elsewhere":     {`{"type":"object","properties":{"a":{"$ref":"file:///etc/passwd"}}}`, false},
		"10,000 properties":  {`{"type":"object","properties":{` + many(10_000, func(i int) string { return fmt.Sprintf(`"p%d":{"type":"string"}`, i) }) + `}}`, false},
		"100,000 properties": {`{"type":"object","properties":{` + many(100_000, func(i int) string { return fmt.Sprintf(`"p%d":{}`, i) }) + `}}`, true},
		"500 deep":           {deep, true},
		"huge enum":          {`{"type":"object","properties":{"a":{"enum":[` + many(50_000, func(i int) string { return fmt.Sprint(i) }) + `]}}}`, true},
		"large enum":         {`{"type":"object","properties":{"a":{"enum":[` + many(10_000, func(i int) string { return fmt.Sprintf("%q", fmt.Sprint("choice ", i)) }) + `]}}}`, false},
		"slow pattern":       {`{"type":"object","properties":{"a":{"type":"string","pattern":"^(?=a)(a+)+$","default":"` + strings.Repeat("a", 40) + `!"}},"if":{"properties":{"a":{"pattern":"^(?=a)(a+)+$"}}},"then":{"properties":{"b":{}}}}`, false},
		"bad pattern":        {`{"type":"object","properties":{"a":{"pattern":"("}}}`, false},
		"wrong types":        {`{"type":"object","title":3,"required":{},"properties":{"a":{"type":7,"enum":"x","minLength":"y","ui:options":[],"enumNames":{},"default":{"x":[]}}}}`, false},
		"allOf of allOf":     {`{"type":"object","properties":{"a":{}},` + strings.Repeat(`"allOf":[{`, 30) + `"properties":{"z":{}}` + strings.Repeat(`}]`, 30) + `}`, false},
		"every pair of ifs": {`{"type":"object","properties":{"a":{}},"allOf":[` + many(2_000, func(i int) string {
			return fmt.Sprintf(`{"if":{"properties":{"a":{"const":%d}},"required":["a"]},"then":{"properties":{"b%d":{}}}}`, i, i)
		}) + `]}`, false},
		"rows without an end":   {`{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"array","items":{"type":"object","properties":{"c":{}}}}}}}}}`, false},
		"never and always":      {`{"type":"object","properties":{"a":false,"b":true,"c":null},"if":false,"else":{"properties":{"d":{}}}}`, false},
		"conditions that fight": {`{"type":"object","properties":{"a":{}},"if":{"required":["b"]},"then":{},"else":{"properties":{"b":{"default":"x"}}}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			s, err := Parse([]byte(tt.schema))
			if (err != nil) != tt.refuse {
				t.Fatalf("error %v, want one: %v", err, tt.refuse)
			}
			if err == nil {
				sent := url.Values{"a._rows": {"999999999"}, "a.0.b._rows": {"200"}, "a": {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}}
				f := show(t, s, Input{Sent: sent})
				if n := countAll(f.Fields); n > maxFields+50 && !strings.Contains(name, "properties") {
					t.Errorf("%d fields are shown", n)
				}
				if _, err := s.Effect(map[string]any{"a": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}, nil, ""); err != nil {
					t.Error(err)
				}
				if _, err := s.Show(context.Background(), Input{}); err != nil {
					t.Error(err)
				}
			}
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func countAll(fields []Field) int {
	n := len(fields)
	for _, f := range fields {
		n += countAll(f.Fields)
	}
	return n
}

func FuzzSchema(f *testing.F) {
	for _, seed := range []string{service, conditional, `{"type":"object","properties":{"a":{"$ref":"#"}}}`, `{"oneOf":[{"properties":{"k":{"const":1}}},{"properties":{"k":{"const":2}}}]}`} {
		f.Add(seed, "a=1&k=2&engine=pg&a._rows=3")
	}
	f.Fuzz(func(t *testing.T, schema, query string) {
		s, err := Parse([]byte(schema))
		if err != nil {
			return
		}
		sent, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r := s.Read(sent, "", nil)
		if _, err := json.Marshal(r.Values); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Show(context.Background(), Input{Sent: sent}); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Effect(r.Values, nil, ""); err != nil || !json.Valid(e.Schema) {
			t.Fatal(err)
		}
		s.Values(json.RawMessage(`{"a":[1,{"b":null}]}`), "")
	})
}
