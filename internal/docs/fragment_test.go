package docs

import (
	"strings"
	"testing"
)

func TestFragment(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"plain", "Pays money back.", "<p>Pays money back.</p>\n"},
		{"a heading keeps its words and has no anchor", "# Limits\n\nTen a *second*.", "<p><strong>Limits</strong></p>\n<p>Ten a <em>second</em>.</p>\n"},
		{"identifiers stay", "snake_case_name", "<p>snake_case_name</p>\n"},
		{"a script is none", "<script>alert(1)</script>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Fragment(c.src); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := Fragment("[x](javascript:alert(1)) <img src=x onerror=alert(1)>"); strings.Contains(got, "javascript:") || strings.Contains(got, "onerror") {
		t.Errorf("unsafe: %s", got)
	}
}
