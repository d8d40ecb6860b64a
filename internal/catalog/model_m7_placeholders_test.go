package catalog

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// M7: placeholders.
func TestM7Placeholders(t *testing.T) {
	files := map[string]string{"./api.yaml": "openapi: 3.1.0\n", "./a.json": `{"x": [1]}`, "./two.yaml": "a: 1\n---\nb: 2\n"}
	read := func(name string) ([]byte, error) {
		if s, ok := files[name]; ok {
			return []byte(s), nil
		}
		return nil, fs.ErrNotExist
	}
	doc := func(def string) string {
		return head + "kind: API\nmetadata: {name: a}\nspec: {type: t, lifecycle: l, owner: o, definition: " + def + "}\n"
	}
	for _, c := range []struct {
		name, def, want string
		problem         string
	}{
		{"text", "{$text: ./api.yaml}", "openapi: 3.1.0\n", ""},
		{"yaml becomes text again", "{$yaml: ./api.yaml}", "openapi: 3.1.0\n", ""},
		{"json", "{$json: ./a.json}", "x:\n  - 1\n", ""},
		{"missing", "{$text: ./gone}", "", "error placeholder spec.definition:4"},
		{"two documents", "{$yaml: ./two.yaml}", "", "error placeholder spec.definition:4"},
		{"no text", "{$text: 7}", "", "error placeholder spec.definition:4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, doc(c.def), File{Read: read})
			if c.problem != "" {
				if diff := cmp.Diff([]string{c.problem}, said(d)); diff != "" {
					t.Error(diff)
				}
				return
			}
			if d.Entity == nil || d.Entity.Text("definition") != c.want {
				t.Errorf("entity %+v, problems %v; want definition %q", d.Entity, d.Problems, c.want)
			}
		})
	}
	d := parseOne(t, head+"kind: Gadget\nmetadata: {name: a}\nspec: {x: {$text: ./api.yaml, more: 1}, y: {$foo: z}}\n", File{Read: read})
	if d.Entity == nil || d.Entity.Spec["y"].(map[string]any)["$foo"] != "z" || len(d.Entity.Spec["x"].(map[string]any)) != 2 {
		t.Errorf("what is no placeholder was touched: %+v %v", d.Entity, d.Problems)
	}
}
