package catalog

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parseOne parses a text that holds one document.
func parseOne(t *testing.T, text string, f File) Document {
	t.Helper()
	f.Source, f.Path, f.Location, f.Data = "file:/srv", "a.yaml", "file:/srv/a.yaml", []byte(text)
	if f.Read == nil {
		f.Read = func(string) ([]byte, error) { return nil, fs.ErrNotExist }
	}
	docs := Parse(f)
	if len(docs) != 1 {
		t.Fatalf("%d documents, want 1: %+v", len(docs), docs)
	}
	return docs[0]
}

func said(d Document) []string {
	var out []string
	for _, p := range d.Problems {
		out = append(out, fmt.Sprintf("%s %s %s:%d", p.Severity, p.Code, p.Field, p.Line))
	}
	return out
}

const head = "apiVersion: backstage.io/v1alpha1\n"

// M1: kinds and their required fields.
func TestKindsAndTheirFields(t *testing.T) {
	doc := func(kind, spec string) string {
		return head + "kind: " + kind + "\nmetadata: {name: x}\nspec: {" + spec + "}\n"
	}
	for _, c := range []struct {
		name, doc string
		want      []string // problems; nil: the entity is good
	}{
		{"component", doc("Component", "type: a, lifecycle: b, owner: c"), nil},
		{"component without owner", doc("Component", "type: a, lifecycle: b"), []string{"error field spec.owner:4"}},
		{"component with everything missing", doc("Component", ""), []string{"error field spec.type:4", "error field spec.lifecycle:4", "error field spec.owner:4"}},
		{"text where a list belongs", doc("Component", "type: a, lifecycle: b, owner: c, dependsOn: x"), []string{"error field spec.dependsOn:4"}},
		{"number where a text belongs", doc("Component", "type: 1, lifecycle: b, owner: c"), []string{"error field spec.type:4"}},
		{"empty text", doc("Component", `type: "", lifecycle: b, owner: c`), []string{"error field spec.type:4"}},
		{"number in a list", doc("Component", "type: a, lifecycle: b, owner: c, providesApis: [7]"), []string{"error field spec.providesApis[0]:4"}},
		{"dependencyOf may be one text", doc("Component", `type: a, lifecycle: b, owner: c, dependencyOf: "component:y"`), nil},
		{"unknown fields are welcome", doc("Component", "type: a, lifecycle: b, owner: c, colour: red"), nil},
		{"api", doc("API", "type: a, lifecycle: b, owner: c, definition: d"), nil},
		{"api without definition", doc("API", "type: a, lifecycle: b, owner: c"), []string{"error field spec.definition:4"}},
		{"api with an inline definition", doc("API", "type: a, lifecycle: b, owner: c, definition: {openapi: 3.1.0}"), nil},
		{"mcp server", doc("API", "type: mcp-server, lifecycle: b, owner: c, remotes: [{type: http, url: 'https://x'}]"), nil},
		{"mcp server without remotes", doc("API", "type: mcp-server, lifecycle: b, owner: c"), []string{"error field spec.remotes:4"}},
		{"resource", doc("Resource", "type: a, owner: c"), nil},
		{"system", doc("System", "owner: c"), nil},
		{"system without owner", doc("System", "domain: c"), []string{"error field spec.owner:4"}},
		{"domain", doc("Domain", "owner: c, subdomainOf: d"), nil},
		{"group", doc("Group", "type: team, children: []"), nil},
		{"group without children", doc("Group", "type: team"), []string{"error field spec.children:4"}},
		{"user", doc("User", "memberOf: []"), nil},
		{"user without memberOf", doc("User", "profile: {}"), []string{"error field spec.memberOf:4"}},
		{"location", doc("Location", "target: ./x.yaml"), nil},
		{"location with a bad presence", doc("Location", "presence: maybe"), []string{"error field spec.presence:4"}},
		{"template", strings.Replace(doc("Template", "type: service, steps: [{action: fetch}]"), "backstage.io/v1alpha1", "scaffolder.backstage.io/v1beta3", 1), nil},
		{"template step without action", strings.Replace(doc("Template", "type: service, steps: [{id: a}]"), "backstage.io/v1alpha1", "scaffolder.backstage.io/v1beta3", 1), []string{"error field spec.steps[0].action:4"}},
		{"ai resource", doc("AiResource", "type: skill, lifecycle: b, owner: c"), nil},
		{"v1beta1", strings.Replace(doc("System", "owner: c"), "v1alpha1", "v1beta1", 1), nil},
		{"unknown version", strings.Replace(doc("System", "owner: c"), "v1alpha1", "v9", 1), []string{"error envelope apiVersion:1"}},
		{"unknown kind is kept", doc("Gadget", "owner: c"), nil},
		{"no spec", head + "kind: System\nmetadata: {name: x}\n", []string{"error field spec:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, c.doc, File{Trusted: true})
			if diff := cmp.Diff(c.want, said(d)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if (d.Entity != nil) != (c.want == nil) {
				t.Errorf("entity %v", d.Entity)
			}
		})
	}
}

// M2: formats.
func TestFormats(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		rule string
		ok   func(string) bool
		good []string
		bad  []string
	}{
		{"name", isObjectName, []string{"a", "A", "a--b", "a.b_c-D", "1", long[:63]}, []string{"", "-a", "a-", "a b", "ä", long}},
		{"namespace", isDNSLabel, []string{"a", "a-b", "a--b", "1"}, []string{"", "A", "-a", "a-", "a.b", "a_b", long}},
		{"kind", isKind, []string{"A", "a1", "AiResource"}, []string{"", "1a", "a-b", "a.b", long}},
		{"apiVersion", isAPIVersion, []string{"v1", "backstage.io/v1alpha1", "a.b-c/V1"}, []string{"", "/v1", "a/", "a/b/c", "A.io/v1", "a/v-1"}},
		{"key", isAnnotationKey, []string{"a", "A_b", "x.io/a", "x.io/A.b"}, []string{"", "a/b/c", "Upper.com/x", "/a", "a/"}},
		{"label value", isLabelValue, []string{"", "a", "A.b"}, []string{"a b", "-a", long}},
		{"tag", isTag, []string{"c#", "c++", "a:b", "a-b", "1"}, []string{"", "Java", "a_b", "a--b", "-a", "a-", long}},
		{"url", isURL, []string{"https://x", "mailto:a@b", "http://x/y?z"}, []string{"", "foo", "/x", "://x"}},
	} {
		for _, s := range c.good {
			if !c.ok(s) {
				t.Errorf("%s refuses %q", c.rule, s)
			}
		}
		for _, s := range c.bad {
			if c.ok(s) {
				t.Errorf("%s accepts %q", c.rule, s)
			}
		}
	}
}

