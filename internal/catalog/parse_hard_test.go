package catalog

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// good is a document that nothing is wrong with.
func good(name string) string {
	return head + "kind: Gadget\nmetadata: {name: " + name + "}\nspec: {owner: o}\n"
}

// hard are documents that are made to break a reader. Each stands between two
// good ones, which must not notice.
var hard = []struct {
	name, doc string
	want      string // severity code field:line, the line counted within the document
	says      string // part of the message
}{
	{"billion laughs", head + "kind: Gadget\nmetadata: {name: x}\nspec:\n" + bomb(), "error limit :5", "aliases"},
	{"alias to itself", head + "kind: Gadget\nmetadata: {name: x}\nspec: &a {b: *a}\n", "error limit :4", "100 levels"},
	{"200 levels in brackets", head + "kind: Gadget\nmetadata: {name: x}\nspec: {a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}\n", "error limit :4", "100 levels"},
	{"200 levels of indentation", head + "kind: Gadget\nmetadata: {name: x}\nspec:\n" + stairs(200), "error limit :105", "100 levels"},
	{"20,000 brackets", head + "kind: Gadget\nmetadata: {name: x}\nspec: " + strings.Repeat("[", 20_000) + "\n", "error syntax :4", "depth"},
	{"millions of tiny values", head + "kind: Gadget\nmetadata: {name: x}\nspec: [" + strings.Repeat("1,", 3_000_000) + "1]\n", "error limit :1", "200000 values"},
	{"millions of tiny lines", head + "kind: Gadget\nmetadata: {name: x}\nspec:\n" + strings.Repeat("- 1\n", 1_000_000), "error limit :1", "200000 values"},
	{"malformed UTF-8", head + "kind: Gadget\nmetadata: {name: \"\xff\"}\n", "error syntax :3", "UTF-8"},
	{"cut UTF-8", head + "kind: Gadget\nmetadata: {name: x, title: \"\xe2\x82\"}\n", "error syntax :3", "UTF-8"},
	{"NUL", head + "kind: Gadget\nmetadata: {name: x}\nspec: {a: \"\x00\"}\n", "error syntax :4", "U+0000"},
	{"bell", head + "kind: Gadget\nmetadata: {name: x, title: \a}\n", "error syntax :3", "U+0007"},
	{"control character of Latin-1", head + "kind: Gadget\nmetadata: {name: x, title: \u0090}\n", "error syntax :3", "U+0090"},
	{"duplicate key", head + "kind: Gadget\nmetadata:\n  name: x\n  name: y\n", "error syntax metadata.name:5", "twice"},
	{"duplicate key in a list", head + "kind: Gadget\nmetadata: {name: x}\nspec:\n  a:\n  - b: 1\n    b: 2\n", "error syntax spec.a:7", "twice"},
	{"tab", head + "kind: Gadget\nmetadata:\n\tname: x\n", "error syntax :4", "tab"},
	{"object as a key", head + "kind: Gadget\nmetadata: {name: x}\nspec: {? [a] : b}\n", "error syntax :4", "key"},
	{"unknown alias", head + "kind: Gadget\nmetadata: {name: x}\nspec: {a: *gone}\n", "error syntax :4", "gone"},
	{"unknown tag handle", head + "kind: Gadget\nmetadata: {name: x}\nspec: !e!x {}\n", "error syntax :4", "tag"},
	{"quote without end", head + "kind: Gadget\nmetadata: {name: x}\nspec: {a: \"b}\n", "error syntax :4", "does not end"},
	{"text behind the object", "{apiVersion: a/v1, kind: Gadget, metadata: {name: x}}\nmore: here\n", "error syntax :2", "does not fit"},
	{"line that does not fit", head + "kind: Gadget\nmetadata:\n  name: x\nspec:\n  a: 1\n  b: 2\n c: 3\n  d: 4\n", "error syntax :8", "does not fit"},
	{"colon in a text", head + "kind: Gadget\nmetadata:\n  name: x\n  description: a: b\n", "error syntax :5", "colon"},
	{"at sign", head + "kind: Gadget\nmetadata:\n  name: x\n  title: @home\n", "error syntax :5", "cannot begin"},
	{"bracket without end", head + "kind: Gadget\nmetadata: {name: x}\nspec: {a: [b}\n", "error syntax :4", "bracket"},
	{"a list", "- a\n- b\n", "error syntax :1", "not an object"},
	{"only text", "hello\n", "error syntax :1", "not an object"},
	{"hidden marker", good("x") + "\u2028--- \nkind: y\n", "error syntax :", ""},
}

