package docs

import (
	"fmt"
	"strings"
	"testing"
)

// page50K is a page of about 50 KB with prose, tables, code and boxes.
func page50K() []byte {
	var b strings.Builder
	b.WriteString("# A long page\n\n")
	for i := 0; b.Len() < 50<<10; i++ {
		fmt.Fprintf(&b, "## Part %d\n\nThe *payment* service takes [money](other.md#part-%d) and `books` it twice, see https://example.com/%d.\n"+
			"Nothing is lost when **one** of them stops; the other goes on :tada:.\n\n"+
			"| name | value |\n|---|---:|\n| one | 1 |\n| two | 2 |\n\n"+
			"!!! note \"Remember %d\"\n    A box with text in it and a list:\n\n    - one\n    - two\n\n"+
			"```go\nfunc add(a, b int) int {\n\treturn a + b // sum\n}\n```\n\n", i, i, i, i)
	}
	return []byte(b.String())
}

func BenchmarkRender50K(b *testing.B) {
	src := page50K()
	resolve := func(href string) Target { return Target{URL: "/docs/x/" + href} }
	for _, bench := range []struct {
		name string
		src  []byte
	}{{"markdown", src}, {"with HTML", append([]byte("<b>raw</b>\n\n"), src...)}} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.src)))
			for b.Loop() {
				if _, err := Render(bench.src, Options{Resolve: resolve}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCachedPage50K(b *testing.B) {
	e := New(nil)
	s, err := Open(Root{Ref: testRef, FS: tree(map[string]string{"docs/index.md": string(page50K())})})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := e.Page(s, ""); err != nil {
			b.Fatal(err)
		}
	}
}
