package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The deliberate differences that reading makes. Difference 1 is in
// parse_test.go, 2 in the tests of problems, 4 in those of sources, 9 and 10
// in the store's.

func TestDifference3UnknownKindsAreKept(t *testing.T) {
	d := parseOne(t, "apiVersion: acme.example/v1\nkind: Gadget\nmetadata: {name: a, namespace: ns}\nspec: {owner: team, colour: red, dependsOn: ['component:b', bad]}\n", File{})
	if d.Entity == nil || d.Entity.Spec["colour"] != "red" || len(d.Entity.Relations) != 2 {
		t.Fatalf("%+v", d)
	}
	if diff := cmp.Diff([]string{"warning reference spec.dependsOn[1]:4"}, said(d)); diff != "" {
		t.Error(diff)
	}
}

func TestDifference6InlineDefinitions(t *testing.T) {
	api := func(def string) string {
		return head + "kind: API\nmetadata: {name: a}\nspec:\n  type: openapi\n  lifecycle: l\n  owner: o\n  definition:\n" + def
	}
	for _, c := range []struct{ name, doc, want string }{
		{"in the order in which it is written", api("    openapi: 3.1.0\n    info: {title: T}\n    Info: kept\n"), "openapi: 3.1.0\ninfo: {title: T}\nInfo: kept\n"},
		{"with aliases", api("    a: &x [1]\n    b: *x\n"), "a:\n  - 1\nb:\n  - 1\n"},
		{"text stays text", api("    just text\n"), "just text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, c.doc, File{})
			if d.Entity == nil || d.Entity.Text("definition") != c.want || len(d.Problems) > 0 {
				t.Errorf("definition %q, want %q; %v", d.Entity.Text("definition"), c.want, said(d))
			}
		})
	}
}

func TestDifference6InheritedVersions(t *testing.T) {
	template := "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec: {type: x, steps: []}\n"
	system := "kind: System\nmetadata: {name: s}\nspec: {owner: o}\n"
	for _, c := range []struct{ name, text, want string }{
		{"from the document before", good("a") + "---\n" + system, "backstage.io/v1alpha1"},
		{"also from a bad one", head + "kind: System\nmetadata: {name: a}\n---\n" + system, "backstage.io/v1alpha1"},
		{"the last that fits the kind", good("a") + "---\n" + template + "---\n" + system, "backstage.io/v1alpha1"},
		{"from none", system, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs := Parse(File{Source: "s", Path: "p", Data: []byte(c.text), Trusted: true})
			last := docs[len(docs)-1]
			switch {
			case c.want == "" && (last.Entity != nil || said(last)[0] != "error envelope apiVersion:1"):
				t.Errorf("got %v", said(last))
			case c.want != "" && (last.Entity == nil || last.Entity.APIVersion != c.want || len(last.Problems) != 1 || last.Problems[0].Severity != Warning):
				t.Errorf("got %s", short(docs))
			}
		})
	}
}

func TestDifference7KindsWithoutRegardToCase(t *testing.T) {
	for _, kind := range []string{"component", "COMPONENT", "api", "Api", "airesource"} {
		spec := "type: skill, lifecycle: l, owner: o, definition: d"
		d := parseOne(t, head+"kind: "+kind+"\nmetadata: {name: a}\nspec: {"+spec+"}\n", File{})
		if d.Entity == nil || d.Entity.Kind == kind || !strings.EqualFold(d.Entity.Kind, kind) {
			t.Errorf("%s: %+v", kind, d)
		}
		if diff := cmp.Diff([]string{"warning field kind:2"}, said(d)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		if len(Strict(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": map[string]any{"name": "a"}, "spec": map[string]any{}}, "url:https://x")) == 0 {
			t.Errorf("the strict check takes %s", kind)
		}
	}
}

// Values of annotations become text as they were written.
func TestDifference7AnnotationsBecomeText(t *testing.T) {
	for _, c := range []struct {
		written, want string
		warned        bool
	}{
		{"true", "true", true}, {"True", "True", true}, {"1", "1", true}, {"1.10", "1.10", true}, {"007", "007", true}, {"1e3", "1e3", true}, {"0x1F", "0x1F", true},
		{"2026-01-02", "2026-01-02", false}, {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", false}, {"yes", "yes", false}, {"1_000", "1_000", false}, {"'1'", "1", false}, {"!!str 1", "1", false},
	} {
		d := parseOne(t, head+"kind: Gadget\nmetadata:\n  name: a\n  annotations:\n    x: "+c.written+"\n", File{})
		if d.Entity == nil || d.Entity.Metadata.Annotations["x"] != c.want || (len(d.Problems) > 0) != c.warned {
			t.Errorf("%s: %+v", c.written, d)
		}
	}
}

func TestDifference8StableIDs(t *testing.T) {
	a := parseOne(t, head+"kind: Gadget\nmetadata: {name: A}\n", File{})
	b := parseOne(t, head+"kind: gadget\nmetadata: {name: a, title: another}\n", File{Version: "other"})
	if a.Entity.UID == "" || a.Entity.UID != b.Entity.UID {
		t.Errorf("%s and %s", a.Entity.UID, b.Entity.UID)
	}
}

// Side effects of M2 and M7: lists in order, namespaces written, merge keys
// off.
func TestStoredForm(t *testing.T) {
	d := parseOne(t, head+"kind: Component\nmetadata: {name: a, tags: [z, a]}\nspec:\n  type: t\n  lifecycle: l\n  owner: o\n  dependsOn: ['component:z', 'component:a']\n  <<: {more: 1}\n  list: [z, a]\n", File{})
	if diff := cmp.Diff([]string{"warning field spec.<<:9"}, said(d)); diff != "" || d.Entity == nil {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]any{"component:a", "component:z"}, d.Entity.Spec["dependsOn"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"z", "a"}, d.Entity.Spec["list"]); diff != "" {
		t.Error(diff)
	}
	if d.Entity.Metadata.Namespace != "default" || d.Entity.Spec["more"] != nil || d.Entity.Metadata.Tags[0] != "z" {
		t.Errorf("%+v", d.Entity)
	}
}

// An entity knows where its kind and name stand, for problems found later.
func TestLinesOfKindAndName(t *testing.T) {
	docs := Parse(File{Source: "s", Path: "p", Data: []byte(good("a") + "---\n# comment\n" + head + "kind: Gadget\nmetadata:\n  title: x\n  name: b\n")})
	if len(docs) != 2 || docs[0].KindLine != 2 || docs[0].NameLine != 3 || docs[1].Line != 7 || docs[1].KindLine != 8 || docs[1].NameLine != 11 {
		t.Errorf("%+v", docs)
	}
}

// The line is that of the field, also where lists are stored in another order.
func TestLinesOfFields(t *testing.T) {
	d := parseOne(t, "# comment\n"+head+"kind: Component\nmetadata:\n  name: a\n  labels:\n    bad key: x\nspec:\n  type: t\n  lifecycle:\n    a: b\n  dependsOn:\n  - nokind\n  - component:a\n  -\n    7\n", File{})
	want := []string{"error field metadata.labels.bad key:7", "error field spec.owner:8", "error field spec.lifecycle:10", "error field spec.dependsOn[2]:16", "error reference spec.dependsOn[0]:13"}
	if diff := cmp.Diff(want, said(d)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
