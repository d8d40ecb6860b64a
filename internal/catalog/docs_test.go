package catalog

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page about the format tells every kind with its fields, every relation
// and every code of problems.
func TestTheFormatIsDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs-content/reference/entities.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	row := func(begin string) string {
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "| "+begin+" |") {
				return line
			}
		}
		t.Errorf("no row for %s", begin)
		return ""
	}
	for _, r := range builtin {
		line := row(r.name)
		for _, f := range r.spec.fields {
			if !strings.Contains(line, f.name) && r.name != "Template" {
				t.Errorf("%s: the field %s is missing", r.name, f.name)
			}
		}
		for name, s := range r.byType {
			line := row(r.name + " of type `" + name + "`")
			for _, need := range s.required {
				if !strings.Contains(line+row(r.name), need) {
					t.Errorf("%s of type %s: the field %s is missing", r.name, name, need)
				}
			}
		}
		for _, rel := range relationRules[strings.ToLower(r.name)] {
			if !strings.Contains(page, rel.field) || !strings.Contains(page, rel.relation+" | "+inverse[rel.relation]) {
				t.Errorf("%s: the relation %s of %s is missing", r.name, rel.relation, rel.field)
			}
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`(?:[cC]ode: |code(?:[A-Z]\w*)? = |(?:add|trouble)\((?:\w+, Error, )?)"([a-z]+)"`)
	found := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range codes.FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.Contains(page, "| `"+m[1]+"` |") {
				t.Errorf("%s: the code %s is not documented", f, m[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("%d codes found in the sources", found)
	}
}
