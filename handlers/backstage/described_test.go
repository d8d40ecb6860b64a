package backstage_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What is answered has the shape that the description says.
func TestAnswersAreAsDescribed(t *testing.T) {
	raw, _ := description(t)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	checked := map[string]bool{}
	for _, o := range operations {
		as := "ada"
		if o.as != "" {
			as = o.as
		}
		w := call(server(t, &fake{}), o.method, o.path, o.body, "As", as)
		if w.Body.Len() == 0 {
			continue
		}
		at := schemaAt(t, raw, o.method, o.path, w.Code)
		schema, err := c.Compile("openapi.json#" + at)
		if err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
		v, err := jsonschema.UnmarshalJSON(w.Body)
		if err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s %s: %d is not as described: %v", o.method, o.path, w.Code, err)
		}
		checked[at] = true
	}
	if len(checked) < 17 {
		t.Errorf("%d shapes were checked", len(checked))
	}
}

// schemaAt is where the description has the schema of an answer.
func schemaAt(t *testing.T, raw []byte, method, path string, status int) string {
	t.Helper()
	var d struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Ref string `json:"$ref"`
			} `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	path, _, _ = strings.Cut(path, "?")
	best := ""
	for template := range d.Paths {
		pattern := "^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(template, "[^/]+") + "$"
		if regexp.MustCompile(pattern).MatchString(path) && (best == "" || strings.Contains(best, "{")) {
			best = template
		}
	}
	method = strings.ToLower(method)
	response, code := d.Paths[best][method].Responses[strconv.Itoa(status)], strconv.Itoa(status)
	if _, ok := d.Paths[best][method].Responses[code]; !ok {
		response, code = d.Paths[best][method].Responses["default"], "default"
	}
	at := "/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(best) + "/" + method + "/responses/" + code
	if response.Ref != "" {
		at = strings.TrimPrefix(response.Ref, "#")
	}
	return at + "/content/application~1json/schema"
}
