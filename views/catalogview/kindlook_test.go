package catalogview

import (
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
)

func TestCustomKindsAreShownAsTheirFilesSay(t *testing.T) {
	t.Cleanup(func() { customLooks.Store(nil) })
	UseKinds([]catalog.Kind{{Kind: "DataProduct", Title: "Data product", Icon: "database"}, {Kind: "Robot", Plural: "Robots here"}, {Kind: "Component", Title: "Not this"}})
	for _, c := range []struct{ kind, icon, one, many string }{
		{"dataproduct", "database", "Data product", "Data products"},
		{"robot", "package", "Robot", "Robots here"},
		{"component", "box", "Component", "Components"},
		{"gadget", "package", "Gadget", "Gadgets"},
	} {
		if icon, one, many := Icon(c.kind, ""), KindName(c.kind), KindNames(c.kind); icon != c.icon || one != c.one || many != c.many {
			t.Errorf("%s: %s, %s, %s", c.kind, icon, one, many)
		}
	}
}
