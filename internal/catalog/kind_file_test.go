package catalog

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const gadget = `kind: Gadget
apiVersions: [acme.example/v1, acme.example/v2]
title: Gadget
icon: wrench
schema:
  type: object
  required: [owner]
  additionalProperties: false
  properties:
    owner: {type: string}
    size: {enum: [small, large]}
    parts: {type: array, items: {type: string, minLength: 2}}
    runs: {type: object, properties: {on: {type: array}}}
relations:
  - {field: parts, relation: partOf, defaultKind: Component}
  - {field: runs.on, relation: runsOn, inverse: hosts, defaultKind: Resource}
`

func kindsOf(files map[string]string) *Kinds {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return LoadKinds(KindFolder{"kinds", folder})
}

// Difference 3: a kind of one's own needs a file and no code.
func TestDifference3CustomKinds(t *testing.T) {
	kinds := kindsOf(map[string]string{"gadget.yaml": gadget})
	if len(kinds.Problems()) > 0 {
		t.Fatal(kinds.Problems())
	}
	doc := func(spec string) string {
		return "apiVersion: acme.example/v1\nkind: Gadget\nmetadata: {name: x, namespace: ns}\nspec: {" + spec + "}\n"
	}
	for _, c := range []struct {
		name, doc string
		want      []string
		relations string
	}{
		{"good", doc("owner: t, size: small, parts: [ab, 'api:cd'], runs: {on: [db, q]}"), nil, "ownedBy group:ns/t partOf api:ns/cd partOf component:ns/ab runsOn resource:ns/db runsOn resource:ns/q"},
		{"kind in lower case", strings.Replace(doc("owner: t"), "Gadget", "gadget", 1), []string{"warning field kind:2"}, "ownedBy group:ns/t"},
		{"required field", doc("size: small"), []string{"error field spec.owner:4"}, ""},
		{"no spec", "apiVersion: acme.example/v1\nkind: Gadget\nmetadata: {name: x}\n", []string{"error field spec.owner:1"}, ""},
		{"unknown field", doc("owner: t, colour: red"), []string{"error field spec.colour:4"}, ""},
		{"value that is not allowed", doc("owner: t, size: huge"), []string{"error field spec.size:4"}, ""},
		{"type", doc("owner: [7]"), []string{"error field spec.owner:4"}, ""},
		{"member of a list", doc("owner: t, parts: [ab, c]"), []string{"error field spec.parts[1]:4"}, ""},
		{"number as reference", doc("owner: t, runs: {on: [7]}"), []string{"error reference spec.runs.on[0]:4"}, ""},
		{"reference that cannot be read", doc("owner: ':', parts: []"), []string{"error reference spec.owner:4"}, ""},
		{"another version", strings.Replace(doc("owner: t"), "/v1", "/v3", 1), []string{"error envelope apiVersion:1"}, ""},
		{"another group is unknown and kept", strings.Replace(doc("anything: 1"), "acme", "other", 1), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, c.doc, File{Kinds: kinds})
			for _, p := range d.Problems {
				if p.Message == "" || p.Fix == "" || strings.Contains(p.Message+p.Fix, "%!") {
					t.Errorf("a problem that helps nobody: %+v", p)
				}
			}
			if diff := cmp.Diff(c.want, said(d)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if d.Entity == nil {
				return
			}
			var got []string
			for _, r := range d.Entity.Relations {
				got = append(got, r.Type+" "+r.Target.String())
			}
			if strings.Join(got, " ") != c.relations {
				t.Errorf("relations %q, want %q", strings.Join(got, " "), c.relations)
			}
		})
	}
}

func TestCustomRelationsHaveAnInverse(t *testing.T) {
	t.Cleanup(func() { moreInverses.Store(nil) })
	kindsOf(map[string]string{"gadget.yaml": gadget}).declare()
	for from, to := range map[string]string{"runsOn": "hosts", "hosts": "runsOn", "ownedBy": "ownerOf", "neverDeclared": "neverDeclaredOf"} {
		if got := Inverse(from); got != to {
			t.Errorf("the inverse of %s is %s, want %s", from, got, to)
		}
	}
}

