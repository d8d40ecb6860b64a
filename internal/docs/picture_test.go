package docs

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPicturesKeepTheirPlace(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	fsys := tree(map[string]string{
		"docs/index.md": "![a](a.png) ![b](b.svg) ![c](c.svg) ![d](d.png) ![e](a.png){ width=20 } ![f](gone.png)",
		"docs/b.svg":    "<?xml version='1.0'?>\n<svg width='64px' height=\"32\" viewBox='0 0 1 1'>", "docs/c.svg": "<svg viewBox=\"0 0 120.4 60\">", "docs/d.png": "no picture",
	})
	fsys["docs/a.png"] = &fstest.MapFile{Data: b.Bytes()}
	e, s := open(t, fsys)
	p, err := e.Page(s, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`alt="a" loading="lazy" width="40" height="30">`, `alt="b" loading="lazy" width="64" height="32">`, `alt="c" loading="lazy" width="120" height="60">`,
		`alt="d" loading="lazy">`, `alt="e" loading="lazy" width="20">`, `alt="f" loading="lazy">`} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("no %s in\n%s", want, p.HTML)
		}
	}
}
