package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// big is a value of one megabyte.
var big = strings.Repeat("A", 1<<20)

const script = `"><script>alert(1)</script>`

// bad are values that no field should take as they are.
var bad = map[string]string{"empty": "", "1 MB": big, "script": script, "traversal": "../../../../etc/passwd", "control": "a\x00b\x1b[31m", "number": "-1e999"}

// Every action: an input that is empty, of the wrong type, with an unknown
// field, or too large is refused with the field named, and nothing happens.
func TestEveryActionRefusesBadInput(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	c := s.as("ines")
	var list struct {
		Items []struct {
			Name   string
			Schema struct {
				Required   []string
				Properties map[string]struct{ Type any }
			}
		}
	}
	_, body := c.get("/api/v1/actions")
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Items) == 0 {
		t.Fatalf("%v: %.200s", err, body)
	}
	done := func() int { return events(t, c, "action.done") }
	for _, a := range list.Items {
		t.Run(a.Name, func(t *testing.T) {
			before := done()
			path := "/api/v1/actions/" + a.Name
			refused := func(what, body, field string) {
				t.Helper()
				res, answer := c.json(path, body)
				if res.StatusCode < 400 || res.StatusCode >= 500 {
					t.Errorf("%s: status %d: %.300s", what, res.StatusCode, answer)
					return
				}
				if field == "" {
					return
				}
				var p struct{ Errors []struct{ Field string } }
				if err := json.Unmarshal([]byte(answer), &p); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				for _, e := range p.Errors {
					if e.Field == field || strings.HasPrefix(e.Field, field+".") {
						return
					}
				}
				t.Errorf("%s: field %s is not named: %.300s", what, field, answer)
			}
			refused("not JSON", `{"`, "")
			refused("a list", `[]`, "")
			refused("unknown field", `{"no_such_field":1}`, "no_such_field")
			if len(a.Schema.Required) > 0 {
				refused("empty", `{}`, a.Schema.Required[0])
			}
			for name, p := range a.Schema.Properties {
				if p.Type != nil {
					refused("wrong type of "+name, fmt.Sprintf(`{%q:[[{}]]}`, name), name)
				}
				if p.Type == "string" {
					refused("1 MB in "+name, fmt.Sprintf(`{%q:%q}`, name, big), name)
				}
			}
			refused("3 MB", `{"x":"`+big+big+big+`"}`, "")
			if res, _ := c.do(http.MethodPost, path, strings.NewReader("name=x"), "application/x-www-form-urlencoded"); res.StatusCode < 400 {
				t.Errorf("a form: status %d", res.StatusCode)
			}
			if after := done(); after != before {
				t.Errorf("%d things were done", after-before)
			}
		})
	}
}

// events counts the events of a type.
func events(t *testing.T, c *client, kind string) int {
	t.Helper()
	_, body := c.get("/api/v1/events?limit=1&type=" + kind)
	var page struct{ Total int }
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("%v: %.200s", err, body)
	}
	return page.Total
}

// form is one form of a page.
type form struct {
	page, action string
	values       url.Values
	fields       []string // those that people fill
}

// forms are the forms of all pages that post, one for each shape of address.
func forms(t *testing.T, c *client) []form {
	t.Helper()
	seen := map[string]bool{}
	var out []form
	for _, page := range pages(t, c) {
		_, body := c.get(page)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		doc.Find("form").Each(func(_ int, f *goquery.Selection) {
			action := f.AttrOr("action", page)
			if !strings.EqualFold(f.AttrOr("method", "get"), "post") || seen[shape(action)] || action == "/sign-out" {
				return
			}
			seen[shape(action)] = true
			out = append(out, readForm(page, action, f))
		})
	}
	return out
}

func readForm(page, action string, f *goquery.Selection) form {
	out := form{page: page, action: action, values: url.Values{}}
	f.Find("input[name], textarea[name], select[name]").Each(func(_ int, e *goquery.Selection) {
		name, kind := e.AttrOr("name", ""), e.AttrOr("type", "text")
		if kind == "checkbox" || kind == "radio" || kind == "file" {
			return
		}
		out.values.Set(name, e.AttrOr("value", ""))
		if kind != "hidden" {
			out.fields = append(out.fields, name)
		}
	})
	return out
}

// Every form: bad values are refused with a 4xx and the form again, nothing
// breaks, and nothing that was typed comes back as markup.
func TestEveryFormRefusesBadInput(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	c := s.as("ines")
	for _, f := range forms(t, c) {
		t.Run(f.action, func(t *testing.T) {
			for _, field := range f.fields {
				for what, value := range bad {
					values := url.Values{}
					for k, v := range f.values {
						values[k] = v
					}
					values.Set(field, value)
					res, body := c.form(f.action, values)
					if res.StatusCode >= 500 {
						t.Errorf("%s in %s: status %d", what, field, res.StatusCode)
					}
					if strings.Contains(body, script) {
						t.Errorf("%s in %s: comes back as markup", what, field)
					}
					if what == "1 MB" && res.StatusCode < 400 {
						t.Errorf("1 MB in %s: status %d to %s", field, res.StatusCode, res.Header.Get("Location"))
					}
				}
			}
		})
	}
}

// A path that climbs out is nothing anywhere.
func TestPathsThatClimb(t *testing.T) {
	s := start(t, options{sample: true})
	c := s.as("ines")
	for _, path := range []string{"/docs/default/component/payment-api/../../../../../etc/passwd", "/docs/default/component/payment-api/..%2f..%2f..%2fetc%2fpasswd",
		"/git/..%2f..%2fetc/passwd.git/info/refs?service=git-upload-pack", "/assets/..%2f..%2fgo.mod", "/catalog/default/component/..%2f..%2fx",
		"/environments/..%2f..", "/runs/..%2f..", "/create/default/..%2f..%2fx"} {
		res, body := c.get(path)
		if res.StatusCode >= 500 || res.StatusCode == http.StatusOK && strings.Contains(body, "root:") {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
	}
}