func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i+1))
	}
	return b.String()
}

// Hardening: every bad document is explained, with its line and a way to mend
// it, and its neighbours are as if it were not there.
func TestHardDocumentsLeaveTheirNeighboursAlone(t *testing.T) {
	for _, c := range hard {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			first := good("first") + "---\n"
			docs := Parse(File{Source: "s", Path: "p", Data: []byte(first + c.doc + "---\n" + good("last")), Trusted: true})
			if len(docs) != 3 {
				t.Fatalf("%d documents, want 3: %s", len(docs), short(docs))
			}
			if docs[0].Entity == nil || docs[2].Entity == nil || docs[0].Ref.Name != "first" || docs[2].Ref.Name != "last" {
				t.Errorf("neighbours: %s", short(docs))
			}
			bad := docs[1]
			if bad.Entity != nil || len(bad.Problems) != 1 {
				t.Fatalf("entity %v, problems %v; want one problem", bad.Entity != nil, said(bad))
			}
			p := bad.Problems[0]
			p.Line -= strings.Count(first, "\n")
			got := fmt.Sprintf("%s %s %s:%d", p.Severity, p.Code, p.Field, p.Line)
			if want := strings.TrimSuffix(c.want, ":"); !strings.HasPrefix(got, want) || strings.HasSuffix(c.want, "1") && got != c.want || !strings.Contains(p.Message, c.says) {
				t.Errorf("got %s %q\nwant %s %q", got, p.Message, c.want, c.says)
			}
			if p.Line < 1 || p.Line > strings.Count(c.doc, "\n")+1 || p.Fix == "" || p.Document != 2 || p.File != "p" {
				t.Errorf("not to be found or mended: %+v", p)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// Hardening: what only looks odd is read.
func TestOddFilesAreRead(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"byte order mark", "\xef\xbb\xbf" + good("a") + "---\n" + good("b"), 2},
		{"byte order marks of joined files", "\xef\xbb\xbf" + good("a") + "\xef\xbb\xbf---\n" + good("b"), 2},
		{"Windows line ends", strings.ReplaceAll(good("a")+"---\n"+good("b"), "\n", "\r\n"), 2},
		{"old Mac line ends", strings.ReplaceAll(good("a")+"---\n"+good("b"), "\n", "\r"), 2},
		{"no line end", strings.TrimSuffix(good("a"), "\n"), 1},
		{"a very long line", head + "kind: Gadget\nmetadata: {name: a}\nspec:\n  text: " + long + "\n", 1},
		{"a very long quoted line", head + "kind: Gadget\nmetadata: {name: a}\nspec:\n  text: \"" + long + "\"\n", 1},
		{"a large text block", head + "kind: Gadget\nmetadata: {name: a}\nspec:\n  text: |\n" + strings.Repeat("    - a, b: [c]\n", 120_000), 1},
		{"99 levels", head + "kind: Gadget\nmetadata: {name: a}\nspec: {a: " + strings.Repeat("[", 97) + strings.Repeat("]", 97) + "}\n", 1},
		{"end markers and comments", "# c\n---\n# c\n" + good("a") + "...\n# c\n---\n" + good("b") + "...\n", 2},
		{"a marker within a text", head + "kind: Gadget\nmetadata: {name: a}\nspec:\n  text: |\n    ---\n    ...\n", 1},
		{"null documents", "---\n---\nnull\n---\n~\n---\n" + good("a") + "---\n", 1},
		{"as JSON", `{"apiVersion": "a/v1", "kind": "Gadget", "metadata": {"name": "a"}}`, 1},
		{"nothing", "", 0},
		{"only comments", "# a\n\n# b\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs := Parse(File{Source: "s", Path: "p", Data: []byte(c.text)})
			n := 0
			for _, d := range docs {
				if d.Entity != nil && len(d.Problems) == 0 {
					n++
				}
			}
			if n != c.want || len(docs) != c.want {
				t.Errorf("%d entities of %d documents, want %d: %s", n, len(docs), c.want, short(docs))
			}
		})
	}
}

// Hardening: a file that is too large is refused with a problem, and is not
// looked at.
func TestLargeFileIsRefused(t *testing.T) {
	data := append([]byte(good("a")+"---\n"+good("b")+"text: |\n"), bytes.Repeat([]byte("  0123456789012345678901234567890123456789\n"), 50<<20/43)...)
	var docs []Document
	if grown := growth(func() { docs = Parse(File{Source: "s", Path: "p", Data: data}) }); grown > 1<<20 {
		t.Errorf("refusing took %d bytes", grown)
	}
	if len(docs) != 1 || docs[0].Entity != nil || docs[0].Problems[0].Code != "limit" || !strings.Contains(docs[0].Problems[0].Message, "20 MB") || docs[0].Problems[0].Fix == "" {
		t.Errorf("got %s", short(docs))
	}
}

