package catalog

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// The real files of other people load, and what they have wrong is named.
func TestFixturesLoad(t *testing.T) {
	const folder = "../../../shared/fixtures"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("SKIP: the fixtures are not here")
	}
	fixtures := os.DirFS(folder)
	kinds, entities := map[string]int{}, 0
	var problems []string
	err := fs.WalkDir(fixtures, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(fixtures, p)
		if err != nil {
			return err
		}
		for _, doc := range Parse(File{Source: "file:/fixtures", Path: p, Location: "file:/fixtures/" + p, Data: data, Trusted: true,
			Read: func(name string) ([]byte, error) { return fs.ReadFile(fixtures, path.Join(path.Dir(p), name)) }}) {
			if doc.Entity == nil && !slices.ContainsFunc(doc.Problems, func(p Problem) bool { return p.Severity == Error }) {
				t.Errorf("%s, document %d: neither an entity nor an error", p, doc.Number)
			}
			if doc.Entity != nil {
				kinds[doc.Entity.Kind]++
				entities++
			}
			for _, pr := range doc.Problems {
				problems = append(problems, pr.Place()+" "+pr.Field+": "+pr.Message)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(problems)
	want := []string{ // the only fault in them: an address that this portal may not read
		`backstage-demo/catalog-info.yaml, document 2, line 29 spec.definition: The placeholder $text could not read "https://demo.backstage.io/api/graphql/schema": there is no such file.`,
	}
	if diff := strings.Join(problems, "\n"); diff != strings.Join(want, "\n") {
		t.Errorf("problems:\n%s\nwant:\n%s", diff, strings.Join(want, "\n"))
	}
	if kinds["Template"] != 15 || kinds["AiResource"] != 6 || entities != 24 {
		t.Errorf("%d entities: %v; want 24, of which 15 templates and 6 AI resources", entities, kinds)
	}
}
