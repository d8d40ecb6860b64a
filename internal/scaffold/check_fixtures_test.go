package scaffold_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// janus is a public collection of templates, beside the checkout.
const janus = "../../../shared/fixtures/janus-templates"

// Every form of a collection that others wrote is shown, and its values are
// judged: empty ones are refused field by field, filled ones are taken.
func TestFormsOfOthersRenderAndValidate(t *testing.T) {
	files, err := filepath.Glob(janus + "/templates/*/*/template.yaml")
	if err != nil || len(files) == 0 {
		t.Skip("SKIPPED: no fixtures/janus-templates beside the checkout")
	}
	e := scaffold.New(scaffold.Options{Store: newMemory("group:default/payments-team", "system:default/checkout", "component:default/ledger"), Forge: noForge{}})
	for _, file := range files {
		t.Run(strings.TrimPrefix(filepath.Dir(file), janus+"/templates/"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tmpl, err := scaffold.Parse(text, "template.yaml", os.DirFS(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			values := filledIn(t, tmpl)
			faults, err := e.Check(context.Background(), access.System("test"), tmpl, values)
			if err != nil || len(faults) > 0 {
				t.Errorf("filled: %v %v", faults, err)
			}
			faults, err = e.Check(context.Background(), access.System("test"), tmpl, map[string]any{"nonsense": 1})
			if err != nil || len(faults) < 2 {
				t.Errorf("empty: %v %v; want each missing field and the unknown one", faults, err)
			}
		})
	}
}

// filledIn fills every field of a template's form as a person would.
func filledIn(t *testing.T, tmpl *scaffold.Template) map[string]any {
	t.Helper()
	all := map[string]any{}
	for i, p := range tmpl.Pages {
		s, err := p.Form()
		if err != nil {
			t.Fatalf("page %d: %v", i+1, err)
		}
		if got := s.Problems(); len(got) > 0 {
			t.Errorf("page %d leaves out: %v", i+1, got)
		}
		sent, err := s.Begin(form.Input{Prefix: "v"})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 { // what is chosen may bring more fields
			f, err := s.Show(context.Background(), form.Input{Prefix: "v", Sent: sent, Around: all})
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Fields) == 0 {
				t.Errorf("page %d shows nothing", i+1)
			}
			for _, name := range f.Unknown {
				if !strings.Contains(name, "OrganizationPicker") {
					t.Errorf("page %d: unknown %q", i+1, name)
				}
			}
			for _, x := range f.Fields {
				if sent.Get(x.Name) == "" {
					sent.Set(x.Name, answer(x))
				}
			}
		}
		r := s.Read(sent, "v", all)
		if len(r.Faults) > 0 {
			t.Errorf("page %d: %v", i+1, r.Faults)
		}
		for k, v := range r.Values {
			all[k] = v
		}
	}
	raw, err := json.Marshal(all) // as it comes by the API
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func answer(f form.Field) string {
	switch {
	case len(f.Options) > 0:
		return f.Options[0].Value
	case f.Kind == form.Number:
		return "8080"
	case f.Kind == form.Checkbox:
		return "true"
	case strings.Contains(strings.ToLower(f.Name), "owner"):
		return "group:default/payments-team"
	case strings.Contains(f.Name, "system"):
		return "system:default/checkout"
	}
	return "something"
}
