package form

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
)

const service = `{
  "title": "Describe it", "type": "object", "required": ["name", "owner", "size"],
  "properties": {
    "name": {"type": "string", "title": "Name", "pattern": "^[a-z-]+$", "maxLength": 40, "ui:autofocus": true, "ui:help": "Lower case."},
    "summary": {"type": "string", "ui:widget": "textarea", "ui:options": {"rows": 3}},
    "owner": {"type": "string", "ui:field": "OwnerPicker"},
    "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
    "ratio": {"type": "number"},
    "public": {"type": "boolean", "default": false},
    "engine": {"type": "string", "enum": ["pg", "my"], "enumNames": ["PostgreSQL", "MySQL"], "ui:widget": "radio", "default": "pg"},
    "port": {"type": "integer", "enum": [80, 443]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "checks": {"type": "array", "items": {"type": "string", "enum": ["lint", "scan"]}, "default": ["lint"]},
    "kind": {"const": "service"},
    "repo": {"type": "object", "title": "Repository", "required": ["host"], "properties": {"host": {"type": "string"}, "privateOnly": {"type": "boolean"}}},
    "extra": {"type": "object"}
  }
}`

type owners struct{}

func (owners) Choices(_ context.Context, p Pick) (Choices, bool, error) {
	return Choices{Options: []Option{{Value: "group:default/payments", Label: "payments"}}}, p.Field == "OwnerPicker", nil
}

