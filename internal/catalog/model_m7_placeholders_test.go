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

// M7: a placeholder reads files of its own source or repository only.
func TestM7SameRepository(t *testing.T) {
	const base = "https://github.com/o/r/blob/main/"
	remote := item{path: "services/shop/catalog-info.yaml", snap: &opened{Snapshot: Snapshot{Location: func(p string) string { return "url:" + base + p }}}}
	local := item{path: "shop/a.yaml", snap: &opened{Snapshot: Snapshot{Location: func(p string) string { return "file:/srv/" + p }}}}
	for _, c := range []struct {
		from       item
		name, want string // empty: refused
	}{
		{remote, "./api.yaml", "services/shop/api.yaml"},
		{remote, "../../docs/api.yaml", "docs/api.yaml"},
		{remote, "/api.yaml", "api.yaml"},
		{remote, "../../../up.yaml", ""},
		{remote, base + "docs/api.yaml", "docs/api.yaml"},
		{remote, base + "../../../up.yaml", ""},
		{remote, "https://github.com/o/other/blob/main/api.yaml", ""},
		{remote, "https://github.com/o/r/blob/other/api.yaml", ""},
		{remote, "https://example.com/api.yaml", ""},
		{remote, "http://169.254.169.254/latest", ""},
		{local, "api.yaml", "shop/api.yaml"},
		{local, "../api.yaml", "api.yaml"},
		{local, "../../etc/passwd", ""},
		{local, "file:///etc/passwd", ""},
		{local, "https://example.com/api.yaml", ""},
	} {
		got, err := placeholderPath(c.from, c.name)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s names %q: %q, %v; want %q", c.from.path, c.name, got, err, c.want)
		}
		if err != nil && Reason(err) == "" {
			t.Errorf("%q: no reason", c.name)
		}
	}
}

// M7: every placeholder that cannot be used is told, at its line, anywhere in
// the document, and nothing else about it.
func TestM7EachFailureIsTold(t *testing.T) {
	d := parseOne(t, head+"kind: API\nmetadata:\n  name: a\n  annotations:\n    x:\n      $text: ./no\nspec:\n  type: t\n  lifecycle: l\n  definition:\n    $text: ./gone\n  list:\n  - ok\n  - {$json: ./gone}\n", File{})
	want := []string{"error placeholder metadata.annotations.x:7", "error placeholder spec.definition:12", "error placeholder spec.list[1]:15", "error field spec.owner:8"}
	if diff := cmp.Diff(want, said(d)); diff != "" || d.Entity != nil {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
