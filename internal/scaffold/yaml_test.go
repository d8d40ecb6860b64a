package scaffold_test

import (
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

// Files of others: a byte order mark, Windows line ends, several documents,
// anchors and merge keys.
func TestParseForeignFiles(t *testing.T) {
	t.Parallel()
	text := "\ufeffkind: Location\n---\napiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: a}\nspec:\n  type: service\n  parameters:\n" +
		"    properties:\n      one: &one {type: string, title: One, default: x}\n      two:\n        <<: *one\n        title: Two\n  steps:\n    - {action: 'debug:log'}\n"
	for _, end := range []string{"\n", "\r\n"} {
		docs := strings.SplitN(strings.ReplaceAll(text, "\n", end), "---"+end, 2)
		tmpl, err := scaffold.Parse([]byte("\ufeff"+docs[1]), "t.yaml", nil)
		if err != nil {
			t.Fatal(err)
		}
		p := tmpl.Params()
		if len(p) != 2 || p[1].Title != "Two" || p[1].Default != "x" || strings.Contains(string(tmpl.Pages[0].Schema), "<<") {
			t.Errorf("%q: %+v %s", end, p, tmpl.Pages[0].Schema)
		}
	}
}