// A kind file that cannot be used is named, and the others count.
func TestBadKindFiles(t *testing.T) {
	swap := func(old, new string) string { return strings.Replace(gadget, old, new, 1) }
	for _, c := range []struct{ name, text, says, field string }{
		{"no YAML", "kind: [", "", ""},
		{"empty", "", "empty", ""},
		{"unknown field", swap("icon: wrench", "colour: red"), "colour", ""},
		{"no kind", swap("kind: Gadget", "title2: x"), "title2", ""},
		{"bad kind", swap("kind: Gadget", "kind: my-gadget"), "letters and digits", "kind"},
		{"no versions", swap("[acme.example/v1, acme.example/v2]", "[]"), "at least one", "apiVersions"},
		{"two groups", swap("acme.example/v2", "other.example/v2"), "one group", "apiVersions[1]"},
		{"a built-in kind", strings.Replace(swap("Gadget", "Component"), "[acme.example/v1, acme.example/v2]", "[backstage.io/v1alpha1]", 1), "format itself", "kind"},
		{"no JSON Schema", swap("type: object", "type: thing"), "no JSON Schema", "schema"},
		{"a schema that reads a file", swap("{enum: [small, large]}", "{$ref: 'file:///etc/passwd'}"), "itself only", "schema"},
		{"no inverse", swap(", inverse: hosts", ""), "inverse is missing", "relations[1].relation"},
		{"another inverse", swap("relation: partOf", "relation: partOf, inverse: whole"), "hasPart already", "relations[0].inverse"},
		{"an inverse that is taken", swap("inverse: hosts", "inverse: ownerOf"), "another relation", "relations[1].inverse"},
		{"bad relation", swap("runsOn", "runs on"), "must be a name", "relations[1].relation"},
		{"no field", swap("field: parts", "field: ''"), "field of spec", "relations[0].field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := kindsOf(map[string]string{"bad.yaml": c.text, "good.yaml": strings.ReplaceAll(strings.ReplaceAll(gadget, "Gadget", "Widget"), "runsOn, inverse: hosts", "standsOn, inverse: carries")})
			if _, ok := k.Find("acme.example/v1", "widget"); !ok {
				t.Errorf("the good file does not count: %v", k.Problems())
			}
			list := k.Problems()
			if len(list) != 1 || list[0].File != "kinds/bad.yaml" || list[0].Fix == "" || !strings.Contains(list[0].Message, c.says) || list[0].Field != c.field {
				t.Fatalf("problems %+v", list)
			}
			if c.field != "" && list[0].Line == 0 {
				t.Error("no line")
			}
		})
	}
}

// The organisation's own folder wins over what comes with the portal.
func TestLaterKindsWin(t *testing.T) {
	folder := func(title string) KindFolder {
		return KindFolder{title, fstest.MapFS{"g.json": &fstest.MapFile{Data: []byte(`{"kind": "Gadget", "apiVersions": ["acme.example/v1"], "title": "` + title + `"}`)}}}
	}
	k, other := LoadKinds(folder("one"), folder("two")), LoadKinds(folder("one"))
	if got, ok := k.Find("acme.example/v9", "GADGET"); !ok || got.Title != "two" || len(k.All()) != 1 {
		t.Errorf("%+v", k.All())
	}
	if k.Fingerprint() == other.Fingerprint() {
		t.Error("other kinds have the same fingerprint")
	}
	if missing := LoadKinds(KindFolder{"gone", os.DirFS("/does/not/exist")}); len(missing.Problems()) != 1 {
		t.Errorf("a folder that is not there: %v", missing.Problems())
	}
	var none *Kinds
	if _, ok := none.Find("a/v1", "A"); ok || none.All() != nil || none.Problems() != nil || none.Fingerprint() != "" {
		t.Error("no kinds are not none")
	}
}

// What comes with the portal is sound.
func TestShippedKinds(t *testing.T) {
	folder := os.DirFS("../../templates/kinds")
	k := LoadKinds(KindFolder{"templates/kinds", folder})
	if files, err := fs.Glob(folder, "*.yaml"); err != nil || len(k.Problems()) > 0 || len(k.All()) != len(files) {
		t.Fatal(err, k.Problems(), k.All())
	}
	for _, kind := range k.All() {
		if kind.Title == "" || kind.Plural == "" || kind.Icon == "" || kind.Schema == nil {
			t.Errorf("%s says too little of itself", kind.Kind)
		}
	}
	d := parseOne(t, "apiVersion: waymark.dev/v1\nkind: Environment\nmetadata: {name: x}\nspec: {type: dev, owner: group:default/t, dependencyOf: ['component:default/shop']}\n", File{Kinds: k})
	if d.Entity == nil || len(d.Problems) > 0 || len(d.Entity.Relations) != 2 {
		t.Errorf("an environment: %+v", d)
	}
}
