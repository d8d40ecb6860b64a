package scaffold

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/forge"
)

// hostile are paths that no step may write.
var hostile = []string{
	"../x", "a/../../x", "a/..", "/etc/passwd", "//x", "..", "a\\b", "..\\x", "a\x00b", "C:/x", "c:", ".git/config", ".GIT/hooks/pre-commit", "a/.git/x", "git~1/x",
	"con", "CON.txt", "a/nul", "com1.log", "LPT9", "aux .txt", "a.", "a /b", "a/b ", "x/.../", ".g\u200cit/config", "a\u202eb", "a\nb", strings.Repeat("a", 256),
	strings.Repeat("a/", 300) + "x",
}

// writers are all inputs of actions that name a path to write or read; %s is
// the path as YAML.
var writers = map[string]string{
	"fetch:plain":               "url: ./docs\ntargetPath: %s",
	"fetch:plain:file":          "url: ./LICENSE\ntargetPath: %s",
	"fetch:template":            "url: ./skeleton\nvalues: {name: n}\ntargetPath: %s",
	"fetch:template:file":       "url: ./LICENSE\ntargetPath: %s",
	"workspace:template":        "sourcePath: skeleton\nvalues: {name: n}\ntargetPath: %s",
	"workspace:template:file":   "sourcePath: README.md\ntargetPath: %s",
	"fs:rename":                 "files: [{from: README.md, to: %s}]",
	"catalog:write":             "entity: {kind: Component, metadata: {name: a}}\nfilePath: %s",
	"roadiehq:utils:fs:write":   "content: x\npath: %s",
	"roadiehq:utils:fs:append":  "content: x\npath: %s",
	"roadiehq:utils:json:merge": "content: {a: 1}\npath: %s",
	"roadiehq:utils:yaml:merge": "content: {a: 1}\npath: %s",
	"roadiehq:utils:zip":        "path: docs\noutputPath: %s",
}

func checkInside(t *testing.T, c *call, what string) {
	t.Helper()
	seen := map[string]string{}
	for _, p := range c.work.Paths() {
		if path.Clean("/" + p)[1:] != p || strings.HasPrefix(p, "..") || strings.ContainsAny(p, "\\\x00") || strings.Contains(strings.ToLower("/"+p+"/"), "/.git/") {
			t.Errorf("%s has made %q", what, p)
		}
		if other := seen[strings.ToLower(p)]; other != "" {
			t.Errorf("%s has made %q beside %q", what, p, other)
		}
		seen[strings.ToLower(p)] = p
	}
}

func TestNoPathLeavesTheWorkspace(t *testing.T) {
	t.Parallel()
	for id, input := range writers {
		for _, p := range hostile {
			c := onDesk(t, &desk{})
			if err := use(t, c, id, fmt.Sprintf(input, quoteYAML(p))); err == nil {
				t.Errorf("%s takes %q", id, p)
			}
			checkInside(t, c, id)
		}
	}
	for _, id := range []string{"fs:delete", "fs:readdir"} {
		key := map[string]string{"fs:delete": "files", "fs:readdir": "paths"}[id]
		for _, p := range []string{"../x", "/etc", "a\\b", "a\x00b"} {
			if err := use(t, onDesk(t, &desk{}), id, key+": ["+quoteYAML(p)+"]"); err == nil {
				t.Errorf("%s takes %q", id, p)
			}
		}
	}
}

// quoteYAML writes a text as YAML, whatever is in it.
func quoteYAML(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) && strings.ToValidUTF8(s, "") == s {
		b.Reset()
		for _, r := range s {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return `"` + b.String() + `"`
}

func TestLinksStayInside(t *testing.T) {
	t.Parallel()
	for to, fine := range map[string]bool{"b": true, "../b": true, "../../b": false, "/etc/passwd": false, "": false, "x\\y": false, "../a/../../b": false} {
		err := NewWorkspace().Put("d/a", WorkFile{Mode: forge.Symlink, Data: []byte(to)})
		if (err == nil) != fine {
			t.Errorf("a link to %q: %v, want fine %v", to, err, fine)
		}
	}
}

func TestCaseAndSizeAreBounded(t *testing.T) {
	t.Parallel()
	w := NewWorkspace()
	for _, p := range []string{"README.md", "a/b"} {
		if err := w.Put(p, WorkFile{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Put("Readme.md", WorkFile{}); err == nil {
		t.Error("two names that are one on many disks")
	}
	if err := w.Put("a/b/c", WorkFile{}); err == nil {
		t.Error("a file below a file")
	}
	w.Delete("README.md")
	if err := w.Put("Readme.md", WorkFile{}); err != nil {
		t.Errorf("the other spelling after the first is gone: %v", err)
	}
	if err := w.Put("big", WorkFile{Data: make([]byte, maxBytes+1)}); err == nil {
		t.Error("no limit of size")
	}
}

// Whatever a path is, what a step makes of it lies in the workspace.
func FuzzPaths(f *testing.F) {
	for _, p := range append(hostile, "\xff\xfe", "a/b", "ok.txt", "./x", "a//b") {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		c := onDesk(t, &desk{})
		for id, key := range map[string]string{"fetch:plain": "targetPath", "fetch:template": "targetPath", "roadiehq:utils:fs:write": "path", "catalog:write": "filePath", "roadiehq:utils:zip": "outputPath"} {
			c.input = map[string]any{"url": "./skeleton", "values": map[string]any{"name": p}, "content": "x", "path": p, "entity": map[string]any{}}
			if id == "roadiehq:utils:zip" {
				c.input["path"] = "docs"
			}
			c.input[key] = p
			_ = c.engine.action(id).perform(t.Context(), c) // most are refused
			checkInside(t, c, id)
		}
	})
}