func parse(t *testing.T, schema string) *Schema {
	t.Helper()
	s, err := Parse([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func show(t *testing.T, s *Schema, in Input) Form {
	t.Helper()
	f, err := s.Show(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestShowChoosesControlsInTheOrderWritten(t *testing.T) {
	f := show(t, parse(t, service), Input{Resolver: owners{}})
	var got []string
	for _, x := range f.Fields {
		got = append(got, x.Name+":"+string(x.Kind)+"="+x.Value)
	}
	want := []string{"name:text=", "summary:textarea=", "owner:select=", "size:number=3", "ratio:number=", "public:checkbox=false",
		"engine:radio=pg", "port:select=", "tags:lines=", "checks:checkboxes=lint", "kind:hidden=service", "repo:group=", "extra:json="}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if f.Fields[6].Options[0] != (Option{Value: "pg", Label: "PostgreSQL", Selected: true}) {
		t.Errorf("first engine is %+v", f.Fields[6].Options[0])
	}
	if host := f.Fields[11].Fields[0]; host.Name != "repo.host" || !host.Required || host.ID != "f-repo-host" || host.Label != "Host" {
		t.Errorf("nested field is %+v", host)
	}
	if l := f.Fields[11].Fields[1].Label; l != "Private only" {
		t.Errorf("label made of a name is %q", l)
	}
}

func TestDecodeGivesTypedJSON(t *testing.T) {
	sent := url.Values{
		"p.name": {" refund-api "}, "p.summary": {"one\r\ntwo"}, "p.owner": {"group:default/payments"}, "p.size": {"007"}, "p.ratio": {"1,5"},
		"p.public": {"true"}, "p.engine": {"my"}, "p.port": {"443"}, "p.tags": {"go\r\n\r\n grpc "}, "p.checks": {"lint", "scan"},
		"p.kind": {"forged"}, "p.repo.host": {"waymark"}, "p.extra": {`{"a": 1}`}, "p.unknown": {"x"},
	}
	got, faults := parse(t, service).Decode(sent, "p")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := `{"checks":["lint","scan"],"engine":"my","extra":{"a":1},"kind":"service","name":"refund-api","owner":"group:default/payments","port":443,"public":true,` +
		`"ratio":1.5,"repo":{"host":"waymark","privateOnly":false},"size":7,"summary":"one\ntwo","tags":["go","grpc"]}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
}

func TestDecodeNamesWhatCannotBeRead(t *testing.T) {
	got, faults := parse(t, service).Decode(url.Values{"size": {"many"}, "ratio": {"NaN"}, "extra": {"{"}, "name": {"  "}}, "")
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	if d := cmp.Diff([]string{"size", "ratio", "extra"}, fields); d != "" {
		t.Error(d)
	}
	if strings.Contains(string(got), "name") {
		t.Errorf("empty text was kept: %s", got)
	}
}

func TestWhatWasTypedStaysAndFaultsStandAtTheirFields(t *testing.T) {
	f := show(t, parse(t, service), Input{
		Sent: url.Values{"name": {"Bad Name"}, "size": {"many"}},
		Faults: []fault.Field{
			{Field: "name", Message: "Only lower case."}, {Field: "size", Message: "Enter a whole number."}, {Field: "engine", Message: "Choose one."},
			{Field: "tags.0", Message: "Too long."}, {Field: "nobody", Message: "Unknown field."}, {Message: "Quota is used up."},
		},
	})
	name, _ := f.Field("name")
	size, _ := f.Field("size")
	if name.Value != "Bad Name" || name.Message != "Only lower case." || size.Value != "many" {
		t.Errorf("name %q %q, size %q", name.Value, name.Message, size.Value)
	}
	want := []Fault{
		{"f-name", "Name", "Only lower case."}, {"f-size", "Size", "Enter a whole number."}, {"f-engine-0", "Engine", "Choose one."},
		{"f-tags", "Tags", "Too long."}, {"", "nobody", "Unknown field."}, {"", "", "Quota is used up."},
	}
	if d := cmp.Diff(want, f.Faults); d != "" {
		t.Error(d)
	}
}

const conditional = `{"type": "object", "properties": {"db": {"type": "boolean"}, "engine": {"enum": ["pg", "none"]}},
  "dependencies": {"db": {"oneOf": [{"properties": {"db": {"enum": [true]}, "disk": {"type": "integer"}}, "required": ["disk"]}, {"properties": {"db": {"enum": [false]}}}]}},
  "if": {"properties": {"engine": {"const": "pg"}}}, "then": {"properties": {"version": {"type": "string"}}}, "else": {"properties": {"why": {"type": "string"}}}}`

func TestConditions(t *testing.T) {
	s := parse(t, conditional)
	tests := []struct {
		name  string
		sent  url.Values
		shown string
		data  string
	}{
		{"both", url.Values{"db": {"true"}, "engine": {"pg"}, "disk": {"5"}, "version": {"16"}, "why": {"x"}}, "disk version", `{"db":true,"disk":5,"engine":"pg","version":"16"}`},
		{"neither", url.Values{"engine": {"none"}, "disk": {"5"}, "version": {"16"}, "why": {"x"}}, "why", `{"db":false,"engine":"none","why":"x"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var shown []string
			for _, f := range show(t, s, Input{Sent: tt.sent}).Fields {
				if f.Name != "db" && f.Name != "engine" {
					shown = append(shown, f.Name)
				}
			}
			if got := strings.Join(shown, " "); got != tt.shown {
				t.Errorf("shown %q, want %q", got, tt.shown)
			}
			got, _ := s.Decode(tt.sent, "")
			if string(got) != tt.data {
				t.Errorf("got %s, want %s", got, tt.data)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	s := parse(t, service)
	data := json.RawMessage(`{"checks":["scan"],"engine":"my","kind":"service","name":"a","port":80,"public":true,"ratio":0.25,"repo":{"host":"h","privateOnly":true},"size":4,"tags":["x","y"]}`)
	values, err := s.Values(data, "p")
	if err != nil {
		t.Fatal(err)
	}
	got, faults := s.Decode(values, "p")
	if len(faults) > 0 || string(got) != string(data) {
		t.Errorf("got %s %v, want %s", got, faults, data)
	}
}

func TestOrderAndRefusedSchemas(t *testing.T) {
	f := show(t, parse(t, `{"type":"object","ui:order":["c","*","a"],"properties":{"a":{},"b":true,"c":{"type":["null","string"]}}}`), Input{})
	if got := f.Fields[0].Name + f.Fields[1].Name + f.Fields[2].Name; got != "cba" {
		t.Errorf("order %q, want cba", got)
	}
	for _, bad := range []string{``, `[]`, `{"type":"string"}`, `{"properties": 3}`, `{"type": "object", "properties": {"a": 1}}`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestAFieldOfTwoBranchesCountsInBoth(t *testing.T) {
	s := parse(t, `{"type":"object","properties":{"ci":{"enum":["a","b","c"]}},"dependencies":{"ci":{"oneOf":[
	  {"properties":{"ci":{"const":"a"},"image":{"type":"string"}}},
	  {"properties":{"ci":{"const":"b"},"image":{"type":"string"}}}]}}}`)
	for ci, want := range map[string]string{"a": `{"ci":"a","image":"x"}`, "b": `{"ci":"b","image":"x"}`, "c": `{"ci":"c"}`} {
		got, _ := s.Decode(url.Values{"ci": {ci}, "image": {"x"}}, "")
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestHostileInput(t *testing.T) {
	s := parse(t, service)
	for name, sent := range map[string]url.Values{
		"nothing":    {},
		"large":      {"name": {strings.Repeat("x", 1<<20)}, "tags": {strings.Repeat("y\n", 1<<16)}},
		"repeated":   {"name": {"a", "b"}, "size": {"1", "2"}},
		"nested":     {"repo": {"x"}, "repo.host.deep": {"x"}},
		"odd number": {"size": {"1e3"}, "ratio": {"0x10", "1e400"}},
		"markup":     {"name": {"<script>"}, "extra": {"<script>"}},
	} {
		t.Run(name, func(t *testing.T) {
			data, faults := s.Decode(sent, "")
			if !json.Valid(data) {
				t.Errorf("not JSON: %.80s", data)
			}
			f := show(t, s, Input{Sent: sent, Faults: faults})
			if got, _ := f.Field("name"); len(sent["name"]) > 0 && got.Value != sent["name"][len(sent["name"])-1] {
				t.Errorf("what was typed is gone: %.40q", got.Value)
			}
		})
	}
}