// Hardening: no file of the largest size costs more than a few times its size.
func TestMemoryIsBounded(t *testing.T) {
	const size = maxFileBytes - 4096
	fill := func(begin, unit string) []byte {
		return append([]byte(begin), bytes.Repeat([]byte(unit), (size-len(begin))/len(unit))...)
	}
	spec := head + "kind: Gadget\nmetadata: {name: a}\nspec:\n"
	for _, c := range []struct {
		name string
		data []byte
		most uint64 // bytes
	}{
		{"tiny values", fill(spec, "- 1\n"), 32 << 20},
		{"tiny values in brackets", fill(spec+" a: [", "1,"), 32 << 20},
		{"tiny objects", fill(spec+" a: [", "{},"), 32 << 20},
		{"one text", fill(spec+" a: |\n", "  0123456789012345678901234567890123456789\n"), 250 << 20},
		{"tiny bad documents", fill("", "---\na\n"), 250 << 20},
		{"bad tags", fill(head+"kind: Gadget\nmetadata:\n name: a\n tags:\n", " - A\n"), 32 << 20},
		{"documents with bad tags", fill("", "---\n"+head+"kind: Gadget\nmetadata: {name: a, tags: [A, B, C, D, E, F, G, H]}\n"), 500 << 20},
		{"quotes", fill(spec+" a: [", "'',"), 32 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			var docs []Document
			grown := growth(func() { docs = Parse(File{Source: "s", Path: "p", Data: c.data}) })
			t.Logf("%d documents, at most %d MB more, %s", len(docs), grown>>20, time.Since(began).Round(time.Millisecond))
			if grown > c.most {
				t.Errorf("took %d MB, want at most %d", grown>>20, c.most>>20)
			}
			if len(docs) == 0 {
				t.Error("nothing came of it")
			}
		})
	}
}

// growth runs f and returns by how much the heap was larger at its largest.
func growth(f func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, m.HeapAlloc
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
			select {
			case <-stop:
				return
			case <-time.After(40 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return most - before
}

// Hardening: what is wrong tens of thousands of times takes no longer than
// what is right.
func TestManyFaultsAreQuick(t *testing.T) {
	const n = 30_000
	list := func(begin, format string) string {
		var b strings.Builder
		b.WriteString(begin)
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	meta := head + "kind: Component\nmetadata:\n  name: a\n"
	for name, text := range map[string]string{
		"bad tags":             list(meta+"  tags:\n", "  - A%d\n"),
		"numeric annotations":  list(meta+"  annotations:\n", "    k%d: 1\n"),
		"bad label keys":       list(meta+"  labels:\n", "    k %d: a\n"),
		"keys in two cases":    list(meta+"spec:\n", "  k%[1]d: 1\n  K%[1]d: 1\n"),
		"bad references":       list(meta+"spec:\n  dependsOn:\n", "  - k%d\n"),
		"unknown root fields":  list(meta, "k%d: 1\n"),
		"merge keys":           list(meta+"spec:\n", "  a%d: {<<: b}\n"),
		"placeholders":         list(meta+"spec:\n", "  a%d: {$text: x}\n"),
		"annotations by alias": list(head+"kind: Component\nspec: {a: &a 1}\nmetadata:\n  name: a\n  annotations:\n", "    k%d: *a\n"),
	} {
		began := time.Now()
		docs := Parse(File{Source: "s", Path: "p", Data: []byte(text), Read: noFile})
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		if len(docs) != 1 || docs[0].Entity != nil || len(docs[0].Problems) == 0 || len(docs[0].Problems) > maxProblems {
			t.Errorf("%s: %d documents, %d problems", name, len(docs), len(docs[0].Problems))
		}
	}
}

// What is too much is told in few problems.
func TestProblemsAreBounded(t *testing.T) {
	docs := Parse(File{Source: "s", Path: "p", Data: []byte(head + "kind: Gadget\nmetadata:\n  name: a\n  tags: [" + strings.Repeat("A, ", 999) + "A]\n")})
	if len(docs) != 1 || len(docs[0].Problems) != maxProblems || !strings.Contains(docs[0].Problems[maxProblems-1].Message, "950 more") {
		t.Errorf("%d problems, the last %q", len(docs[0].Problems), docs[0].Problems[len(docs[0].Problems)-1].Message)
	}
}
