package docs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/waymark-portal/waymark/internal/testkit"
)

var update = flag.Bool("update", false, "write the golden files")

func resolveTest(href string) Target {
	path, fragment, _ := strings.Cut(href, "#")
	t := Target{URL: "/docs/default/component/x/" + strings.TrimSuffix(strings.TrimLeft(path, "./"), ".md"), Fragment: fragment}
	if strings.HasSuffix(path, ".md") {
		t.URL, t.Page = t.URL+"/", path
	}
	if fragment != "" {
		t.URL += "#" + fragment
	}
	return t
}

func TestRenderGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/render/*.md")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Render(src, Options{Resolve: resolveTest})
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".md") + ".html"
			if *update {
				if err := os.WriteFile(golden, []byte(r.HTML), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), r.HTML); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRenderTells(t *testing.T) {
	src, err := os.ReadFile("testdata/render/everything.md")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Render(src, Options{Resolve: resolveTest})
	if err != nil {
		t.Fatal(err)
	}
	if r.Title != "Everything" || r.TitleID != "everything-at-once" || r.Front.Owner != "group:default/payments-team" {
		t.Errorf("title %q, id %q, owner %q", r.Title, r.TitleID, r.Front.Owner)
	}
	var got []string
	for _, h := range r.Headings {
		got = append(got, h.ID)
	}
	want := []string{"everything-at-once", "boxes", "tabs", "lists-and-tables", "diagram", "code", "code_1", "doc-keys"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headings (-want +got)\n%s", diff)
	}
	sec := r.Sections[1]
	if sec.ID != "boxes" || sec.Title != "Boxes" || !strings.Contains(sec.Text, "package main func main() {}") || !strings.Contains(sec.Text, "Careful here, and here.") {
		t.Errorf("section %+v", sec)
	}
	if len(r.Notes) != 1 || r.Notes[0].Line != 102 || !strings.Contains(r.Notes[0].Text, "example.com/a.png") {
		t.Errorf("notes %+v", r.Notes)
	}
	if l := r.Links[0]; l.Href != "other.md#part" || l.Line != 8 || l.Target.Page != "other.md" {
		t.Errorf("first link %+v", l)
	}
}

// dangerous reports what a page must never hold.
func dangerous(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.Data {
			case "script", "style", "iframe", "object", "embed", "form", "svg", "math", "link", "meta", "base", "template", "noscript",
				"textarea", "select", "video", "audio", "frame", "frameset", "applet", "portal":
				return t.Data
			}
			for _, a := range t.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-") || a.Key == "style" || a.Key == "srcset" || a.Key == "srcdoc" || a.Key == "formaction" {
					return t.Data + " " + a.Key
				}
				if a.Key == "href" || a.Key == "src" {
					v := strings.ToLower(strings.Map(func(r rune) rune {
						if r <= ' ' {
							return -1
						}
						return r
					}, a.Val))
					picture := a.Key == "src" && t.Data == "img" && strings.HasPrefix(v, "data:image/")
					scheme, _, ok := strings.Cut(v, ":")
					if ok && !strings.ContainsAny(scheme, "/?#") && !picture && scheme != "http" && scheme != "https" && scheme != "mailto" && scheme != "tel" {
						return t.Data + " " + a.Key + "=" + a.Val
					}
				}
			}
		}
	}
}

// wellFormed reports whether every element is closed inside the page.
func wellFormed(page string) bool {
	doc, err := html.Parse(strings.NewReader(`<!DOCTYPE html><body><div id="page">` + page + `</div><hr id="the-end"></body>`))
	if err != nil {
		return false
	}
	var find func(n *html.Node) *html.Node
	find = func(n *html.Node) *html.Node {
		for _, a := range n.Attr {
			if a.Val == "the-end" {
				return n
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if f := find(c); f != nil {
				return f
			}
		}
		return nil
	}
	end := find(doc)
	return end != nil && end.Parent.Data == "body"
}

func TestRenderIsSafe(t *testing.T) {
	vectors, err := os.ReadFile("testdata/xss.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range strings.Split(string(vectors), "\n%\n") {
		for _, src := range []string{v, "text " + v + " text", "> " + v, "- " + v, "!!! note\n    " + v, "# " + v, "| a |\n|---|\n| " + strings.ReplaceAll(v, "\n", " ") + " |", "<div>\n\n" + v + "\n\n</div>"} {
			r, err := Render([]byte(src), Options{Resolve: resolveTest})
			if err != nil {
				t.Errorf("%q: %v", src, err)
				continue
			}
			if d := dangerous(r.HTML); d != "" {
				t.Errorf("%q gives %s in\n%s", src, d, r.HTML)
			}
			if !wellFormed(r.HTML) {
				t.Errorf("%q breaks out of the page:\n%s", src, r.HTML)
			}
		}
	}
}

func TestRenderIsQuickOnHostilePages(t *testing.T) {
	tests := map[string]string{
		"deep quotes":     strings.Repeat("> ", 5_000) + "x",
		"deep lists":      strings.Repeat("- ", 3_000) + "x",
		"deep boxes":      deepBoxes(300),
		"many headings":   strings.Repeat("# x\n\n", 10_000),
		"brackets":        strings.Repeat("[", 20_000),
		"stars":           strings.Repeat("*a_", 10_000),
		"backticks":       strings.Repeat("`a", 10_000),
		"abbreviations":   strings.Repeat("*[a]: b\n", 1_000) + "\n" + strings.Repeat("a ", 10_000),
		"attribute lists": "[a](b)" + strings.Repeat("{: .a ", 5_000),
		"raw tags":        strings.Repeat("<b>", 10_000),
		"numbered lines":  strings.Repeat("1. a\n", 100_000) + "\n  1. b",
		"snippet of self": `--8<-- "self"`,
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			r, err := Render([]byte(src), Options{Resolve: resolveTest, Read: func(string) ([]byte, error) {
				return []byte(strings.Repeat("--8<-- \"self\"\n", 50)), nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			if d := time.Since(start); d > testkit.Bound(4*time.Second) { // under one second on an idle machine
				t.Errorf("took %v", d)
			}
			if !wellFormed(r.HTML) {
				t.Error("breaks out of the page")
			}
		})
	}
}

func deepBoxes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("    ", i) + "!!! note\n")
	}
	return b.String()
}

func FuzzRender(f *testing.F) {
	for _, file := range []string{"testdata/render/everything.md", "testdata/render/html.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("!!! note \"x\"\n    a\n\n\t!!! b\n=== \"A\"\n  b\n=== \"B\"\n\n    c\n")
	f.Add("> [!NOTE]-\n> !!! tip\n>     x\n??? x\n")
	f.Add("- === \"a\"\n      b\n  ???+ note \"\\\"\"\n")
	f.Fuzz(func(t *testing.T, src string) {
		r, err := Render([]byte(src), Options{Resolve: resolveTest})
		if err != nil {
			t.Fatal(err)
		}
		if d := dangerous(r.HTML); d != "" {
			t.Errorf("gives %s in\n%s", d, r.HTML)
		}
		if utf8.ValidString(src) && !strings.ContainsRune(src, 0) && !wellFormed(r.HTML) {
			t.Errorf("breaks out of the page:\n%s", r.HTML)
		}
	})
}