// M2: each rule is applied to its field, with its line.
func TestMetadata(t *testing.T) {
	for _, c := range []struct {
		name, meta string
		want       []string
	}{
		{"no name", "title: a", []string{"error envelope metadata.name:3"}},
		{"bad name", "name: -a", []string{"error field metadata.name:4"}},
		{"upper-case namespace", "name: a\n  namespace: Team", []string{"error field metadata.namespace:5"}},
		{"empty title", "name: a\n  title: ''", []string{"error field metadata.title:5"}},
		{"null description", "name: a\n  description: null", []string{"error field metadata.description:5"}},
		{"tags null", "name: a\n  tags:", []string{"error field metadata.tags:5"}},
		{"bad tag", "name: a\n  tags:\n  - go\n  - Java", []string{"error field metadata.tags[1]:7"}},
		{"bad link", "name: a\n  links:\n  - url: foo", []string{"error field metadata.links[0].url:6"}},
		{"blank link title", "name: a\n  links:\n  - url: https://x\n    title: ' '", []string{"error field metadata.links[0].title:7"}},
		{"bad label", "name: a\n  labels: {a/b/c: x, ok: 'not ok'}", []string{"error field metadata.labels.a/b/c:5", "error field metadata.labels.ok:5"}},
		{"null annotation", "name: a\n  annotations:\n    x:", []string{"error field metadata.annotations.x:6"}},
		{"keys that differ in case only", "name: a\n  annotations: {x: '1', X: '2'}", []string{"error field metadata.annotations.x:5"}},
		{"more keys are welcome", "name: a\n  anything: [1, {b: 2}]", nil},
		{"true as annotation", "name: a\n  annotations: {x: true, y: 1, z: 2026-01-02}", []string{"warning field metadata.annotations.x:5", "warning field metadata.annotations.y:5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, head+"kind: Domain\nmetadata:\n  "+c.meta+"\nspec: {owner: o}\n", File{})
			got := said(d)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		want      []string
	}{
		{"foreign root field", head + "kind: Gadget\nmetadata: {name: a}\nrelations: []\n", []string{"error envelope relations:4"}},
		{"no kind", head + "metadata: {name: a}\n", []string{"error envelope kind:1"}},
		{"kind in lower case", head + "kind: component\nmetadata: {name: a}\nspec: {type: a, lifecycle: b, owner: c}\n", []string{"warning field kind:2"}},
		{"a list", "- a\n", []string{"error syntax :1"}},
		{"text", "hello\n", []string{"error syntax :1"}},
		{"no metadata", head + "kind: Gadget\n", []string{"error envelope metadata:1"}},
		{"a key twice", head + "kind: Gadget\nmetadata: {name: a}\nspec:\n  x: 1\n  x: 2\n", []string{"error syntax spec.x:6"}},
		{"not UTF-8", head + "kind: Gadget\nmetadata: {name: \"\xff\"}\n", []string{"error syntax :3"}},
		{"nested too deep", head + "kind: Gadget\nmetadata: {name: a}\nspec: {a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}\n", []string{"error limit :4"}},
		{"aliases without end", head + "kind: Gadget\nmetadata: {name: a}\nspec:\n" + bomb(), []string{"error limit :5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(parseOne(t, c.doc, File{Trusted: true}))); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// bomb is a few lines that stand for billions of values.
func bomb() string {
	s := "  a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		s += fmt.Sprintf("  %c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+p+", ", 10), ", "))
	}
	return s
}

// One bad document never blocks its neighbours, and a later one inherits the
// apiVersion.
func TestDocumentsStandAlone(t *testing.T) {
	text := "# a comment\n---\n" + head + "kind: Gadget\nmetadata: {name: one}\n---\nkind: Gadget\n  broken: [\n---\n---\n# nothing here\n---\nkind: Gadget\nmetadata: {name: three}\n...\n"
	docs := Parse(File{Source: "s", Path: "p", Data: []byte(text)})
	if len(docs) != 3 {
		t.Fatalf("%d documents, want 3", len(docs))
	}
	if docs[0].Entity == nil || docs[0].Line != 3 || docs[0].Number != 1 {
		t.Errorf("first: %+v", docs[0])
	}
	if docs[1].Entity != nil || len(docs[1].Problems) != 1 || docs[1].Problems[0].Line < 7 || docs[1].Problems[0].Line > 8 {
		t.Errorf("second: %+v", docs[1])
	}
	if docs[2].Entity == nil || docs[2].Entity.APIVersion != "backstage.io/v1alpha1" || docs[2].Number != 3 || len(docs[2].Problems) != 1 {
		t.Errorf("third: %+v", docs[2])
	}
}

func TestTrustedKinds(t *testing.T) {
	for _, kind := range []string{"User", "Group", "Template", "Blueprint", "Policy", "policy"} {
		d := parseOne(t, "apiVersion: acme.example/v1\nkind: "+kind+"\nmetadata: {name: a}\nspec: {}\n", File{})
		if d.Entity != nil || len(d.Problems) != 1 || d.Problems[0].Code != "untrusted" {
			t.Errorf("%s from an untrusted source: %+v %v", kind, d.Entity, d.Problems)
		}
		d = parseOne(t, "apiVersion: acme.example/v1\nkind: "+kind+"\nmetadata: {name: a}\nspec: {}\n", File{Trusted: true})
		if d.Entity == nil {
			t.Errorf("%s from a trusted source: %v", kind, d.Problems)
		}
	}
}

// M4: relations.
func TestRelations(t *testing.T) {
	for _, c := range []struct {
		name, kind, spec string
		want             []string
	}{
		{"component", "Component", "type: a, lifecycle: b, owner: Team, system: s, subcomponentOf: p, providesApis: [x], consumesApis: [other/y], dependsOn: ['resource:db', 'Component:Z'], dependencyOf: ['component:up']",
			[]string{"consumesApi api:other/y", "dependencyOf component:ns/up", "dependsOn component:ns/z", "dependsOn resource:ns/db", "ownedBy group:ns/team", "partOf component:ns/p", "partOf system:ns/s", "providesApi api:ns/x"}},
		{"owned by a user", "System", "owner: user:ada, domain: d", []string{"ownedBy user:ns/ada", "partOf domain:ns/d"}},
		{"domain", "Domain", "owner: t, subdomainOf: d", []string{"ownedBy group:ns/t", "partOf domain:ns/d"}},
		{"user", "User", "memberOf: [b, a, a]", []string{"memberOf group:ns/a", "memberOf group:ns/b"}},
		{"group", "Group", "type: t, parent: p, children: [c], members: [m]", []string{"childOf group:ns/p", "hasMember user:ns/m", "parentOf group:ns/c"}},
		{"unknown kind", "Gadget", "owner: t, system: s", []string{"ownedBy group:ns/t", "partOf system:ns/s"}},
		{"location has none", "Location", "owner: t", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, head+"kind: "+c.kind+"\nmetadata: {name: x, namespace: ns}\nspec: {"+c.spec+"}\n", File{Trusted: true})
			if d.Entity == nil {
				t.Fatal(d.Problems)
			}
			var got []string
			for _, r := range d.Entity.Relations {
				got = append(got, r.Type+" "+r.Target.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("relations (-want +got):\n%s", diff)
			}
		})
	}
	d := parseOne(t, head+"kind: Component\nmetadata: {name: x}\nspec:\n  type: a\n  lifecycle: b\n  owner: c\n  dependsOn:\n  - component:ok\n  - nokind\n", File{})
	if diff := cmp.Diff([]string{"error reference spec.dependsOn[1]:10"}, said(d)); diff != "" || d.Entity != nil {
		t.Errorf("a reference that cannot be read fails the entity (-want +got):\n%s", diff)
	}
	for from, to := range inverse {
		if inverse[to] != from {
			t.Errorf("the inverse of %s is %s, whose inverse is %s", from, to, inverse[to])
		}
	}
}

// M7: placeholders.
func TestPlaceholders(t *testing.T) {
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

func TestStamp(t *testing.T) {
	d := parseOne(t, head+"kind: Gadget\nmetadata: {name: a, annotations: {backstage.io/view-url: 'javascript:alert(1)', backstage.io/managed-by-location: 'url:https://evil'}}\n", File{})
	notes := d.Entity.Metadata.Annotations
	if notes[annotationManaged] != "file:/srv/a.yaml" || notes[annotationFolder] != "file:/srv/" || strings.HasPrefix(notes[annotationView], "javascript") {
		t.Errorf("annotations %v", notes)
	}
}

func TestEncodeAndDecode(t *testing.T) {
	d := parseOne(t, head+"kind: Gadget\nmetadata: {name: A, title: T, description: D, labels: {l: v}, tags: [x], links: [{url: 'https://x', title: t}], extra: {a: [1]}}\nspec: {n: 3, deep: {list: [a, {b: true}]}}\n", File{})
	body, hash, err := d.Entity.Encode()
	if err != nil || hash == "" {
		t.Fatal(err)
	}
	back, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	again, hash2, err := back.Encode()
	if err != nil || hash != hash2 || string(again) != string(body) {
		t.Errorf("decoded and encoded again: %s\nwant %s", again, body)
	}
	if back.Ref != d.Entity.Ref || back.UID != UID(MustRef("gadget:default/a")) {
		t.Errorf("ref %v uid %s", back.Ref, back.UID)
	}
}

// M3: references.
func TestParseRef(t *testing.T) {
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
