package catalog

import (
	"testing"
)

// M3: references.
func TestM3References(t *testing.T) {
	for _, c := range []struct{ in, kind, ns, want string }{
		{"a", "component", "", "component:default/a"},
		{"a", "Component", "Team", "component:team/a"},
		{"K:N/A", "", "", "k:n/a"},
		{"k:a", "", "ns", "k:ns/a"},
		{"n/a", "k", "", "k:n/a"},
		{"a:b:c", "", "", "a:default/b:c"},
		{"component:ns/a/b", "", "", "component:ns/a/b"},
		{"n/a:b", "k", "", "k:n/a:b"},
		{"", "k", "", "error"},
		{":a", "k", "", "error"},
		{"k:", "", "", "error"},
		{"/a", "k", "", "error"},
		{"n/", "k", "", "error"},
		{"a", "", "", "error"},
	} {
		r, err := ParseRef(c.in, c.kind, c.ns)
		got := r.String()
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("ParseRef(%q, %q, %q) = %s, want %s", c.in, c.kind, c.ns, got, c.want)
		}
	}
}
