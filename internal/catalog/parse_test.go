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

// M1: the envelope.
func TestM1Envelope(t *testing.T) {
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
func TestDifference1DocumentsStandAlone(t *testing.T) {
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

func TestEncodeAndDecode(t *testing.T) {
	d := parseOne(t, head+"kind: Gadget\nmetadata: {name: A, title: T, description: D, labels: {l: v}, tags: [x], links: [{url: 'https://x', title: t}, {url: 'https://y', size: 3}], extra: {a: [1]}}\nspec: {n: 3, deep: {list: [a, {b: true}]}}\n", File{})
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
	if back.Metadata.Links[1].Extra["size"] == nil || !strings.Contains(string(body), `{"url":"https://x","title":"t"}`) {
		t.Errorf("links %+v in %s", back.Metadata.Links, body)
	}
	if back.Ref != d.Entity.Ref || back.UID != UID(MustRef("gadget:default/a")) {
		t.Errorf("ref %v uid %s", back.Ref, back.UID)
	}
}
