package catalog

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// checkDocuments fails unless every document became an entity or an error, and
// every problem can be found and mended.
func checkDocuments(t *testing.T, data []byte, docs []Document) {
	t.Helper()
	lines := 1 + bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r"))
	for _, d := range docs {
		if d.Entity == nil && !slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Severity == Error }) {
			t.Fatalf("document %d was lost: %+v", d.Number, d)
		}
		if d.Entity != nil && slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Severity == Error }) {
			t.Fatalf("document %d is an entity and has an error: %+v", d.Number, d.Problems)
		}
		for _, p := range d.Problems {
			if p.Message == "" || p.Fix == "" || p.ID == "" || p.Document != d.Number || d.Number > 0 && (p.Line < 1 || p.Line > lines) {
				t.Fatalf("a problem that helps nobody: %+v (%d lines)", p, lines)
			}
		}
		if d.Entity == nil {
			continue
		}
		if body, hash, err := d.Entity.Encode(); err != nil {
			t.Fatal(err)
		} else if back, err := Decode(body); err != nil || back.Ref != d.Entity.Ref {
			t.Fatalf("%s does not survive storage: %v %v %s", d.Entity.Ref, back.Ref, err, hash)
		}
		if _, err := ParseRef(d.Entity.Ref.String(), "", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// documentsOf counts the documents of a file by the YAML parser alone; ok is
// false when it cannot read all of it.
func documentsOf(data []byte) (n int, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return n, true
		case err != nil:
			return n, false
		}
		if c := doc.Content; len(c) > 0 && (c[0].Kind != yaml.ScalarNode || c[0].Tag != "!!null") {
			n++
		}
	}
}

var noFile = func(string) ([]byte, error) { return nil, errors.New("no") }

// M8: for each document there is an entity or a problem.
func FuzzParse(f *testing.F) {
	for _, c := range hard {
		if len(c.doc) < 10_000 {
			f.Add([]byte(good("a") + "---\n" + c.doc + "---\n" + good("b")))
		}
	}
	for _, s := range []string{"", "a: &a [*a]\n", "--- {a: b}\n...\n%YAML 1.2\n---\n? [x]\n: y\n", "---\n---\nnull\n--- ~\n--- |\n  x\n", "\xef\xbb\xbf---\r\na: b\r\n...\r\n",
		head + "kind: Component\nmetadata: {name: a}\nspec: {type: t, lifecycle: l, owner: o}\n---\n*x\n",
		head + "kind: API\nmetadata: {name: a, annotations: {a: 1}}\nspec: {type: t, lifecycle: l, owner: o, definition: {$text: x}}\n",
		head + "kind: api\nmetadata: {name: a, annotations: {a: 1, backstage.io/orphan: 'true'}}\nspec: {type: t, lifecycle: l, owner: o, definition: {a: [1, {b: c}]}, <<: {a: 1}}\n",
		"kind: Group\nmetadata: {name: a, Name: b}\nspec: {children: x}\n", "a: b\n... junk\n", "{a: b} {c: d}\n", "[", "\u2000", "---\n%x\n", "%YAML 1.2\n---\na: b\n", "--- a\n--- 'b\n---'\n", "!!map {a: !!str 1, b: !!int 0o7, c: 1e400, d: 0x}\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs := Parse(File{Source: "s", Path: "p", Location: "url:https://h/a.yaml", Data: data, Read: noFile, Trusted: len(data)%2 == 0})
		checkDocuments(t, data, docs)
		// The parser begins lines, and so documents, at characters that YAML 1.2
		// does not count as line ends; such a document is refused as a whole.
		if n, ok := documentsOf(data); ok && len(docs) < n && !strings.ContainsAny(string(data), "\u0085\u2028\u2029") {
			t.Fatalf("%d documents of %d", len(docs), n)
		}
	})
}

// M8: files put together of good and bad documents, in any order: nothing is
// lost, nothing is made up, and what is good stays good.
func TestM8EveryDocumentIsAnEntityOrAProblem(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	empty := []string{"", "# only a comment\n", "null\n", "~\n", "\n\n"}
	for range 400 {
		var b strings.Builder
		goods, all := 0, 0
		for range 1 + r.IntN(8) {
			b.WriteString("---\n")
			switch r.IntN(5) {
			case 0:
				b.WriteString(empty[r.IntN(len(empty))])
			case 1, 2:
				b.WriteString(good("n" + string(rune('a'+goods))))
				goods, all = goods+1, all+1
			default:
				if c := hard[r.IntN(len(hard)-1)]; len(c.doc) < 10_000 { // the last one is two documents
					b.WriteString(c.doc)
					all++
				}
			}
		}
		data := []byte(b.String())
		docs := Parse(File{Source: "s", Path: "p", Data: data, Read: noFile})
		checkDocuments(t, data, docs)
		entities := 0
		for _, d := range docs {
			if d.Entity != nil {
				entities++
			}
		}
		if entities != goods || len(docs) != all {
			t.Fatalf("%d entities and %d documents, want %d and %d:\n%q", entities, len(docs), goods, all, data)
		}
	}
}

// M3: references survive being written, and are split as Backstage splits
// them.
func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"a", "k:n/a", ":", "/", "a:b/c:d/e", "é:/", "n/a:b", "a::b", "//", "k:/a", "K:N/", " : / ", "\x00", "İ:ß/K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s, "component", "ns")
		kind, ns, name, ok := splitReference(s)
		if ok != (err == nil) {
			t.Fatalf("%q: %v, want a reference: %v", s, err, ok)
		}
		if err != nil {
			return
		}
		if r != (Ref{kind, ns, name}) {
			t.Fatalf("%q: %+v, want %s %s %s", s, r, kind, ns, name)
		}
		again, err := ParseRef(r.String(), "", "")
		if err != nil || again.String() != r.String() {
			t.Fatalf("%q: %s does not survive being read again: %s, %v", s, r, again, err)
		}
	})
}

// splitReference is the rule of M3 written another way.
func splitReference(s string) (kind, ns, name string, ok bool) {
	kind, ns = "component", "ns"
	beforeSlash, _, slash := strings.Cut(s, "/")
	if k, _, colon := strings.Cut(beforeSlash, ":"); colon {
		kind, s = k, s[len(k)+1:]
		if kind == "" {
			return "", "", "", false
		}
	}
	if name = s; slash {
		ns, name, _ = strings.Cut(s, "/")
	}
	return kind, ns, name, ns != "" && name != ""
}
