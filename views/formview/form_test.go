package formview

import (
	"bytes"
	"context"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
)

var update = flag.Bool("update", false, "write the golden files anew")

const schema = `{"type": "object", "required": ["name", "engine"], "properties": {
  "name": {"type": "string", "title": "Name", "ui:help": "Lower case.", "maxLength": 40},
  "notes": {"type": "string", "ui:widget": "textarea"},
  "engine": {"title": "Engine", "ui:widget": "radio", "oneOf": [{"const": "pg", "title": "PostgreSQL", "description": "backups on"}, {"const": "none", "title": "None"}]},
  "size": {"type": "integer", "minimum": 1, "maximum": 9},
  "public": {"type": "boolean"},
  "zone": {"type": "string", "enum": ["eu", "us"]},
  "checks": {"type": "array", "items": {"enum": ["lint", "scan"]}},
  "secret": {"type": "string", "ui:widget": "password"},
  "kind": {"const": "service"},
  "repo": {"type": "object", "properties": {"host": {"type": "string"}}}},
  "dependencies": {"engine": {"oneOf": [{"properties": {"engine": {"enum": ["pg"]}, "disk": {"type": "integer"}}}]}}}`

func model(t *testing.T, in form.Input) form.Form {
	t.Helper()
	s, err := form.Parse([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Show(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// refused is the form after a try that was not accepted.
func refused(t *testing.T) form.Form {
	return model(t, form.Input{
		Prefix: "p",
		Sent:   url.Values{"p.name": {`"><b>Refund`}, "p.engine": {"pg"}, "p.size": {"many"}, "p.public": {"true"}, "p.checks": {"scan"}, "p.secret": {"hunter2"}, "p.zone": {"us"}},
		Faults: []fault.Field{{Field: "p.name", Message: "Only lower case."}, {Field: "p.engine", Message: "Not in this team."}},
	})
}

func TestGolden(t *testing.T) {
	goldens := map[string]templ.Component{
		"first":   Form(Props{ID: "f", Form: model(t, form.Input{}), Action: "/create"}),
		"refused": Form(Props{Form: refused(t), Action: "/create", Check: "/create/check", Submit: "Next", Cancel: "/"}),
	}
	for name, c := range goldens {
		t.Run(name, func(t *testing.T) {
			got, file := render(t, c)+"\n", filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s (-want +got); refresh with -update when it is meant:\n%s", file, d)
			}
		})
	}
}

func TestRefusedFormKeepsWhatWasTypedAndLeadsToTheFaults(t *testing.T) {
	html := render(t, Form(Props{Form: refused(t), Action: "/create"}))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	for _, sel := range []string{
		`form[data-focus-error][novalidate]`, `input#f-p-name[aria-invalid=true][value='"><b>Refund']`, `[role=alert] a[href='#f-p-name']`,
		`[role=alert] a[href='#f-p-engine-0']`, `#f-p-engine-0[aria-describedby~=f-p-engine-msg][checked]`, `input[name='p.size'][value=many]`,
		`input[name='p.public'][checked]`, `input[name='p.checks'][value=scan][checked]`, `option[value=us][selected]`, `input[type=hidden][name='p.kind'][value=service]`,
		`input[name='p.disk']`, `fieldset:has(#f-p-engine-0)`,
	} {
		if doc.Find(sel).Length() == 0 {
			t.Errorf("no %s", sel)
		}
	}
	if strings.Contains(html, "hunter2") {
		t.Error("a password is sent back")
	}
	doc.Find("label[for]").Each(func(_ int, s *goquery.Selection) {
		if id, _ := s.Attr("for"); doc.Find("#"+id).Length() != 1 {
			t.Errorf("label for %q leads nowhere", id)
		}
	})
	doc.Find("[aria-describedby]").Each(func(_ int, s *goquery.Selection) {
		by, _ := s.Attr("aria-describedby")
		for _, id := range strings.Fields(by) {
			if doc.Find("#"+id).Length() != 1 {
				t.Errorf("described by %q, which is not there", id)
			}
		}
	})
}

func TestMessageIsReplacedAlone(t *testing.T) {
	f, _ := refused(t).Field("p.name")
	if got := render(t, Message(f)); !strings.HasPrefix(got, `<div class="field-msg" id="f-p-name-msg" data-tone="bad"`) || strings.Contains(got, "<input") {
		t.Errorf("got %s", got)
	}
	if got := render(t, Fine(f, "free")); !strings.Contains(got, `data-tone="good"`) || !strings.Contains(got, "free") {
		t.Errorf("got %s", got)
	}
}
