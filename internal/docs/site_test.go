package docs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
)

type roots struct{ root Root }

func (r roots) Root(_ context.Context, _ access.Viewer, ref string) (Root, error) {
	if ref != r.root.Ref {
		return Root{}, ErrNoSite
	}
	return r.root, nil
}

func (r roots) Roots(context.Context, access.Viewer) ([]Root, error) { return []Root{r.root}, nil }

const testRef = "component:default/payment-api"

func tree(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, body := range files {
		out[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return out
}

func open(t *testing.T, fsys fs.FS) (*Engine, *Site) {
	t.Helper()
	e := New(roots{Root{Ref: testRef, Title: "Payment API", Owner: "group:default/payments-team", FS: fsys}})
	s, err := e.Site(t.Context(), access.Viewer{}, testRef)
	if err != nil {
		t.Fatal(err)
	}
	return e, s
}

func outline(items []NavItem) string {
	var out []string
	for _, i := range items {
		line := i.Title
		if i.URL != "" {
			line += "=" + strings.TrimPrefix(i.URL, "/docs/default/component/payment-api")
		}
		if len(i.Items) > 0 {
			line += "[" + outline(i.Items) + "]"
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

func TestNavigation(t *testing.T) {
	pages := map[string]string{
		"docs/index.md": "# Welcome\n", "docs/guide/first.md": "---\ntitle: The first\n---\n", "docs/guide/README.md": "no heading",
		"docs/z-last.md": "```\n# no\n```\n# Real `title` {: #x }\n", "docs/.hidden/x.md": "x", "docs/img/a.svg": "<svg/>",
	}
	tests := []struct{ name, config, want string }{
		{"by folders", "", "Welcome=/ Real title=/z-last/ Guide[Guide=/guide/ The first=/guide/first/]"},
		{"by mkdocs.yml", "site_name: Pay\nnav:\n  - Start: index.md\n  - Guide:\n      - guide/first.md\n      - Deep:\n          - Z: z-last.md\n  - Away: https://example.com\n  - Gone: gone.md\n",
			"Start=/ Guide[The first=/guide/first/ Deep[Z=/z-last/]] Away=https://example.com"},
		{"python tags", "site_name: Pay\nmarkdown_extensions:\n  - pymdownx.emoji:\n      emoji_index: !!python/name:materialx.emoji.twemoji\n      x: !ENV [A, b]\nnav: [index.md]\n", "Welcome=/"},
		{"javascript in nav", "nav:\n  - X: javascript:alert(1)\n  - index.md\n", "Welcome=/"},
		{"outside in nav", "nav:\n  - X: ../../../etc/passwd\n  - index.md\n", "Welcome=/"},
		{"no YAML", "a: [", "Welcome=/ Real title=/z-last/ Guide[Guide=/guide/ The first=/guide/first/]"},
		{"docs_dir outside", "docs_dir: ../..\nnav: [index.md]\n", "Welcome=/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := tree(pages)
			if tt.config != "" {
				fsys["mkdocs.yml"] = &fstest.MapFile{Data: []byte(tt.config)}
			}
			_, s := open(t, fsys)
			if got := outline(s.Nav); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	e, s := open(t, tree(map[string]string{
		"docs/index.md": "# A\n", "docs/Guide/Setup.md": "# B\n", "docs/Guide/index.md": "# C\n", "docs/img/a.png": "x", "docs/README.md": "# D\n",
	}))
	tests := []struct{ url, want string }{
		{"", "index.md"}, {"/", "index.md"}, {"guide/setup/", "Guide/Setup.md"}, {"Guide/Setup", "Guide/Setup.md"}, {"GUIDE", "Guide/index.md"},
		{"readme/", "README.md"}, {"guide/none/", ""}, {"../x", ""}, {"img/a.png", ""},
	}
	for _, tt := range tests {
		p, err := e.Page(s, tt.url)
		if (err == nil) != (tt.want != "") || p.File != tt.want {
			t.Errorf("%q: got %q (%v), want %q", tt.url, p.File, err, tt.want)
		}
		if err != nil && !errors.Is(err, ErrNoPage) {
			t.Errorf("%q: %v is not ErrNoPage", tt.url, err)
		}
	}
}

func TestLinksBetweenPages(t *testing.T) {
	e, s := open(t, tree(map[string]string{
		"docs/index.md":     "# A\n",
		"docs/a/page.md":    "[1](other.md) [2](../index.md#x) [3](./img/p.png) ![4](../img/q.svg) [5](other) [6](../other/) [7](gone.md) [8](/catalog) [9](other.md?x=1#keys) [10](../../../../etc/passwd)\n",
		"docs/a/other.md":   "# O\n",
		"docs/a/img/p.png":  "x",
		"docs/img/q.svg":    "<svg/>",
		"docs/a/b/index.md": "# B\n",
	}))
	p, err := e.Page(s, "a/page")
	if err != nil {
		t.Fatal(err)
	}
	base := "/docs/default/component/payment-api"
	for _, want := range []string{`href="` + base + `/a/other/">1`, `href="` + base + `/#x">2`, `href="` + base + `/a/img/p.png">3`, `src="` + base + `/img/q.svg"`,
		`href="` + base + `/a/other/">5`, `href="` + base + `/a/other/">6`, `href="` + base + `/a/gone">7`, `href="/catalog">8`,
		`href="` + base + `/a/other/?x=1#doc-keys">9`, `href="` + base + `/etc/passwd">10`} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("no %s in\n%s", want, p.HTML)
		}
	}
	if p.Prev == nil || p.Prev.Title != "O" || p.Next == nil || strings.Join(p.Trail, "/") != "A" {
		t.Errorf("prev %v, next %v, trail %v", p.Prev, p.Next, p.Trail)
	}
}

func TestReadmeServes(t *testing.T) {
	e, s := open(t, tree(map[string]string{"README.md": "# Read me\n\n[code](main.go)", "main.go": "package main", "secret.env": "x"}))
	p, err := e.Page(s, "")
	if err != nil || p.Title != "Read me" {
		t.Fatalf("%+v %v", p, err)
	}
	for _, name := range []string{"main.go", "secret.env", "../README.md"} {
		if _, err := s.Read(name); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s can be read: %v", name, err)
		}
	}
}

func TestSiteWithoutFirstPageListsItsPages(t *testing.T) {
	e, s := open(t, tree(map[string]string{"docs/b.md": "# B <x>\n"}))
	p, err := e.Page(s, "")
	if err != nil || !strings.Contains(p.HTML, `<a href="/docs/default/component/payment-api/b/">B &lt;x&gt;</a>`) {
		t.Errorf("%v %v", p.Rendered, err)
	}
}

func TestNoDocsAtAll(t *testing.T) {
	for name, fsys := range map[string]fs.FS{"empty": tree(nil), "no pages": tree(map[string]string{"docs/a.txt": "x", "b.md": "x"})} {
		if _, err := Open(Root{Ref: testRef, FS: fsys}); !errors.Is(err, ErrNoSite) {
			t.Errorf("%s: %v, want ErrNoSite", name, err)
		}
	}
}

// TestNothingOutsideIsRead plants secrets around a source and asks for them in
// every way that a writer has.
func TestNothingOutsideIsRead(t *testing.T) {
	dir := t.TempDir()
	put := func(name, body string) {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("secret.md", "CANARY")
	put("secretdir/a.md", "CANARY")
	put("src/docs/index.md", "# x\n\n--8<-- \"../secret.md\"\n\n--8<-- \"../../secret.md\"\n\n--8<-- \""+dir+"/secret.md\"\n\n--8<-- \"docs/link.md\"\n\n--8<-- \".git/config\"\n\n--8<-- \"docs/.keys/a\"\n\n--8<-- \"inside.txt\"\n")
	put("src/.git/config", "CANARY")
	put("src/docs/.keys/a", "CANARY")
	put("src/inside.txt", "INSIDE")
	put("src/mkdocs.yml", "nav:\n  - index.md\n  - link.md\n  - ../../secret.md\n  - dirlink/a.md\n")
	for link, target := range map[string]string{"src/docs/link.md": "../../secret.md", "src/docs/abs.md": filepath.Join(dir, "secret.md"), "src/docs/dirlink": "../../secretdir"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	fsys, err := OpenDir(dir, "src")
	if err != nil {
		t.Fatal(err)
	}
	e, s := open(t, fsys)
	for _, url := range []string{"", "link", "abs", "dirlink/a", "../secret", "dirlink"} {
		p, err := e.Page(s, url)
		if err == nil && strings.Contains(p.HTML, "CANARY") {
			t.Errorf("page %q shows the secret", url)
		}
	}
	for _, file := range []string{"link.md", "abs.md", "dirlink/a.md", "../secret.md", "../../secret.md", dir + "/secret.md"} {
		if b, err := s.Read(file); err == nil {
			t.Errorf("file %q gives %q", file, b)
		}
	}
	p, err := e.Page(s, "")
	if err != nil || !strings.Contains(p.HTML, "INSIDE") {
		t.Errorf("a snippet inside the source is not shown: %v", err)
	}
	if _, err := OpenDir(dir, "../x"); !errors.Is(err, ErrNoSite) {
		t.Errorf("a folder outside opens: %v", err)
	}
}

func TestCheck(t *testing.T) {
	e, s := open(t, tree(map[string]string{
		"mkdocs.yml":     "nav:\n  - index.md\n  - gone.md\nplugins:\n  - techdocs-core\n  - macros\n",
		"docs/index.md":  "---\ntitle: x\n---\n# Index\n\n[a](other.md#part) [b](other.md#none)\n[c](gone.md) ![d](d.png)\n\n[e](#index) [f](#nope) ![g](https://example.com/g.png)\n\n```json\n{\"a\": }\n```\n\n```yaml\na: [\n```\n\n```yaml\na: ${{ x }}\n```\n",
		"docs/other.md":  "# Other\n\n## Part\n\n<h2 id=\"raw\">x</h2> [x](#raw)\n",
		"docs/picky.txt": "x",
	}))
	got, err := e.Check(s)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range got {
		lines = append(lines, p.Page+":"+strconv.Itoa(p.Line)+" "+p.Rule)
	}
	want := []string{
		"index.md:6 broken-anchor", "index.md:7 broken-link", "index.md:7 missing-image", "index.md:9 broken-anchor", "index.md:9 held-back",
		"index.md:12 code-does-not-parse", "index.md:16 code-does-not-parse",
		"mkdocs.yml:3 nav-without-file", "mkdocs.yml:6 configuration", "other.md:0 page-outside-nav",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSectionsLeadToHeadings(t *testing.T) {
	e, s := open(t, tree(map[string]string{"docs/index.md": "# Runbook\n\nIntro.\n\n## When it burns\n\nRun.\n"}))
	docs, err := e.Sections(s)
	if err != nil || len(docs) != 2 {
		t.Fatalf("%+v %v", docs, err)
	}
	if d := docs[0]; d.URL != "/docs/default/component/payment-api/" || d.Title != "Runbook" || d.Text != "Intro." || d.Context != "Payment API" {
		t.Errorf("first %+v", d)
	}
	if d := docs[1]; d.URL != "/docs/default/component/payment-api/#when-it-burns" || d.Context != "Payment API › Runbook" || d.Owner != "group:default/payments-team" {
		t.Errorf("second %+v", d)
	}
}

func TestChangedFileShows(t *testing.T) {
	fsys := tree(map[string]string{"docs/index.md": "# One\n"})
	e, _ := open(t, fsys)
	fsys["docs/index.md"] = &fstest.MapFile{Data: []byte("# Two and more\n")}
	clock := e.now()
	e.now = func() time.Time { return clock.Add(2 * freshFor) }
	s, err := e.Site(t.Context(), access.Viewer{}, testRef)
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := e.Page(s, ""); p.Title != "Two and more" {
		t.Errorf("still %q", p.Title)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(10_000)
	for i := range 100 {
		c.put(strconv.Itoa(i), &Rendered{HTML: strings.Repeat("x", 1000)})
	}
	if c.used > c.limit || len(c.at) != c.order.Len() || c.get(strconv.Itoa(0)) != nil || c.get(strconv.Itoa(99)) == nil {
		t.Errorf("used %d of %d, %d entries", c.used, c.limit, len(c.at))
	}
}

func TestBackstageDemoRenders(t *testing.T) {
	dir := "../../../shared/fixtures/backstage-demo"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the fixture backstage-demo is not here:", err)
	}
	fsys, err := OpenDir(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	e, s := open(t, fsys)
	if len(s.Pages) != 9 || s.Title != "Backstage Demo" {
		t.Errorf("%d pages, title %q", len(s.Pages), s.Title)
	}
	wants := map[string]string{
		"index.md": `href="/docs/default/component/payment-api/examples/basic/"`, "examples/basic.md": `https://backstage.io/img/logo.svg`,
		"examples/code.md": `<code id="code-1">`, "examples/download.md": `download="hello.py"`, "examples/iframe.md": `class="held-back"`,
		"examples/mermaid.md": `data-mermaid`,
	}
	for _, file := range s.Pages {
		r, err := e.render(s, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if !strings.Contains(r.HTML, wants[file]) {
			t.Errorf("%s: no %s in\n%s", file, wants[file], r.HTML)
		}
		if d := dangerous(r.HTML); d != "" || !wellFormed(r.HTML) {
			t.Errorf("%s: %s", file, d)
		}
	}
	problems, err := e.Check(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Logf("%s:%d %s %s", p.Page, p.Line, p.Rule, p.Message)
	}
}
